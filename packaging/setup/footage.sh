# Sample footage: vtest.avi, a real fixed camera over a pedestrian street, out of Debian's
# opencv-doc package, converted once to what a camera sends: H.264, 10 frames a second, a key frame
# a second, no B frames. One encoder thread, so the pictures are the same on every machine.
# Sourced by packaging/setup.sh.
# shellcheck shell=bash

FOOTAGE_PACKAGE=opencv-doc
FOOTAGE_MEMBER=./usr/share/doc/opencv-doc/examples/data/vtest.avi
FOOTAGE_SHA256=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf

make_footage() {
  local name work=$WORK_DIR/footage
  step "Sample footage (vtest.mp4)" \
    "see that \`apt-get download $FOOTAGE_PACKAGE\` works here (its file must be the one of Debian 12)"
  name=footage-$(digest_of packaging/setup/footage.sh)
  if [[ ! -d $CACHE_DIR/$name ]]; then
    mkdir -p "$work/out"
    fetch_footage "$work"
    say "converting 80 s of video"
    convert_footage "$work/vtest.avi" "$work/out/vtest.mp4"
    keep "$work/out" "$name"
  fi
  link_from_cache "$name" footage
  step_done "$BUILD_DIR/footage/vtest.mp4"
}

# The package is 96 MB of which one file is wanted, so it is read, not installed.
fetch_footage() { # FOLDER
  if ! apt-cache show "$FOOTAGE_PACKAGE" >/dev/null 2>&1; then
    choose_root "apt-get update"
    update_package_lists
  fi
  say "downloading Debian's $FOOTAGE_PACKAGE, 96 MB"
  logged footage env --chdir="$1" apt-get download "$FOOTAGE_PACKAGE"
  dpkg-deb --fsys-tarfile "$1"/"$FOOTAGE_PACKAGE"_*.deb | tar -x -O "$FOOTAGE_MEMBER" >"$1/vtest.avi"
  echo "$FOOTAGE_SHA256  $1/vtest.avi" | sha256sum --check --status ||
    fail "vtest.avi of this $FOOTAGE_PACKAGE has the digest $(sha256sum <"$1/vtest.avi" | cut -d' ' -f1), expected $FOOTAGE_SHA256"
}

convert_footage() { # AVI MP4
  logged footage gst-launch-1.0 -q \
    filesrc location="$1" ! decodebin ! videoconvert ! videorate \
    ! video/x-raw,format=I420,framerate=10/1 \
    ! x264enc tune=zerolatency speed-preset=medium pass=qual quantizer=20 key-int-max=10 bframes=0 threads=1 \
    ! video/x-h264,profile=high ! h264parse ! mp4mux faststart=true ! filesink location="$2"
}
