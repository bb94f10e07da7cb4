#!/bin/bash
# Measures jobd against a C program and a Python script that do the same calls, and prints one table.
#
#   bench/run.sh [PART ...]      no PART: all of them; see bench/README.md for what each measures
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/jobd-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ -z "${JOBD_BIN:-}" ]; then
    swift build -c release --static-swift-stdlib >&2
    JOBD_BIN=$PWD/.build/release
fi
compile() { gcc -O2 -Wall -Wextra -o "$work/$1" "bench/$1.c" "${@:2}"; }
compile fake
compile floor -lcurl -lsqlite3 -lcrypto -lpthread
compile rules -lcurl -lsqlite3 -lcrypto -lpthread
gcc -O2 -Wall -Wextra -shared -fPIC -o "$work/slowsync.so" bench/slowsync.c -ldl
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q --disable-pip-version-check install aiohttp uvloop >&2

# Not with exec: the trap has to run.
"$work/venv/bin/python" bench/measure.py "$JOBD_BIN" "$work" "$@"
