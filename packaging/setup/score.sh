# The scorer of tests/score: a Python environment of its own, whole closure pinned. Made once for each
# state of the pins and shared by clean clones. Sourced by packaging/setup.sh.
# shellcheck shell=bash

SCORE_PINS=tests/score/requirements.txt

install_scorer() {
  local name work=$WORK_DIR/score
  step "Scorer ($(grep -c == "$SCORE_PINS") Python packages of tests/score)" "$REGISTRY_CURE"
  name=score-$(digest_of "$SCORE_PINS")-$(uname -m)
  if [[ ! -d $CACHE_DIR/$name ]]; then
    say "downloading 90 MB, 450 MB unpacked"
    logged score /usr/bin/python3 -m venv "$work"
    # Through `python -m`: the starters in bin/ name the folder they were made in, and it moves.
    logged score "$work/bin/python" -m pip --disable-pip-version-check --no-cache-dir install \
      --no-deps --only-binary :all: --requirement "$SCORE_PINS"
    keep "$work" "$name"
  fi
  link_from_cache "$name" score
  step_done "$BUILD_DIR/score"
}
