#!/usr/bin/env bash
# What `jobctl move-store` costs, and what it makes of kills: a store of JOBS old jobs, each with a file, six events and a
# charge, is moved to a PostgreSQL of its own; then again, killed KILLS times on the way, every third time with the server.
# In the end all rows are compared by sqlite3 and psql.
#
# usage: [BUILD=.build/debug] bench/move.sh [JOBS] [KILLS]   (needs the programs, sqlite3, postgresql, /usr/bin/time, and
# 4 GB under $TMPDIR for a million)
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-1000000} kills=${2:-10} here=$PWD jobctl=$PWD/${BUILD:-.build/release}/jobctl
work=$(mktemp -d "${TMPDIR:-/tmp}/bench-move-XXXXXX")
chmod 755 "$work"
server=none
end() {
    kill -INT "$server" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
cd "$work"
mkdir -m 755 pg

sql() { psql -X -q -At -v ON_ERROR_STOP=1 -h "$work/pg" -U postgres "$@"; }
address() { echo "postgresql:///$1?host=$work/pg&user=postgres"; }
serve() {
    until sql -c 'SELECT 1' postgres >/dev/null 2>&1; do
        # While anything of a killed server lives, a new one refuses to start.
        kill -0 "$server" 2>/dev/null || {
            bash "$here/Tests/postgresql/serve" "$work/pg" -c max_wal_size=4GB >>server.log 2>&1 &
            server=$!
        }
        sleep 0.2
    done
}
new() { # new NAME: a database with the schema
    sql -c "CREATE DATABASE $1" postgres
    "$jobctl" migrate -q --store "$(address "$1")"
}

"$jobctl" --state-dir state enqueue vendor/model-0 prompt=first --hold -q >/dev/null 2>&1
sqlite3 state/jobs.db "SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger'" >triggers.sql
{
    sqlite3 state/jobs.db "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_schema WHERE type = 'trigger'"
    sed "s/@jobs@/$jobs/g" "$here/bench/growth.sql"
    cat triggers.sql
    echo 'PRAGMA wal_checkpoint(TRUNCATE);'
} | sqlite3 state/jobs.db >/dev/null
cp -r state killed
echo "a store of $(sqlite3 state/jobs.db 'SELECT count(*) FROM jobs') jobs, $(($(stat -c %s state/jobs.db) >> 20)) MB"

serve
new one
TIMEFORMAT=%R
start=$EPOCHREALTIME
/usr/bin/time -f '%e s, of which %U s in jobctl; at most %M kB of memory' -o time \
    "$jobctl" --state-dir state move-store "$(address one)" >answer
stop=$EPOCHREALTIME
took=$(((${stop/./} - ${start/./}) / 1000))
echo "$(head -n 1 answer | cut -d/ -f1 | sed 's/ to postgresql:$//') in $(cat time); $(sql -c "SELECT pg_size_pretty(pg_database_size('one'))" postgres) there"

[ "$kills" -gt 0 ] || exit 0
new two
for number in $(seq "$kills"); do
    "$jobctl" --state-dir killed move-store "$(address two)" >answer 2>&1 &
    mover=$!
    # Each a little later, and the last ones near its end.
    sleep "$(awk -v t="$took" -v n="$number" -v k="$kills" 'BEGIN { print t / 1000 * n / (k + 0.2) }')"
    if ((number % 3 == 0)); then
        kill -9 "$server" || true
        wait "$server" 2>/dev/null || true
        serve
    else
        kill -9 "$mover" 2>/dev/null || true
    fi
    if wait "$mover" 2>/dev/null; then echo "kill $number came too late"; fi
    old=0 new=0
    "$jobctl" --state-dir killed list --limit 1 >/dev/null 2>&1 && old=1
    [ -n "$("$jobctl" --store "$(address two)" list --limit 1 2>/dev/null)" ] && new=1
    echo "kill $number: old store usable $old, new store usable $new"
    if ((old && new)); then echo "both are usable" >&2; exit 1; fi
done
start=$EPOCHREALTIME
"$jobctl" --state-dir killed move-store "$(address two)" | head -n 1
stop=$EPOCHREALTIME
echo "finished in $(((${stop/./} - ${start/./}) / 1000)) ms after $kills kills"

# Every column but the real ones, which are compared as rounded numbers (sums of money in billionths are large); one
# hash a table.
failed=0
for table in jobs outputs events charges charge_sums models pauses marks links left_files input_files changed_picks; do
    columns=$(sqlite3 killed/jobs.db "SELECT group_concat(CASE WHEN type = 'REAL'
        THEN 'CAST(round(' || name || ' * CASE WHEN abs(' || name || ') < 1e9 THEN 1e6 ELSE 1 END) AS BIGINT)'
        ELSE name END, ', ') FROM pragma_table_info('$table')")
    key=$(sqlite3 killed/jobs.db "SELECT group_concat(name, ', ') FROM pragma_table_info('$table') WHERE pk > 0")
    query="SELECT $columns FROM $table ORDER BY $key"
    left=$(sqlite3 -separator '|' -nullvalue '~' killed/jobs.db "$query" | sha256sum)
    for database in one two; do
        right=$(sql -c "COPY ($query) TO STDOUT (FORMAT csv, DELIMITER '|', QUOTE E'\\x01', NULL '~')" "$database" | sha256sum)
        [ "$left" = "$right" ] || { echo "$table of $database differs" >&2; failed=1; }
    done
done
[ "$failed" = 0 ] && echo "both new stores are equal to the old one, to the row"
exit "$failed"
