# shellcheck shell=bash
# Completion of ./dev for bash: `. packaging/setup/completion.bash`

_framegate_dev() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} choices='' root
	root=$(dirname "${COMP_WORDS[0]}")
	if ((COMP_CWORD == 1)); then
		choices='setup models build package image wheel demo test bench gpu experiment soak lint fuzz clean help'
	else
		case $command in
		help) choices='setup models build package image wheel demo test bench gpu experiment soak lint fuzz clean' ;;
		setup) choices='--cluster --help' ;;
		package) choices='--twice bookworm trixie --help' ;;
		image) choices='--version --key --help' ;;
		demo) choices='--keep --enhance --outage --help' ;;
		test) choices='unit asan tsan fuzz models integration web demo line-rate kafka network cluster learning soak lint package image --help' ;;
		experiment) choices='line-rate fleet a c d e --quick --help' ;;
		gpu) choices='build run --rehearse --help' ;;
		soak) choices='kafka image bad-versions power-cuts set-up-and-reset --seconds --kills --cuts --only --seed --durability --json --help' ;;
		bench) choices='api dataplane decode idle kafka kernels latency library live memory models outage scale schedule way --json --rounds --long --brokers --help' ;;
		fuzz) ((COMP_CWORD > 2)) || choices=$(ls "$root/tests/fuzz/corpus" 2>/dev/null) ;;
		clean) choices='--all --yes --help' ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -F _framegate_dev ./dev dev
