#!/bin/sh
# Makes the environment on first use, then trains, exports, measures and describes the default detector. Arguments go to the training
# (python models/training --help). Repeats safely: a half-made run resumes, an environment that stands is kept.
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
environment="$repository/.build/training-env"
python="$environment/bin/python"
if [ ! -f "$environment/ready" ]; then
    echo "training: installing torch 2.7.1 and friends into $environment (about 2 GB)"
    python3 -m venv "$environment"
    if command -v nvidia-smi >/dev/null 2>&1; then
        "$python" -m pip install -q torch==2.7.1
    else
        "$python" -m pip install -q --no-warn-conflicts --no-deps torch==2.7.1 nvidia-cuda-runtime-cu12==12.6.77
        "$python" "$repository/models/training/stubs.py"
    fi
    "$python" -m pip install -q --no-warn-conflicts -r "$repository/models/training/requirements.txt"
    touch "$environment/ready"
fi
# One thread an operation: with more, a busy machine collapses in barrier spinning.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
# Options alone stand for the whole run.
case "${1:-}" in "" | --[!h]*) set -- fit export choose measure card "$@" ;; esac
exec "$python" "$repository/models/training" "$@"
