#!/usr/bin/env bash
# `make demo`: one job of each of the four models, from the command line to files on disk, on the simulator.
set -euo pipefail
bin=${1:?usage: docs/demo.sh DIRECTORY-OF-THE-PROGRAMS}
work=$(mktemp -d "${TMPDIR:-/tmp}/jobd-demo-XXXXXX")
export JOBD_STATE_DIR=$work/state RUNCOMFY_TOKEN=demo-token
unset JOBD_CONFIG JOBD_API_URL

cleanup() {
    kill "${jobd:-}" "${jobsim:-}" 2>/dev/null || true
    wait 2>/dev/null || true
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '$ jobctl %s\n' "$*"; "$bin/jobctl" "$@"; }

say "The simulator takes the place of RunComfy: no token, no money."
"$bin/jobsim" --port 0 --queue 1s --run 3s > "$work/jobsim.log" &
jobsim=$!
until grep -q listening "$work/jobsim.log"; do
    kill -0 "$jobsim" 2>/dev/null || { echo "jobsim did not start:" >&2; cat "$work/jobsim.log" >&2; exit 1; }
    sleep 0.1
done
api=$(sed -n 's/^jobsim listening on //p' "$work/jobsim.log")
echo "jobsim listens on $api"

say "Four jobs, one of each model. They are on disk when jobctl answers; jobd does not have to run yet."
run enqueue bytedance/seedream-4-0/sequential \
    text='Generate 2 images of a fox in the snow' sequential_image_generation_options=2 image_size=2048 seed=7 2>/dev/null
run enqueue bytedance/seedream-4-0/edit-sequential \
    text='Generate 3 images of this street, at dawn, at noon, at night' images=https://example.com/street.png 2>/dev/null
run enqueue bytedance/seedream-4-0/edit \
    prompt='Make it autumn' images=https://example.com/park.png resolution=2K 2>/dev/null
run enqueue bytedance/seedance-v1.5-pro/image-to-video \
    prompt='Leaves in the wind' first_frame_image_url=https://example.com/tree.png duration=4 2>/dev/null

say "A mistake costs nothing: it is refused before anything is stored."
run enqueue bytedance/seedream-4-0/edit prompt='Make it winter' image=park.png || echo "(exit code $?)"

say "The daemon picks them up."
"$bin/jobd" --api-url "$api" 2> "$work/jobd.log" &
jobd=$!
until "$bin/jobctl" --json | grep -q '"running":true'; do sleep 0.1; done
run wait 1-4

say "Everything is recorded."
run list
run show 1

say "All files are there. They stay, so have a look:"
find "$work/state/outputs" -type f | sort
echo
echo "The database: sqlite3 $work/state/jobs.db 'SELECT * FROM history'"
echo "To remove everything: rm -r $work"
