#!/bin/bash
# Measures jobd on PostgreSQL against jobd on SQLite, and several jobds on one store.
#
#   bench/shared.sh [ROUNDS] [JOBS] [QUEUED]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/jobd-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ -z "${JOBD_BIN:-}" ]; then
    swift build -c release --static-swift-stdlib >&2
    JOBD_BIN=$PWD/.build/release
fi
gcc -O2 -Wall -Wextra -o "$work/fake" bench/fake.c
python3 bench/shared.py "$JOBD_BIN" "$work" "$@"
