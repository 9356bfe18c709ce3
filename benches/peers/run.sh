#!/usr/bin/env bash
# Installs the peers into .build/peers (Python 3.11) and prints one table a sequence: benches/peers/run.sh [--program P] FOLDER...
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=.build/peers
wanted=$(cat tests/score/requirements.txt benches/peers/requirements.txt)
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
  python3.11 -m venv "$venv"
  # ocsort comes as source and is built here, with setuptools of the same venv.
  "$venv/bin/pip" install --quiet setuptools==80.9.0 wheel==0.45.1
  "$venv/bin/pip" install --quiet --no-deps --no-build-isolation -r tests/score/requirements.txt -r benches/peers/requirements.txt
  printf '%s\n' "$wanted" >"$venv/installed"
fi
export PYTHONPATH=tests:benches/peers OMP_NUM_THREADS=1
exec "$venv/bin/python" benches/peers/tracking.py "$@"
