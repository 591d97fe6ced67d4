#!/bin/sh
# Brings .venv to what the lock files say, on a machine with nothing but Python 3.11 or newer.
#   set-up.sh run   what the program needs
#   set-up.sh dev   that and the development tools
#   set-up.sh lock  renews the lock files from pyproject.toml
set -eu

cd "$(dirname "$0")/../.."
HERE=infrastructure/deployment
TOOLS="${XDG_CACHE_HOME:-$HOME/.cache}/live-commerce/uv"
NEW_ENOUGH='import sys; sys.exit(sys.version_info < (3, 11))'

main() {
    PYTHON="$(find_python)"
    use_the_machines_certificates
    case "$1" in
        run)
            make_venv
            uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock
            install_project
            ;;
        dev)
            make_venv
            uv pip sync --quiet --python .venv/bin/python --require-hashes requirements-dev.lock
            install_project
            ;;
        lock)
            lock --group dev -o requirements-dev.lock
            lock --group build -c requirements-dev.lock -o requirements.lock
            ;;
        *) fail "say run, dev or lock" ;;
    esac
}

fail() {
    echo "set-up: $1" >&2
    exit 1
}

find_python() {
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
        if "$name" -c "$NEW_ENOUGH" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed (Debian, Ubuntu: apt-get install python3; macOS: brew install python3)"
}

# A company's network may have added certificates of its own to the machine's.
use_the_machines_certificates() {
    if [ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname)" = Darwin ]; then
        export UV_SYSTEM_CERTS=1
    fi
}

make_venv() {
    if ! .venv/bin/python -c "$NEW_ENOUGH" 2>/dev/null; then
        uv venv --quiet --clear --python "$PYTHON" .venv
    fi
}

install_project() {
    uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

lock() {
    uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --upgrade \
        --generate-hashes --no-emit-index-url --no-header "$@"
}

# uv from PATH, else a private copy.
uv() {
    if command uv --version >/dev/null 2>&1; then
        command uv "$@"
    else
        [ -x "$TOOLS/bin/uv" ] || fetch_uv
        "$TOOLS/bin/uv" "$@"
    fi
}

# `pip --target` also works where the distribution guards its own Python (PEP 668).
fetch_uv() {
    echo "set-up: fetching uv" >&2
    if "$PYTHON" -m pip --version >/dev/null 2>&1; then
        set -- "$PYTHON" -m pip install --target "$TOOLS" --upgrade
    else
        "$PYTHON" -c 'import ensurepip' 2>/dev/null || install_ensurepip
        "$PYTHON" -m venv --clear "$TOOLS"
        set -- "$TOOLS/bin/python" -m pip install
    fi
    "$@" --quiet --disable-pip-version-check --require-hashes -r "$HERE/uv.txt"
}

install_ensurepip() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "neither uv, pip nor venv is here: install one (Debian, Ubuntu: sudo apt-get install python3-venv)"
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv >/dev/null
}

main "${1:-dev}"
