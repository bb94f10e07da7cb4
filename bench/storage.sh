#!/bin/bash
# Measures how fast jobd uploads outputs, and how much memory it needs for that, against rclone and s3cmd at the same storage:
# OpenStack Swift on loopback. `make test-storage` installs it; rclone and s3cmd are Debian's.
#
#   bench/storage.sh [ROUNDS] [FILES] [MEGABYTES]    3 rounds with 8 files of 70 MB
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
for program in swift-proxy-server rclone s3cmd curl gcc python3; do
    command -v "$program" >/dev/null || {
        echo "$program is missing: apt-get install swift-proxy swift-account swift-container swift-object rclone s3cmd curl gcc" >&2
        exit 1
    }
done
if [ -z "${JOBD_BIN:-}" ]; then
    swift build -c release --static-swift-stdlib >&2
    JOBD_BIN=$PWD/.build/release
fi
# It uses Debian's own Python, whatever comes first in the PATH.
export PATH=/usr/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/jobd-bench.XXXXXX")
trap 'Tests/storage/swift-server stop "$work/swift"; rm -rf "$work"' EXIT
gcc -O2 -Wall -Wextra -o "$work/fake" bench/fake.c
port=$((20000 + $$ % 20000))
Tests/storage/swift-server start "$work/swift" $port
python3 bench/storage.py "$JOBD_BIN" "$work" "http://127.0.0.1:$port" "$@"
