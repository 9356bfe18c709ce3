# The identity provider of the tests: npm `oidc-provider` into tests/oidc/node_modules, made again only when
# its lock file or Node.js change. Sourced by packaging/setup.sh.
# shellcheck shell=bash

install_identity_provider() {
  local key
  step "Identity provider of the tests (tests/oidc)" \
    "read $BUILD_DIR/log/npm.log; if packages could not be fetched, make sure this machine reaches the npm registry (npm config get registry)"
  key=$({ node --version; cat tests/oidc/package-lock.json; } | sha256sum)
  if [[ -d tests/oidc/node_modules && $key == "$(stamp oidc-modules)" ]]; then
    step_done "unchanged"
    return
  fi
  logged npm npm --prefix tests/oidc ci --no-audit --no-fund --prefer-offline \
    --fetch-retries 2 --fetch-retry-mintimeout 2000 --fetch-retry-maxtimeout 10000
  set_stamp oidc-modules "$key"
  step_done
}
