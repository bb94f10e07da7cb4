#!/usr/bin/env bash
# One `jobctl enqueue` as a whole process against `sqlite3` inserting the same row into the same kind of database, and
# the speed and memory of large batches and long lists. Prints ratios of medians; the runs are interleaved.
#
# usage: bench/enqueue.sh [RUNS] [LINES]      (needs `make release`, sqlite3 and GNU time)
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-40} lines=${2:-1000000}
jobctl=$PWD/.build/release/jobctl
model=bytedance/seedream-4-0/sequential
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-enqueue-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
# timed FILE COMMAND...: appends the microseconds that it took.
timed() {
    local file=$1 start=$EPOCHREALTIME end
    shift
    "$@" >/dev/null 2>&1
    end=$EPOCHREALTIME
    echo $((${end/./} - ${start/./})) >>"$file"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

input='{"text":"2 cats on a table","seed":7}'
for store in ours theirs; do "$jobctl" enqueue "$model" text=x --state-dir $store -q >/dev/null; done
# Theirs is durable as ours is: WAL, every commit synced. It checkpoints when it closes, as sqlite3 does; a third one
# leaves that out, as ours does.
insert="PRAGMA synchronous=FULL; INSERT INTO jobs (model, input, validation) VALUES ('$model', '$input', 'passed')"
cp -r theirs bare
for _ in $(seq "$runs"); do
    timed ours.us "$jobctl" enqueue $model 'text=2 cats on a table' seed=7 --state-dir ours -q
    timed theirs.us sqlite3 theirs/jobs.db "$insert"
    timed bare.us sqlite3 bare/jobs.db ".dbconfig no_ckpt_on_close on" "$insert"
    timed start.us "$jobctl" version
done
ours=$(median <ours.us) theirs=$(median <theirs.us) bare=$(median <bare.us) start=$(median <start.us)
echo "one durable enqueue as a process: jobctl $ours us, sqlite3 $theirs us: $(ratio "$ours" "$theirs")x" \
    "(sqlite3 without its checkpoint $bare us: $(ratio "$ours" "$bare")x; jobctl version $start us)"

awk -v n="$lines" -v model=$model 'BEGIN { for (i = 1; i <= n; i++)
    printf "{\"model\":\"%s\",\"input\":{\"text\":\"cat %d on a table\",\"seed\":%d},\"label\":\"batch\"}\n", model, i, i
}' >large.jsonl
head -1000 large.jsonl >small.jsonl
# measured NAME COMMAND...: seconds and peak kilobytes.
measured() { local name=$1; shift; command time -f '%e %M' -o "$name.time" "$@" >/dev/null 2>&1; }
measured small "$jobctl" enqueue --batch small.jsonl --state-dir small -q
measured large "$jobctl" enqueue --batch large.jsonl --state-dir large -q
"$jobctl" enqueue $model text=x --state-dir plain -q >/dev/null
printf '%s\n' 'PRAGMA wal_autocheckpoint=0;' 'CREATE TEMP TABLE lines (line);' '.mode tabs' '.import large.raw lines' \
    "INSERT INTO jobs (model, input, label, validation) SELECT line->>'model', line->>'input', line->>'label', 'passed' FROM lines;" >plain.sql
# The quotes are doubled for the reader of sqlite3, which takes them for its own.
sed 's/"/""/g; s/.*/"&"/' large.jsonl >large.raw
measured plain sqlite3 plain/jobs.db ".read plain.sql"
read -r _ small_kb <small.time
read -r large_s large_kb <large.time
read -r plain_s _ <plain.time
echo "a batch of $lines lines: $large_s s, $(awk -v n="$lines" -v s="$large_s" 'BEGIN { printf "%.0f", n / s }') lines/s;" \
    "sqlite3's .import and INSERT of the same: $plain_s s: $(ratio "$large_s" "$plain_s")x"
echo "peak memory: 1,000 lines $small_kb kB, $lines lines $large_kb kB: $(ratio "$large_kb" "$small_kb")x"

for words in "list --limit 50" "list --state failed --limit 50" "list --state completed --limit 50" \
    "list --label none --limit 50" "list --model other/* --limit 50" "list --since 2099-01-01 --limit 50" \
    "show $((lines / 2))" "list"; do
    rm -f list.us
    # shellcheck disable=SC2086
    for _ in 1 2 3; do timed list.us "$jobctl" $words --state-dir large; done
    echo "$words, with $lines jobs: $(($(median <list.us) / 1000)) ms"
done
