#!/bin/sh
# Brings .venv to what the lock files say, on a machine with nothing but Python 3.11 or newer.
#   set-up.sh run   what the program needs
#   set-up.sh dev   that and the development tools
#   set-up.sh lock  renews the lock files from pyproject.toml
set -eu

cd "$(dirname "$0")/../.."
TOOLS="${XDG_CACHE_HOME:-$HOME/.cache}/live-commerce/uv"
PYTHON_NEEDED='import sys; sys.exit(sys.version_info < (3, 11))'

fail() {
    echo "set-up: $1" >&2
    exit 1
}

python() {
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
        if "$name" -c "$PYTHON_NEEDED" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed (Debian, Ubuntu: apt-get install python3; macOS: brew install python3)"
}

# uv from PATH, else a private copy. `pip --target` also works where the distribution forbids
# installing into its own Python (PEP 668).
uv() {
    if command -v uv >/dev/null && command uv --version >/dev/null 2>&1; then
        command uv "$@"
    else
        [ -x "$TOOLS/bin/uv" ] || fetch_uv
        "$TOOLS/bin/uv" "$@"
    fi
}

fetch_uv() {
    echo "set-up: fetching uv" >&2
    mkdir -p "$TOOLS"
    if "$PYTHON" -m pip --version >/dev/null 2>&1; then
        "$PYTHON" -m pip install -q --disable-pip-version-check --root-user-action ignore \
            --target "$TOOLS" --upgrade --require-hashes -r infrastructure/deployment/uv.txt
    else
        "$PYTHON" -c 'import ensurepip' 2>/dev/null || install_venv
        "$PYTHON" -m venv --clear "$TOOLS"
        "$TOOLS/bin/python" -m pip install -q --disable-pip-version-check \
            --require-hashes -r infrastructure/deployment/uv.txt
    fi
}

install_venv() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "neither uv, pip nor venv is here: install one (Debian, Ubuntu: sudo apt-get install python3-venv)"
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        "python$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv" >/dev/null
}

PYTHON="$(python)"
export UV_PYTHON_DOWNLOADS=never
# The machine's own certificates, where it keeps some: a company's network may have added its own.
if [ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname)" = Darwin ]; then
    export UV_SYSTEM_CERTS=1
fi
lock() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
        --no-emit-index-url --no-header "$@"
}

.venv/bin/python -c "$PYTHON_NEEDED" 2>/dev/null || uv venv --quiet --clear --python "$PYTHON" .venv
case "${1:-dev}" in
    lock)
        lock pyproject.toml --group dev -o requirements-dev.lock
        lock pyproject.toml -c requirements-dev.lock -o requirements.lock
        exit
        ;;
    run) uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock ;;
    dev) uv pip sync --quiet --python .venv/bin/python --require-hashes requirements-dev.lock ;;
    *) fail "say run, dev or lock" ;;
esac
uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
