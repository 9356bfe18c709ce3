# Numbered steps with elapsed time, logs, and failures that name step, reason and cure.
# Sourced by packaging/setup.sh.
# shellcheck shell=bash

BUILD_DIR=.build
CACHE_DIR=${GRIDWARDEN_CACHE:-${XDG_CACHE_HOME:-${HOME:-$PWD/$BUILD_DIR}/.cache}/gridwarden}
STEP=0
STEP_TITLE=
STEP_CURE=
STEP_STARTED=0
HEARTBEAT_PID=

begin() { # PURPOSE STEPS
  PURPOSE=$1
  STEPS=$2
  rm -rf "$BUILD_DIR/log"
  mkdir -p "$BUILD_DIR/log" "$BUILD_DIR/stamp" "$CACHE_DIR"
  CACHE_DIR=$(cd "$CACHE_DIR" && pwd)
  # A killed run cannot tidy up after itself.
  find "$CACHE_DIR" -maxdepth 1 -name '.partial.*' -mmin +180 -exec rm -rf {} +
  WORK_DIR=$(mktemp -d "$CACHE_DIR/.partial.XXXXXX")
  trap clean_up EXIT
  trap 'fail "stopped by a signal"' INT TERM
  # In a command substitution the caller sees the code and decides.
  trap 'code=$?; ((BASH_SUBSHELL)) || fail "\`$BASH_COMMAND\` ended with code $code"' ERR
  printf 'Set-up for make %s: %d steps, downloads kept in %s\n' "$PURPOSE" "$STEPS" "$CACHE_DIR"
}

clean_up() {
  stop_heartbeat
  rm -rf "$WORK_DIR"
}

finish() {
  printf 'Set-up for make %s done in %d s\n' "$PURPOSE" "$SECONDS"
}

step() { # TITLE CURE
  STEP=$((STEP + 1))
  STEP_TITLE=$1
  STEP_CURE=$2
  STEP_STARTED=$SECONDS
  printf '[%d/%d] %s\n' "$STEP" "$STEPS" "$STEP_TITLE"
}

say() { printf '      %s\n' "$*"; }

step_done() { # [REMARK]
  say "done in $((SECONDS - STEP_STARTED)) s${1:+: $1}"
}

fail() { # REASON
  trap - ERR
  stop_heartbeat
  {
    printf '\nset-up: step %d of %d failed: %s (after %d s)\n' \
      "$STEP" "$STEPS" "$STEP_TITLE" "$((SECONDS - STEP_STARTED))"
    printf '  why:  %s\n' "$1"
    printf '  cure: %s; then run the same command again, finished steps are not repeated\n' "$STEP_CURE"
  } >&2
  exit 1
}

# Runs one outside command, its output into .build/log/NAME.log; shows that it is alive meanwhile.
logged() { # NAME COMMAND...
  local log=$BUILD_DIR/log/$1.log code=0
  shift
  printf '$ %s\n' "$*" >>"$log"
  show_heartbeat "$log" &
  HEARTBEAT_PID=$!
  "$@" >>"$log" 2>&1 </dev/null || code=$?
  stop_heartbeat
  if ((code != 0)); then
    log_extract "$log" | sed 's/^/      | /' >&2
    fail "\`$1\` ended with code $code; its whole output is in $log"
  fi
}

# The first complaints and the last words: tools bury either.
log_extract() { # LOG
  if (($(wc -l <"$1") > 16)); then
    grep -m 8 -iE '^E:|error' "$1" || true
    echo ...
  fi
  tail -n 8 "$1"
}

# On a terminal one line is rewritten each second; elsewhere a line each 15 s.
show_heartbeat() { # LOG
  local started=$SECONDS last
  trap - ERR EXIT INT TERM
  while true; do
    if [[ -t 1 ]]; then sleep 1; else sleep 15; fi
    last=$(tail -n 1 "$1" | tr -d '\r' | tr -c '[:print:]\n' ' ' | cut -c 1-66)
    if [[ -t 1 ]]; then
      printf '\r\033[K      %d s  %s' "$((SECONDS - started))" "$last"
    else
      printf '      %d s  %s\n' "$((SECONDS - started))" "$last"
    fi
  done
}

stop_heartbeat() {
  if [[ -z $HEARTBEAT_PID ]]; then return 0; fi
  kill "$HEARTBEAT_PID" 2>/dev/null || true
  wait "$HEARTBEAT_PID" 2>/dev/null || true
  HEARTBEAT_PID=
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
}

# Moves a finished folder into the cache in one rename, so a folder there is always complete.
# Another clone may have been faster: its result is as good.
keep() { # FOLDER NAME
  mv -T "$1" "$CACHE_DIR/$2" 2>/dev/null || [[ -d $CACHE_DIR/$2 ]]
}

link_from_cache() { # NAME LINK
  ln -sfn "$CACHE_DIR/$1" "$BUILD_DIR/$2"
}

digest_of() { # FILE...
  cat "$@" | sha256sum | cut -c 1-16
}
