# shellcheck shell=bash
# Debian's packages: what is missing, and putting it there.

# as_root COMMAND...: runs it as root, by sudo when we are not.
as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$1' needs root: run as root, or install sudo"
	fi
}

ENVIRONMENT=("FRAMEGATE_CACHE=$FRAMEGATE_CACHE" "FRAMEGATE_BUILD=$FRAMEGATE_BUILD"
	PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1)

# as_root_with_environment COMMAND...: with the variables that our programs read.
as_root_with_environment() {
	as_root env "${ENVIRONMENT[@]}" "$@"
}

# Asks for the password before output goes to a log, where nobody would see the question.
ask_for_root() {
	((EUID == 0)) || as_root -v || die "no root rights: packages cannot be installed"
}

# Prints the packages of the list that this machine needs, one a line.
debian_wanted() {
	local package word command
	while read -r package word command; do
		[[ -z $package || $package == '#'* ]] && continue
		if [[ $word == unless ]]; then
			command -v "$command" >/dev/null && continue
		fi
		printf '%s\n' "$package"
	done <"$SETUP_DIR/debian-packages"
}

# Prints the wanted packages that are not installed.
debian_missing() {
	comm -23 <(debian_wanted | sort) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort)
}

# debian_install PACKAGE...: from the machine's own mirrors.
debian_install() {
	local apt=(apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
	# A source of the user's that is away must not stop us: what is really missing shows below.
	as_root "${apt[@]}" update || echo "some package lists could not be loaded"
	as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "$@"
}

# debian_download PACKAGE=VERSION: into the current folder. The lists may be missing or old.
debian_download() {
	local apt=(apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3)
	"${apt[@]}" download "$1" || {
		as_root "${apt[@]}" update
		"${apt[@]}" download "$1"
	}
}

# Prints the address of the mirror that this machine takes Debian itself from.
debian_mirror() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(CREATED_BY) $(REPO_URI)' |
		awk -v codename="$codename" \
			'$1 == codename && $2 == "main" && $3 == "Packages" { print $4; exit }'
}

# trixie_download PACKAGE=VERSION: into the current folder, from Debian 13, which apt on this
# machine need not know: the lists and the state are in a folder of their own.
trixie_download() {
	local state=$PWD/apt mirror
	mirror=$(debian_mirror)
	[[ -n $mirror ]] || {
		as_root apt-get update
		mirror=$(debian_mirror)
	}
	[[ -n $mirror ]] || die "apt has no Debian mirror: add one to its sources"
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	printf 'deb [signed-by=%s] %s trixie main\n' \
		/usr/share/keyrings/debian-archive-keyring.gpg "$mirror" >"$state/sources.list"
	local apt=(apt-get -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$state/lists" -o "Dir::Cache=$state/cache" -o APT::Sandbox::User=root
		-o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
		-o Acquire::Retries=3)
	"${apt[@]}" update || {
		# An early Debian 12 does not have Debian 13's keys.
		debian_install debian-archive-keyring
		"${apt[@]}" update
	}
	"${apt[@]}" download "$1"
}
