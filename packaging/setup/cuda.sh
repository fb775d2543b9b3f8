# shellcheck shell=bash
# What compiles the kernels for CUDA, and nvJPEG: NVIDIA's own packages on PyPI, each checked, in one tree
# (bin/nvcc, include/cuda.h, lib/libnvjpeg.so.13) in cuda/ in the cache. No GPU and no driver is needed.

cuda_ready() {
	fresh "$CACHE/cuda" "$SETUP_DIR/cuda.lock" && [[ -x $CACHE/cuda/bin/nvcc ]]
}

cuda_get() {
	local name version sha256 wheel
	scratch
	mkdir wheels unpacked
	while read -r name version sha256; do
		[[ -z $name || $name == '#'* ]] && continue
		"$CACHE/venv/bin/pip" download -q --no-deps --only-binary :all: \
			--platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
			--platform manylinux_2_12_x86_64 -d wheels "$name==$version"
		wheel=$(echo "wheels/${name//-/_}-$version"-*.whl)
		check_sha256 "$wheel" "$sha256" "$name $version"
		"$CACHE/venv/bin/python" -m zipfile -e "$wheel" unpacked
	done <"$SETUP_DIR/cuda.lock"
	mv unpacked/nvidia/cu13 out
	chmod -R +x out/bin out/nvvm/bin
	place out "$CACHE/cuda" "$SETUP_DIR/cuda.lock"
}
