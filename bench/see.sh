#!/usr/bin/env bash
# What a person waits for with a million jobs: list, search, show and stats, each as a whole process against `sqlite3` asking
# the same of the same files; and whether the index of search costs an enqueue anything. Prints ratios of medians; the
# runs are interleaved.
#
# usage: bench/see.sh [RUNS] [JOBS]      (needs `make release`, sqlite3, and 1 GB under $TMPDIR)
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-15} jobs=${2:-1000000}
jobctl=$PWD/.build/release/jobctl fill=$PWD/bench/see.sql
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-see-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export JOBD_STATE_DIR=$work/state

median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
# timed FILE COMMAND...: appends the microseconds that it took.
timed() {
    local file=$1 start=$EPOCHREALTIME end
    shift
    "$@" >/dev/null 2>>errors || { tail -3 errors >&2; exit 1; }
    end=$EPOCHREALTIME
    echo $((${end/./} - ${start/./})) >>"$file"
}

"$jobctl" enqueue vendor/model-0 prompt=first -q >/dev/null 2>&1
guard=$(sqlite3 state/jobs.db "SELECT group_concat(sql || ';', ' ') FROM sqlite_schema
    WHERE name IN ('jobs_insert_guard', 'charges_insert_guard')")
sed "s/@jobs@/$jobs/g" "$fill" | sqlite3 state/jobs.db >/dev/null
sqlite3 state/jobs.db "$guard" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null

timed first.us "$jobctl" search w000123
echo "the first search of $jobs jobs: $(($(cat first.us) / 1000)) ms; search.db has $(($(stat -c %s state/search.db) >> 20)) MB," \
    "jobs.db $(($(stat -c %s state/jobs.db) >> 20)) MB"

# compare TEXT SQL WORDS...: jobctl with these words against sqlite3 with this SQL.
compare() {
    local text=$1 sql=$2 ours theirs
    shift 2
    rm -f ours.us theirs.us
    for _ in $(seq "$runs"); do
        timed ours.us "$jobctl" "$@"
        timed theirs.us sqlite3 state/jobs.db "ATTACH 'state/search.db' AS s" "$sql"
    done
    ours=$(median <ours.us) theirs=$(median <theirs.us)
    awk -v text="$text" -v a="$ours" -v b="$theirs" \
        'BEGIN { printf "%-52s %8.1f ms, sqlite3 %8.1f ms: %.2fx\n", text, a / 1000, b / 1000, a / b }'
}

columns="jobs.id, state, model, created_at, jobs.label, coalesce(input ->> '$.prompt', input ->> '$.text')"
found() { # found WORD: the best fifty as FTS5 itself ranks all of them
    echo "SELECT $columns FROM s.texts JOIN jobs ON jobs.id = texts.rowid WHERE texts MATCH '\"$1\"' ORDER BY texts.rank LIMIT 50"
}
compare "list, the newest 50" "SELECT $columns FROM jobs ORDER BY id DESC LIMIT 50" list --limit 50
compare "show, one job" "SELECT * FROM jobs WHERE id = $((jobs / 2)); SELECT * FROM outputs WHERE job_id = $((jobs / 2));
    SELECT * FROM events WHERE job_id = $((jobs / 2)) ORDER BY id" show $((jobs / 2))
compare "search, a rare word" "$(found w000123)" search w000123 --limit 50
compare "search, a word in one job of seven" "$(found cat)" search cat --limit 50
compare "search, a word in every job" "$(found highly)" search highly --limit 50
compare "search, a beginning of many words (w00*)" \
    "SELECT $columns FROM s.texts JOIN jobs ON jobs.id = texts.rowid WHERE texts MATCH 'w00*' ORDER BY texts.rank LIMIT 50" \
    search 'w00*' --limit 50
compare "search, a word in every job, of the failed" \
    "SELECT $columns FROM s.texts JOIN jobs ON jobs.id = texts.rowid WHERE texts MATCH 'highly' AND state = 'failed'
    ORDER BY texts.rank LIMIT 50" search highly --state failed --limit 50
runs=$(((runs + 4) / 5))
# Means and not medians: SQLite has no other. By model, day, label and failure, and the money by day and model.
compare "stats, all of them" "
    SELECT model, count(*), sum(state = 'completed'), sum(state = 'failed'),
        avg((julianday(submitted_at) - julianday(created_at)) * 86400),
        avg((julianday(started_at) - julianday(submitted_at)) * 86400),
        avg((julianday(finished_at) - julianday(started_at)) * 86400) FROM jobs WHERE ended_at IS NOT NULL GROUP BY model;
    SELECT date(ended_at, 'localtime') AS day, count(*) FROM jobs WHERE ended_at IS NOT NULL GROUP BY day;
    SELECT label, count(*) FROM jobs WHERE ended_at IS NOT NULL GROUP BY label;
    SELECT error_kind, count(*) FROM jobs WHERE error_kind IS NOT NULL GROUP BY error_kind;
    SELECT date(at, 'localtime') AS day, model, sum(coalesce(reported_usd, estimated_usd)) FROM charges GROUP BY day, model" \
    stats --since 2000-01-01

rm -f with.us without.us
for _ in $(seq $((runs * 10))); do
    timed with.us "$jobctl" enqueue vendor/model-0 prompt=more -q
    mv state/search.db kept.db
    timed without.us "$jobctl" enqueue vendor/model-0 prompt=more -q
    mv kept.db state/search.db
done
with=$(median <with.us) without=$(median <without.us)
awk -v a="$with" -v b="$without" \
    'BEGIN { printf "%-52s %8.1f ms, without  %8.1f ms: %.2fx\n", "enqueue beside an index of search", a / 1000, b / 1000, a / b }'
