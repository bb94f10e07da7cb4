#!/usr/bin/env bash
# What a long history costs: each operation beside 1,000 jobs that ended long ago and beside a million, in turn, each with
# outputs, events and charges. Prints ratios of medians of CPU time: of processes that others disturb the least.
#
# usage: bench/growth.sh [RUNS] [JOBS]      (needs `make release`, sqlite3, and 4 GB under $TMPDIR)
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-15} jobs=${2:-1000000}
here=$PWD/bench bin=$PWD/.build/release
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-growth-XXXXXX")
simulator=
trap '[ -z "$simulator" ] || kill "$simulator"; rm -rf "$work"' EXIT
cd "$work"
export RUNCOMFY_TOKEN=x
TIMEFORMAT='%U %S'

# The median of a file's lines, each of user and system time.
median() { awk '{ print $1 + $2 }' "$1" | sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
# row TEXT LARGE SMALL UNIT-FACTOR UNIT MUST
row() {
    awk -v text="$1" -v a="$2" -v b="$3" -v f="$4" -v unit="$5" -v must="$6" 'BEGIN {
        ratio = b > 0 ? a / b : 0
        printf "%-62s %9.1f %-3s %9.1f %-3s %6.2f   %s%s\n", text, a * f, unit, b * f, unit, ratio, must,
            (ratio > substr(must, 4) + 0 ? " MISSED" : "") }'
}

fill() { # fill NAME JOBS
    "$bin/jobctl" --state-dir "$1" enqueue vendor/model-0 prompt=first --label acme --hold -q >/dev/null 2>&1
    sqlite3 "$1/jobs.db" "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger'" >triggers.sql
    {
        sqlite3 "$1/jobs.db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger'"
        sed "s/@jobs@/$2/g" "$here/growth.sql"
        cat triggers.sql
        echo 'PRAGMA wal_checkpoint(TRUNCATE);'
    } | sqlite3 "$1/jobs.db" >/dev/null
}
fill small 1000
fill large "$jobs"
ls -l small/jobs.db large/jobs.db >&2

port=$((20000 + RANDOM % 20000))
"$bin/jobsim" --port "$port" --queue 0 --run 0 >simulator.log 2>&1 &
simulator=$!
api=http://127.0.0.1:$port

printf '%-62s %13s %13s %6s   %s\n' measure "$jobs old" "1,000 old" ratio must
# compare TEXT MUST WORDS...: jobctl with these words, five times in each store.
compare() {
    local text=$1 must=$2 side
    shift 2
    rm -f ./*.cpu
    for _ in $(seq "$runs"); do
        for side in small large; do
            { time for _ in 1 2 3 4 5; do
                "$bin/jobctl" --state-dir "$side" "$@" >/dev/null 2>errors || [ $? = 1 ] || { cat errors >&2; exit 1; }
            done; } 2>>"$side.cpu"
        done
    done
    row "$text" "$(median large.cpu)" "$(median small.cpu)" 200 ms "$must"
}
first=$(sqlite3 small/jobs.db 'SELECT min(id) FROM jobs')
budgets=(--set budget.day_usd=1000000 --set budget.month_usd=1000000 --set budget.total_usd=1000000000
    --set 'budget.labels={"acme":{"day_usd":1000000,"total_usd":1000000},"batch-*":{"month_usd":1000000,"total_usd":1e9}}'
    --set 'models={"*":{"price_usd":0.01}}')
compare "jobctl" "<= 1.2"
compare "jobctl list, the newest 50" "<= 1.2" list --limit 50
compare "jobctl list --since 1h" "<= 1.2" list --since 1h
compare "jobctl list --since 1h --count" "<= 1.2" list --since 1h --count
compare "jobctl list --state queued" "<= 1.2" list --state queued
compare "jobctl list --state failed --since 24h" "<= 1.2" list --state failed --since 24h
compare "jobctl list --label acme" "<= 1.2" list --label acme
compare "jobctl list --model, of a rare model" "<= 1.2" list --model vendor/rare
compare "jobctl list --model, of a usual model" "<= 1.2" list --model vendor/model-1 --limit 50
compare "jobctl export --since 1h" "<= 1.2" export --since 1h
compare "jobctl events --since 1h" "<= 1.2" events --since 1h
compare "jobctl show" "<= 1.2" show "$first"
compare "jobctl explain" "<= 1.2" explain "$first" "${budgets[@]}"
compare "jobctl stats (the last 30 days)" "<= 1.2" stats
compare "jobctl enqueue" "<= 1.2" enqueue vendor/model-0 prompt=more --hold -q
compare "jobctl set" "<= 1.2" set "$first" --priority 1

# jobd from its start to its end, with jobs to do: adds its CPU time to FILE.
drain() { # drain SIDE FILE JOBS OPTIONS...
    local side=$1 file=$2 count=$3
    shift 3
    if [ "$count" -gt 0 ]; then
        "$bin/jobctl" --state-dir "$side" enqueue vendor/model-0 prompt=more --repeat "$count" --label acme -q >/dev/null 2>&1
    fi
    { time "$bin/jobd" --state-dir "$side" --api-url "$api" --drain --set log_level=error --set poll.min=50ms "$@" \
        >/dev/null 2>errors || { cat errors >&2; exit 1; }; } 2>>"$file"
}
drains=$(((runs + 2) / 3))
beside() { # beside TEXT MUST JOBS OPTIONS...: with these options, in both stores
    local text=$1 must=$2 count=$3 side
    shift 3
    rm -f ./*.cpu
    for _ in $(seq "$drains"); do
        for side in small large; do drain "$side" "$side.cpu" "$count" "$@"; done
    done
    row "$text" "$(median large.cpu)" "$(median small.cpu)" 1000 ms "$must"
}
hooks=(--set 'on_finish=["/bin/true"]' --set metrics_file=jobd.prom --set retention.rows=3650d)
beside "jobd, started and ended" "<= 1.2" 0
beside "jobd, 300 jobs" "<= 1.2" 300
beside "jobd, 300 jobs, budget.* set" "<= 1.2" 300 "${budgets[@]}"
beside "jobd, 30 jobs, hooks, metrics and retention" "<= 1.2" 30 "${hooks[@]}"

rm -f ./*.cpu
for _ in $(seq "$drains"); do
    drain large without.cpu 300
    drain large with.cpu 300 "${budgets[@]}"
done
row "jobd, 300 jobs beside $jobs charges: budget.* set, against not" \
    "$(median with.cpu)" "$(median without.cpu)" 1000 ms "<= 1.2"
