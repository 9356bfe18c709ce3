#!/usr/bin/env bash
# Sets up one purpose of the Makefile and nothing more: `packaging/setup.sh demo|test|eval|gpu|faces`.
# `demo` also builds the program; further arguments go to that `cargo build`.
#
# In:  the repository, the machine's package registries.
# Out: .build/ (git-ignored): onnxruntime, onnxruntime-gpu, node, footage, score, face, portrait, object-store (links into
#      the cache), venv, stamp/, log/. The cache is $GRIDWARDEN_CACHE, default ~/.cache/gridwarden: one folder a
#      download, named by digest, so clean clones share it and a changed pin never meets an old file.
# Repeats safely: every step first looks whether its result is there, and asks no registry if it is.
# Fails with the step, the reason and the cure.
set -Eeuo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
for part in steps debian downloads faces console identity object_store footage score; do
  # shellcheck source=/dev/null
  source "packaging/setup/$part.sh"
done

# Node.js and pip bring certificate lists of their own, which lack what this machine was told to trust
# (a company's proxy, a mirror).
trust_machine_certificates() {
  local list=/etc/ssl/certs/ca-certificates.crt
  if [[ -r $list ]]; then
    export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$list} PIP_CERT=${PIP_CERT:-$list}
  fi
}

check_toolchain() {
  local component
  step "Rust toolchain" "install it from https://rustup.rs, then: rustup component add rustfmt clippy"
  command -v cargo >/dev/null || fail "no cargo in PATH ($PATH)$(sudo_hint)"
  if [[ $1 == test ]]; then
    for component in fmt clippy; do
      cargo "$component" --version >/dev/null 2>&1 || fail "cargo $component is missing from this toolchain"
    done
  fi
  step_done "$(cargo --version)"
}

sudo_hint() {
  if [[ -n ${SUDO_USER:-} ]]; then
    printf '; sudo hides the PATH of %s: run make without sudo, it asks for it itself' "$SUDO_USER"
  fi
}

build_program() {
  step "Build gridwarden (cargo build --release --locked $*)" \
    "read the message above; if crates could not be fetched, make sure this machine reaches the crate registry"
  cargo build --release --locked "$@" || fail "cargo build ended with code $?"
  step_done
}

main() {
  local purpose=${1:-}
  shift || true
  trust_machine_certificates
  case $purpose in
    demo)
      begin "$purpose" 7
      check_toolchain demo
      install_debian_packages "${PACKAGES_BUILD[@]}"
      fetch_onnxruntime
      fetch_node
      build_console
      make_footage
      build_program "$@"
      ;;
    test)
      begin "$purpose" 11
      check_toolchain test
      install_debian_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}"
      fetch_onnxruntime
      fetch_node
      build_console
      install_identity_provider
      fetch_object_store
      make_footage
      fetch_face_model
      fetch_portrait
      install_scorer
      ;;
    eval)
      begin "$purpose" 4
      check_toolchain eval
      install_debian_packages "${PACKAGES_BUILD[@]}"
      fetch_onnxruntime
      install_scorer
      ;;
    gpu)
      begin "$purpose" 3
      check_toolchain gpu
      install_debian_packages "${PACKAGES_BUILD[@]}"
      fetch_onnxruntime_gpu
      ;;
    faces)
      begin face-model 2
      install_debian_packages python3-venv unzip
      fetch_face_model
      ;;
    *)
      echo "usage: packaging/setup.sh demo|test|eval|gpu|faces [arguments of cargo build]" >&2
      exit 2
      ;;
  esac
  finish
}

main "$@"
