# Debian packages: looked up with dpkg-query, installed only when missing, as root or through sudo.
# Sourced by packaging/setup.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are read by setup.sh

# What compiles and runs the program. OpenCV's split packages stand for libopencv-dev, which would
# bring 324 MB more. python3-venv and unzip fetch and unpack wheels.
PACKAGES_BUILD=(
  pkg-config clang libclang-dev
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
  libopencv-core-dev libopencv-imgproc-dev libopencv-calib3d-dev
  libopencv-features2d-dev libopencv-video-dev
  mosquitto mosquitto-clients
  python3-venv unzip
)
# Page tests need a browser and a font that has the Chinese characters; the register's tests run on
# both databases, each server started in a folder of its own (tests/postgres.sh).
PACKAGES_TEST=(chromium fonts-noto-cjk postgresql)

install_debian_packages() { # PACKAGE...
  local missing
  step "Debian packages ($# wanted)" \
    "see that \`apt-get update\` works here; on another distribution install the same libraries by hand (list: packaging/setup/debian.sh)"
  command -v dpkg-query >/dev/null || fail "no dpkg-query: this is not a Debian system"
  missing=$(missing_packages "$@")
  if [[ -z $missing ]]; then
    step_done "all present"
    return
  fi
  say "missing: $missing"
  choose_root "apt-get install --no-install-recommends $missing"
  update_package_lists
  say "installing $(wc -w <<<"$missing") packages (a few hundred MB on a bare machine)"
  # shellcheck disable=SC2086 # one word a package
  logged apt "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
  missing=$(missing_packages "$@")
  [[ -z $missing ]] || fail "apt-get ended well, but these are still not installed: $missing"
  step_done
}

missing_packages() { # PACKAGE...
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  echo "${missing[*]}"
}

# Sets AS_ROOT, the words to put before a command that needs root, and says which way was taken.
choose_root() { # COMMAND_BY_HAND
  local user
  user=$(id -un 2>/dev/null) || user="user $EUID"
  if ((EUID == 0)); then
    AS_ROOT=()
    say "running as root"
  elif command -v sudo >/dev/null; then
    AS_ROOT=(sudo)
    say "running as $user, through sudo"
    sudo -n true 2>/dev/null || sudo -v || {
      STEP_CURE="let $user use sudo, or type as root: $1"
      fail "sudo did not give root to $user"
    }
  else
    STEP_CURE="type as root: $1"
    fail "this step needs root: $user is not root and there is no sudo"
  fi
}

update_package_lists() {
  say "reading the package lists"
  logged apt "${AS_ROOT[@]}" apt-get update -o DPkg::Lock::Timeout=300
}
