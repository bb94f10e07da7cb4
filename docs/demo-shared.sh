#!/usr/bin/env bash
# `make demo-shared`: two jobds share one PostgreSQL; one of them is killed while it follows jobs, and the other one takes
# over. What a team sees, in two minutes, on the simulator.
set -euo pipefail
bin=$(cd "${1:?usage: docs/demo-shared.sh DIRECTORY-OF-THE-PROGRAMS}" && pwd)
serve=$(cd "$(dirname "$0")/.." && pwd)/Tests/postgresql/serve
[ -n "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] || { echo 'this needs apt-get install postgresql' >&2; exit 1; }
work=$(mktemp -d /tmp/jobd-demo-XXXXXX)
chmod 755 "$work" # the server may run as another user
export JOBD_STORE="postgresql:///jobs?host=$work/pg&user=postgres" JOBD_STATE_DIR=$work/me RUNCOMFY_TOKEN=demo-token
unset JOBD_CONFIG JOBD_API_URL JOBD_HOST
started=()

cleanup() {
    for pid in "${started[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '$ jobctl %s\n' "$*"; "$bin/jobctl" "$@"; }
query() { psql -X -q -At -h "$work/pg" -U postgres "$@"; }
sql() { printf '$ psql jobs -c "%s"\n' "$1"; psql -X -q -P footer=off -h "$work/pg" -U postgres jobs -c "$1"; }
jobd() { # jobd NAME: starts one, with a state directory of its own
    "$bin/jobd" --state-dir "$work/$1" --api-url "$api" --set max_submitting=2 --set poll.max=2s 2>"$work/$1.log" &
    pid=$!
    started+=("$pid")
}

say "A PostgreSQL in a temporary directory, with an empty database. A team would have it on a server."
mkdir -m 755 "$work/pg"
bash "$serve" "$work/pg" >"$work/pg.log" 2>&1 &
started+=("$!")
until query -c 'SELECT 1' postgres >/dev/null 2>&1; do
    kill -0 "${started[0]}" 2>/dev/null || { cat "$work/pg.log" >&2; exit 1; }
    sleep 0.1
done
query -c 'CREATE DATABASE jobs' postgres
run migrate

say "The simulator takes the place of RunComfy: no token, no money. Each job runs for 15 s there."
"$bin/jobsim" --port 0 --queue 1s --run 15s >"$work/jobsim.log" &
started+=("$!")
until grep -q listening "$work/jobsim.log"; do sleep 0.1; done
api=$(sed -n 's/^jobsim listening on //p' "$work/jobsim.log")

say "Two jobds, as on two machines. Each has its own state directory, and both have the same store."
jobd alpha
alpha=$pid
jobd beta
beta=$pid
until [ "$(query -c 'SELECT count(*) FROM daemons WHERE ended_at IS NULL' jobs)" = 2 ]; do sleep 0.1; done
sql "SELECT id, regexp_replace(state_dir, '.*/', '') AS jobd, since, lease_until > now() AS alive FROM daemons ORDER BY id"

say "Somebody enqueues twelve jobs, from any machine."
for number in $(seq 12); do
    printf '{"model":"bytedance/seedream-4-0/edit","label":"demo","input":{"prompt":"autumn %s","images":["https://example.com/park.png"]}}\n' "$number"
done >"$work/batch"
run enqueue --batch "$work/batch" -q | tr '\n' ' '
echo

say "Both send them, and each follows those that it has sent."
followed="SELECT regexp_replace(state_dir, '.*/', '') AS jobd, state, count(*) AS jobs FROM jobs JOIN daemons
    ON daemons.id = owner GROUP BY 1, 2 ORDER BY 1, 2"
until [ "$(query -c "SELECT count(*) FROM jobs WHERE state IN ('in_queue', 'in_progress')" jobs)" = 12 ]; do sleep 0.2; done
sql "$followed"

# The one that follows more, so that there is something to see.
victim=$(query -c "SELECT regexp_replace(state_dir, '.*/', '') FROM jobs JOIN daemons ON daemons.id = owner
    GROUP BY 1 ORDER BY count(*) DESC LIMIT 1" jobs)
say "Now $victim dies: kill -9, as when its machine loses power. Nobody else is told."
if [ "$victim" = alpha ]; then survivor=beta pid=$alpha; else survivor=alpha pid=$beta; fi
{ kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
SECONDS=0

say "Its lease lasts 30 s more. Then $survivor takes over its jobs: it asks RunComfy about them, and sends nothing again."
run wait 1-12 -q >/dev/null
echo "all twelve have completed, $SECONDS s after the kill"
sql "SELECT id, regexp_replace(state_dir, '.*/', '') AS jobd, lease_until > now() AS alive, ended_at FROM daemons ORDER BY id"

say "Each job was bought once."
sql "SELECT state, count(*) AS jobs, sum(submissions) AS posts FROM jobs GROUP BY state"
sql "SELECT day, model, jobs, reported_usd FROM spending"
grep -c accepted "$work/alpha.log" "$work/beta.log" | sed "s,$work/,requests sent by ,; s,\.log:, : ,"
