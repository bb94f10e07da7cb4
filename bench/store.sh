#!/bin/sh
# Measures the store against plain C on the same schema, and against itself when it holds a thousand times more.
# Prints ratios; absolute figures do not travel. All runs are interleaved, and each number is a median.
#
# usage: bench/store.sh [ROUNDS]      needs gcc, libsqlite3-dev and some 2 GB of disk under $TMPDIR
#
# Virtual machines: memory that was never touched and files made where many were just deleted both distort the
# figures. So each run works in a new directory, and nothing is deleted before the end.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-7}
swift build -c release --product storebench >&2
ours=$(swift build -c release --show-bin-path)/storebench
work=$(mktemp -d "${TMPDIR:-/tmp}/storebench.XXXXXX")
trap 'rm -rf "$work"' EXIT
gcc -O2 -Wall -o "$work/store" bench/store.c -lsqlite3

fresh() { # prints a new directory with an empty store
    made=$(mktemp -d "$work/run.XXXXXX")
    "$work/store" create "$made/jobs.db" migrations/0001_initial.sql
    echo "$made"
}

note() { # note MEASURE SIDE SECONDS
    echo "$3" >>"$work/$1.$2"
}

median() { sort -g "$1" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

small=$(fresh)
"$work/store" fill "$small/jobs.db" 1000 1000 100
large=$(fresh)
"$work/store" fill "$large/jobs.db" 1000000 1000000 100000
sync

for _ in $(seq "$rounds"); do
    note single reference "$("$work/store" single "$(fresh)/jobs.db" 4000)"
    note single ours "$("$ours" single "$(fresh)" 4000)"
    note bulk reference "$("$work/store" bulk "$(fresh)/jobs.db" 100000)"
    note bulk ours "$("$ours" bulk "$(fresh)" 100000)"
    note send reference "$("$ours" send-uncounted "$(fresh)" 2000)"
    note send ours "$("$ours" send "$(fresh)" 2000)"
    for measure in claim list show; do
        note "$measure" reference "$("$ours" "$measure" "$small" 1000)"
        note "$measure" ours "$("$ours" "$measure" "$large" 1000)"
    done
done

row() { # row MEASURE TEXT UNIT-FACTOR UNIT GOAL inverse|growth
    awk -v a="$(median "$work/$1.ours")" -v b="$(median "$work/$1.reference")" -v text="$2" -v factor="$3" \
        -v unit="$4" -v goal="$5" -v way="$6" 'BEGIN {
        ratio = way == "speed" ? b / a : a / b
        printf "%-44s %9.1f %-5s %9.1f %-5s %6.2f   %s\n", text, a * factor, unit, b * factor, unit, ratio, goal }'
}

printf '%-44s %15s %15s %6s   %s\n' measure ours reference ratio goal
row single "durable enqueues, one by one (against C)" 250 us ">= 0.85" speed
row bulk "100,000 in one transaction (against C)" 10 us ">= 0.75" speed
row claim "claim, 1,000,000 queued (against 1,000)" 1000000 us "<= 1.3" growth
row send "one job sent, counted (against uncounted)" 1000000 us "<= 1.05" growth
row list "newest 50 of 2,100,000 (against 2,100)" 1000000 us "<= 1.3" growth
row show "one job of 2,100,000 (against 2,100)" 1000000 us "<= 1.3" growth
