# The review page: console/ -> console/dist, made again only when its sources, its lock file or
# Node.js change. Sourced by packaging/setup.sh.
# shellcheck shell=bash

build_console() {
  local modules_key sources_key
  step "Review page (console/dist)" \
    "read $BUILD_DIR/log/npm.log; if packages could not be fetched, make sure this machine reaches the npm registry (npm config get registry)"
  if [[ ! -f console/package.json ]]; then
    step_done "skipped, console/package.json does not exist"
    return
  fi
  modules_key=$({ node --version; cat console/package-lock.json; } | sha256sum)
  if [[ ! -d console/node_modules || $modules_key != "$(stamp console-modules)" ]]; then
    say "npm ci"
    # npm's own patience with a registry that does not answer is many silent minutes.
    logged npm npm --prefix console ci --no-audit --no-fund --prefer-offline \
      --fetch-retries 2 --fetch-retry-mintimeout 2000 --fetch-retry-maxtimeout 10000
    set_stamp console-modules "$modules_key"
  fi
  sources_key=$(echo "$modules_key $(console_sources_digest)" | sha256sum)
  if [[ -f console/dist/index.html && $sources_key == "$(stamp console-dist)" ]]; then
    step_done "unchanged"
    return
  fi
  say "npm run build"
  logged npm npm --prefix console run build
  [[ -f console/dist/index.html ]] || fail "the build made no console/dist/index.html"
  set_stamp console-dist "$sources_key"
  step_done
}

console_sources_digest() {
  find console \( -name node_modules -o -name dist \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

stamp() { # NAME
  cat "$BUILD_DIR/stamp/$1" 2>/dev/null || true
}

set_stamp() { # NAME KEY
  echo "$2" >"$BUILD_DIR/stamp/$1"
}
