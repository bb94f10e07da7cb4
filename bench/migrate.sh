#!/usr/bin/env bash
# What an upgrade costs a store that the first schema made: the time until jobd works, and the disk that it takes meanwhile.
#
# usage: [BUILD=.build/debug] bench/migrate.sh [JOBS]     (needs the programs, sqlite3, and 4 GB under $TMPDIR for a million)
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-1000000} build=$PWD/${BUILD:-.build/release}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-migrate-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -m 700 "$work/state"
store=$work/state/jobs.db

{
    echo "PRAGMA application_id = 0x6A6F6264; PRAGMA user_version = 1; PRAGMA journal_mode = WAL; BEGIN;"
    cat migrations/0001_initial.sql
    echo "COMMIT; CREATE TABLE kept AS SELECT sql FROM sqlite_schema WHERE name IN ('jobs_insert_guard', 'charges_insert_guard');"
    # The first schema has no guard of charges.
    sed -e "s/@jobs@/$jobs/g" -e 's/^DROP TRIGGER charges/DROP TRIGGER IF EXISTS charges/' bench/see.sql
    echo "BEGIN; INSERT INTO outputs (job_id, position, kind, url, path, bytes, sha256, media_type, width, height, state,
        downloaded_at)
    SELECT id, 1, 'image', 'https://files.example/' || request_id || '/1.png', '2026-01-31/' || id || '-1.png', 1048576,
        printf('%064x', id), 'image/png', 2048, 2048, 'done', ended_at FROM jobs WHERE state = 'completed';
    INSERT INTO events (job_id, at, kind, detail)
    SELECT jobs.id, submitted_at, kind.value, json_object('request_id', request_id)
    FROM jobs, json_each('[\"enqueued\",\"submitting\",\"accepted\",\"status\"]') AS kind; COMMIT;"
} | sqlite3 "$store" >/dev/null
guards=$(sqlite3 "$store" "SELECT group_concat(sql || ';', ' ') FROM kept")
sqlite3 "$store" "$guards DROP TABLE kept; PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
chmod 600 "$store"

megabytes() { du -sm --apparent-size "$1" | cut -f1; }
before=$(megabytes "$work/state")
(
    most=0
    while [ -e "$work/state" ]; do
        now=$(megabytes "$work/state" 2>/dev/null || echo 0)
        if [ "$now" -gt "$most" ]; then most=$now; fi
        echo "$most" >"$work/peak"
        if [ ! -e "$work/copied" ] && [ -e "$store.before-0002" ]; then echo "$EPOCHREALTIME" >"$work/copied"; fi
        sleep 0.05
    done
) &
watch=$!
start=$EPOCHREALTIME
RUNCOMFY_TOKEN=none "$build/jobd" --state-dir "$work/state" --api-url http://127.0.0.1:9 --drain 2>"$work/log" ||
    { tail -5 "$work/log" >&2; exit 1; }
end=$EPOCHREALTIME
kill "$watch"
wait "$watch" 2>/dev/null || true

copied=$(cat "$work/copied")
printf '%s jobs, schema 1 to %s: %s ms, of which the copy took %s ms; %s MB before, at most %s MB meanwhile, %s MB after\n' \
    "$jobs" "$(sqlite3 "$store" 'PRAGMA user_version')" "$(((${end/./} - ${start/./}) / 1000))" \
    "$(((${copied/./} - ${start/./}) / 1000))" "$before" "$(cat "$work/peak")" "$(megabytes "$work/state")"
sqlite3 "$store" "PRAGMA quick_check; PRAGMA foreign_key_check"
