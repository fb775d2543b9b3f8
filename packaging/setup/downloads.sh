# shellcheck shell=bash
# What comes from elsewhere than Debian 12, each into its place in the cache, each checked.
#
# A download is unpacked beside its place and moved there whole. `.lock` in a folder holds the lines
# of the lock files that it was made from: a changed pin makes it again.

# pinned KIND NAME: sets `version` and `sha256` from the lock file.
pinned() {
	read -r version sha256 < <(awk -v kind="$1" -v name="$2" \
		'$1 == kind && $2 == name { print $3, $4 }' "$SETUP_DIR/downloads.lock")
}

# check_sha256 FILE SHA256 NAME
check_sha256() {
	local found
	found=$(sha256sum <"$1" | cut -d' ' -f1)
	[[ $found == "$2" ]] ||
		die "$3: wrong checksum: pinned is $2, what came has $found"
}

# fresh PLACE FILE...: is PLACE made from these very lock files?
fresh() {
	local place=$1
	shift
	[[ -f $place/.lock ]] && cmp -s "$place/.lock" <(sha256sum "$@" | cut -d' ' -f1)
}

# place FOLDER PLACE FILE...: moves a finished folder to its place.
place() {
	local folder=$1 place=$2
	shift 2
	sha256sum "$@" | cut -d' ' -f1 >"$folder/.lock"
	rm -rf "$place"
	mv "$folder" "$place"
}

# In a scratch folder inside the cache, which is removed whatever happens.
scratch() {
	local folder
	folder=$(mktemp -d "$CACHE/.download.XXXXXX")
	# shellcheck disable=SC2064 # the folder of now
	trap "rm -rf '$folder'" EXIT
	cd "$folder" || exit
}

onnxruntime_ready() {
	fresh "$CACHE/onnxruntime" "$SETUP_DIR/downloads.lock" &&
		[[ -e $CACHE/onnxruntime/lib/libonnxruntime.so ]]
}

# The library from PyPI's wheel, the C header from Debian 13: Debian 12 has neither.
onnxruntime_get() {
	local version sha256 library
	scratch
	pinned wheel onnxruntime
	"$CACHE/venv/bin/pip" download -q --no-deps --only-binary :all: --python-version 3.11 \
		--implementation cp --abi cp311 --platform manylinux_2_28_x86_64 "onnxruntime==$version"
	check_sha256 onnxruntime-*.whl "$sha256" "onnxruntime $version"
	mkdir -p out/lib out/include
	"$CACHE/venv/bin/python" -m zipfile -e onnxruntime-*.whl wheel
	cp wheel/onnxruntime/capi/libonnxruntime*.so* wheel/onnxruntime/LICENSE out/lib
	library=libonnxruntime.so.$version
	chmod 755 "out/lib/$library"
	ln -s "$library" out/lib/libonnxruntime.so.1
	ln -s "$library" out/lib/libonnxruntime.so

	pinned trixie libonnxruntime-dev
	trixie_download "libonnxruntime-dev=$version"
	check_sha256 libonnxruntime-dev_*.deb "$sha256" "libonnxruntime-dev $version"
	dpkg-deb -x libonnxruntime-dev_*.deb header
	cp -r header/usr/include/onnxruntime/. out/include
	place out "$CACHE/onnxruntime" "$SETUP_DIR/downloads.lock"
}

# maven_get PLACE NAME: what PLACE-pom.xml names and brings; each jar must be one of PLACE-jars.sha256, and none
# may be missing.
maven_get() {
	local wrong pom=$SETUP_DIR/${1%-jars}-pom.xml sums=$SETUP_DIR/${1%-jars}-jars.sha256
	scratch
	mvn -B -q -f "$pom" -Dmaven.repo.local="$PWD/repository" \
		dependency:copy-dependencies -DoutputDirectory="$PWD/out/lib"
	wrong=$(cd out/lib && diff <(sha256sum ./*.jar | sed 's# \./# #') "$sums" |
		sed -n 's/^[<>] [0-9a-f]*  //p' | sort -u | tr '\n' ' ') || true # diff's own status
	[[ -z $wrong ]] || die "$2: wrong checksum, or not in packaging/setup/${sums##*/}: $wrong"
	place out "$CACHE/$1" "$pom" "$sums"
}

kafka_ready() {
	fresh "$CACHE/kafka" "$SETUP_DIR/kafka-pom.xml" "$SETUP_DIR/kafka-jars.sha256"
}

# A whole broker as Maven artifacts.
kafka_get() {
	maven_get kafka "Apache Kafka"
}

# Younger than Java and than the jars, which Java looks at, too.
kafka_classes_ready() {
	local classes=$CACHE/kafka/classes.jsa
	[[ $classes -nt $CACHE/kafka/.lock && $classes -nt $(readlink -f "$(command -v java)") ]]
}

kafka_classes_get() {
	FRAMEGATE_CACHE=$CACHE PYTHONPATH=tests "$PYTHON" -m testbed.kafka_classes
}

video_ready() {
	local version sha256
	pinned file opencv-doc
	[[ -f $CACHE/vtest.avi ]] && sha256sum --status -c <<<"$sha256  $CACHE/vtest.avi"
}

# A street seen by a surveillance camera: one file out of a package of 96 MB.
video_get() {
	local version sha256
	scratch
	pinned file opencv-doc
	debian_download "opencv-doc=$version"
	dpkg-deb --fsys-tarfile opencv-doc_*.deb |
		tar -xO ./usr/share/doc/opencv-doc/examples/data/vtest.avi >vtest.avi
	check_sha256 vtest.avi "$sha256" "vtest.avi of opencv-doc $version"
	mv vtest.avi "$CACHE/vtest.avi"
}

axe_ready() {
	fresh "$CACHE/axe" "$SETUP_DIR/axe.lock" && [[ -f $CACHE/axe/axe.min.js ]]
}

# One script, which the tests run in the page.
axe_get() {
	local name version sha256
	scratch
	read -r name version sha256 < <(grep -v '^#' "$SETUP_DIR/axe.lock")
	npm pack --silent "$name@$version"
	check_sha256 "$name-$version.tgz" "$sha256" "$name $version"
	mkdir out
	tar -xzf "$name-$version.tgz" -C out --strip-components=1 package/axe.min.js package/LICENSE
	place out "$CACHE/axe" "$SETUP_DIR/axe.lock"
}

python_requirements() {
	local file
	for file in tests/requirements.txt configs/models/requirements.txt; do
		[[ -f $file ]] && printf '%s\n' "$file"
	done
}

python_ready() {
	local files
	mapfile -t files < <(python_requirements)
	fresh "$CACHE/venv" "${files[@]}" && [[ -x $CACHE/venv/bin/python ]]
}

# One environment for the models, the demo, the tests and the linters. Made in place: it cannot move.
python_get() {
	local files file arguments=()
	mapfile -t files < <(python_requirements)
	for file in "${files[@]}"; do
		arguments+=(-r "$file")
	done
	rm -rf "$CACHE/venv"
	/usr/bin/python3 -m venv "$CACHE/venv"
	"$CACHE/venv/bin/pip" install -q --disable-pip-version-check --require-hashes "${arguments[@]}"
	sha256sum "${files[@]}" | cut -d' ' -f1 >"$CACHE/venv/.lock"
}
