#!/usr/bin/env bash
# What an administrator does with jobd, on a bare Debian under systemd. Called by test.sh; it spoils the system it runs on.
set -uo pipefail
state=/var/lib/jobd
model=bytedance/seedream-4-0/sequential

step() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*"
    systemctl --no-pager status jobd | head -20
    journalctl --no-pager --lines=30 --unit=jobd
    exit 1
}
check() { # what, then the command that must succeed
    local what=$1; shift
    if "$@"; then printf 'ok  %s\n' "$what"; else fail "$what"; fi
}
wait_for() { # what, then the command that must succeed within a minute
    local what=$1; shift
    for _ in $(seq 300); do
        if "$@"; then printf 'ok  %s\n' "$what"; return; fi
        sleep 0.2
    done
    fail "$what"
}
is() { [ "$1" = "$2" ] || { printf '    found "%s", not "%s"\n' "$1" "$2"; return 1; }; }
property() { systemctl show --property="$1" --value jobd; }
property_is() { [ "$(property "$1")" = "$2" ]; }
status_has() { property StatusText | grep -qF "$1"; }
# Without --login: nothing but the user and their groups.
as() { local user=$1; shift; runuser -u "$user" -- env -i PATH="$PATH" HOME="/home/$user" LC_ALL=C.UTF-8 "$@"; }
alice() { as alice "$@"; }
enqueue() { alice jobctl enqueue "$model" "text=$1" sequential_image_generation_options=1 -q "${@:2}" 2>/dev/null; }
count() { sqlite3 "file:$state/jobs.db?mode=ro" "SELECT count(*) FROM jobs WHERE $1"; }
count_is() { [ "$(count "$1")" = "$2" ]; }
all_completed() { count_is "state <> 'completed'" 0; }
ask() { # a GET to the simulator: bash speaks for curl, which a bare system does not have
    exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3 && sed '1,/^\r$/d' <&3; exec 3>&-
}
order() { # faults for the simulator
    local body="{\"faults\":[$1]}"
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'POST /_sim/faults HTTP/1.0\r\nContent-Length: %s\r\n\r\n%s' ${#body} "$body" >&3; cat <&3 >/dev/null; exec 3>&-
}
bought() { ask /_sim/ledger | sed -n '1s/.*"accepted":\([0-9]*\).*/\1/p'; }
no_group_or_others() { [ "$(stat -c %a "$1")" = 600 ]; }
install_deb() { DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet "$@" >/tmp/apt.log 2>&1; }
configure() { printf '{ "api_url": "http://127.0.0.1:%s", "min_free": 0, %s }\n' "$port" "$1" >/etc/jobd/config.json; }

# shellcheck source=/dev/null
step "the system: $(. /etc/os-release; echo "$PRETTY_NAME"), $(systemctl --version | head -1)"
apt-get update --quiet >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
check 'it is bare: no jobd, no libcurl' bash -c '! getent passwd jobd && ! dpkg -s libcurl4 >/dev/null 2>&1'

step 'install without a token'
install_deb /test/jobd.deb || { cat /tmp/apt.log; exit 1; }
sed -n '/^jobd was not started/,/usermod/p' /tmp/apt.log
check 'user and group are there' bash -c 'getent passwd jobd && getent group jobd'
check 'the state directory is its, for the group' is "$(stat -c '%U:%G %a' $state)" 'jobd:jobd 2770'
check 'nothing runs' is "$(systemctl is-active jobd)" inactive
check 'nothing is enabled' is "$(systemctl is-enabled jobd)" disabled
man=no
if [ -e /usr/share/man/man8/jobd.8.gz ]; then man=yes && install_deb man-db; fi
check 'systemd-analyze verify says nothing' is "$(systemd-analyze verify --man=$man jobd.service 2>&1)" ''
check 'nor of the unit for users' is \
    "$(XDG_RUNTIME_DIR=/run systemd-analyze verify --man=$man --user /usr/lib/systemd/user/jobd.service 2>&1)" ''
systemd-analyze security --no-pager jobd.service | tail -1
check 'systemd-analyze security: at most 1.5' systemd-analyze security --no-pager --threshold=15 jobd.service >/dev/null

step 'without a token it runs, paused'
adduser --quiet --disabled-password --gecos '' alice 2>/dev/null || useradd --create-home alice
useradd --create-home bob
usermod --append --groups jobd alice
check 'a group member enqueues, before jobd has ever run' is "$(enqueue 'a fox')" 1
check 'it starts' systemctl start jobd
wait_for 'its status says what it lacks' status_has 'submissions are paused (token)'
check 'somebody else may not' is "$(as bob jobctl list >/dev/null 2>&1; echo $?)" 77
as bob jobctl list
wait_for 'the job waits' status_has '1 queued'
check 'it stops' systemctl stop jobd
check 'in peace' property_is Result success

step 'with a token and the simulator'
systemd-run --quiet --unit=jobsim --property=StandardOutput=file:/run/jobsim.out --property=DynamicUser=yes \
    --property=StateDirectory=jobsim jobsim --port 0 --token the-token --state /var/lib/jobsim --queue 200ms --run 300ms
wait_for 'jobsim listens' grep -q 'listening on' /run/jobsim.out
port=$(sed -n 's/.*://p' /run/jobsim.out)
cat >/usr/local/bin/hook <<'END'
#!/bin/bash
# What a hook can do in there: see its message, write to the state directory, resolve names; and what it cannot.
id -un >"$HOME/hook.log"
cat >>"$HOME/hook.log"
getent hosts deb.debian.org >/dev/null && echo resolves >>"$HOME/hook.log"
(: >/etc/jobd/written) 2>/dev/null || echo confined >>"$HOME/hook.log"
[ -z "${RUNCOMFY_TOKEN-}${CREDENTIALS_DIRECTORY-}" ] && echo tokenless >>"$HOME/hook.log"
echo 'the hook was here'
END
chmod +x /usr/local/bin/hook
configure '"on_finish": ["/usr/local/bin/hook"]'
printf 'the-token\n' | install -m 600 /dev/stdin /etc/jobd/token
check 'it starts, and will after a boot' systemctl enable --quiet --now jobd
wait_for 'the job is completed' all_completed
check 'the member reads the file' alice bash -c "cat $state/outputs/*/000001-1.png | head -c 4 | grep -q PNG"
check 'and only the group' is "$(stat -c '%U:%G %a' $state/outputs/*/000001-1.png)" 'jobd:jobd 640'
check 'and its directory' is "$(stat -c '%U:%G %a' $state/outputs/*/)" 'jobd:jobd 2750'
check 'the database is for the group' is "$(stat -c '%G %a' $state/jobs.db)" 'jobd 660'
check 'sqlite3 INSERT is an enqueue, for a member' alice sqlite3 $state/jobs.db \
    "INSERT INTO jobs (model, input) VALUES ('$model', '{\"text\":\"by hand\"}')"
wait_for 'it is completed, too' all_completed
wait_for 'the hook ran, confined' grep -q tokenless $state/hook.log
grep -v '^{' $state/hook.log | paste -sd' '
check 'it resolved a name and could not write elsewhere' bash -c \
    "grep -q resolves $state/hook.log && grep -q confined $state/hook.log && head -1 $state/hook.log | grep -qx jobd"
check 'the journal has what it printed' bash -c 'journalctl --unit=jobd | grep -q "the hook was here"'
check 'the journal knows priorities, and shows no marks of them' bash -c \
    'journalctl --unit=jobd --priority=warning | grep -q "there is no token" && ! journalctl --unit=jobd --output=cat | grep -q "^<"'
check 'the token is in no argument and no variable' bash -c \
    "! grep -q the-token /proc/$(property MainPID)/cmdline /proc/$(property MainPID)/environ"
wait_for 'its status is up to date' status_has 'nothing to do'

step 'the example of a webhook'
install_deb curl || { cat /tmp/apt.log; exit 1; }
cat >/usr/local/bin/receiver <<'END'
#!/bin/bash
# One POST: its body goes to a file.
while read -r line && [ "$line" != $'\r' ]; do
    case ${line,,} in content-length:*) length=$(tr -dc 0-9 <<<"$line") ;; esac
done
head -c "$length" >/run/webhook.json
printf 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
END
chmod +x /usr/local/bin/receiver
hook_port=$((20000 + RANDOM % 10000))
systemd-run --quiet --unit=receiver systemd-socket-activate --listen=127.0.0.1:$hook_port --accept --inetd \
    /usr/local/bin/receiver
install -m 755 /test/webhook.sh /usr/local/bin/jobd-webhook
configure "\"on_finish\": [\"/usr/local/bin/jobd-webhook\", \"http://127.0.0.1:$hook_port/hook\"]"
systemctl reload jobd
wait_for 'the configuration is read' bash -c 'journalctl --unit=jobd | grep -q "was read again"'
enqueue 'for the webhook' >/dev/null
wait_for 'the message came' grep -qs '"delivery"' /run/webhook.json
head -c 300 /run/webhook.json; echo
systemctl stop receiver

step 'reload'
before=$(property MainPID)
configure '"models": { "bytedance/*": { "max_in_flight": 0 } }'
check 'a reload is accepted' systemctl reload jobd
wait_for 'it has read the new configuration' bash -c '[ $(journalctl --unit=jobd | grep -c "was read again") = 2 ]'
enqueue 'held back by the new limit' >/dev/null
wait_for 'the new limit holds' status_has '1 queued'
configure '"max_in_flihgt": 1'
systemctl reload jobd
wait_for 'a wrong one is refused, by name' bash -c 'journalctl --unit=jobd --priority=err | grep -q "max_in_flihgt"'
journalctl --no-pager --output=cat --unit=jobd --priority=err --lines=1
check 'and changes nothing' count_is "state = 'queued'" 1
configure '"max_in_flight": 16'
check 'a right one again' systemctl reload jobd
wait_for 'lets the job leave' all_completed
check 'it is the same process' property_is MainPID "$before"

step 'kill -9'
order '"result:delay=1s"'
for number in $(seq 5); do enqueue "fox $number" >/dev/null; done
wait_for 'jobs are there' count_is "state IN ('in_queue','in_progress')" 5
check 'killed' systemctl kill --signal=KILL --kill-whom=main jobd
wait_for 'systemd restarts it' bash -c "[ \$(systemctl show -P NRestarts jobd) = 1 ] && [ \$(systemctl is-active jobd) = active ]"
wait_for 'the jobs are completed' all_completed
check 'nothing was bought twice' is "$(bought)" "$(count 1)"
order ''

step 'a configuration that is wrong is no reason to restart'
configure '"max_in_flight": "many"'
systemctl restart jobd 2>/dev/null
wait_for 'it has failed' property_is ActiveState failed
check 'with 78' property_is ExecMainStatus 78
check 'once' property_is NRestarts 0
configure '"max_in_flight": 16'
check 'mended, it starts' systemctl restart jobd

step 'a hang'
systemctl stop jobd
mkdir -p /etc/systemd/system/jobd.service.d
printf '[Service]\nWatchdogSec=4s\n' >/etc/systemd/system/jobd.service.d/test.conf
systemctl daemon-reload
systemctl start jobd
sleep 9
check 'it pets the watchdog' property_is NRestarts 0
before=$(property MainPID)
kill -STOP "$before"
wait_for 'the watchdog restarts it' bash -c "[ \$(systemctl show -P NRestarts jobd) = 1 ] && [ \$(systemctl is-active jobd) = active ]"
journalctl --no-pager --output=cat --unit=jobd | grep -i watchdog | head -2
check 'it is another process' bash -c "[ $(property MainPID) != $before ]"
rm /etc/systemd/system/jobd.service.d/test.conf
systemctl daemon-reload

step 'a row of crashes'
for number in 2 3; do
    systemctl kill --signal=KILL --kill-whom=main jobd
    wait_for "restart $number comes" bash -c "[ \$(systemctl show -P NRestarts jobd) = $number ] && [ \$(systemctl is-active jobd) = active ]"
done
journalctl --no-pager --output=cat --unit=jobd | grep 'in a short time' | tail -2
check 'each waited longer' is "$(journalctl --output=cat --unit=jobd | sed -n 's/.*waiting \([0-9]*\) s/\1/p' | tail -2 | paste -sd' ')" '10 30'
check 'a stop and a start do not wait' timeout 10 systemctl stop jobd
check 'and it is there' timeout 4 systemctl start jobd
check 'nor does a restart by hand' timeout 4 systemctl restart jobd

step 'a stop under load'
order '"submit:delay=4s", "file:delay=300ms"'
for number in $(seq 40); do enqueue "load $number" >/dev/null; done
wait_for 'requests are on the wire' count_is "state = 'submitting'" 4
start=$(date +%s)
check 'it stops' systemctl stop jobd
echo "    within $(($(date +%s) - start)) s"
check 'in peace' property_is Result success
check 'with no request in doubt' count_is "state IN ('submitting','uncertain')" 0
check 'the log of the database is empty' bash -c "[ ! -s $state/jobs.db-wal ]"
order ''
enqueue 'while it is down' >/dev/null
systemctl start jobd

step 'an upgrade with jobs in flight'
order '"result:delay=2s"'
for number in $(seq 20); do enqueue "upgrade $number" >/dev/null; done
before=$(property MainPID)
check 'jobs are in flight' bash -c "[ $(count "state NOT IN ('completed','failed','cancelled')") -gt 0 ]"
install_deb /test/jobd-next.deb || { cat /tmp/apt.log; exit 1; }
dpkg-query --show jobd
check 'the new one runs' bash -c "[ \$(systemctl is-active jobd) = active ] && [ $(property MainPID) != $before ]"
check 'the configuration is as it was' grep -q '"max_in_flight": 16' /etc/jobd/config.json
order ''
wait_for 'all jobs are completed' all_completed
check 'nothing was bought twice' is "$(bought)" "$(count 1)"
echo "    $(count 1) jobs"

step 'an upgrade while it is stopped'
systemctl stop jobd
install_deb --reinstall /test/jobd-next.deb || { cat /tmp/apt.log; exit 1; }
check 'does not start it' is "$(systemctl is-active jobd)" inactive
systemctl start jobd

step 'the log'
check 'no library complains of the confinement' bash -c '! journalctl --output=cat --unit=jobd | grep -i "failed to set"'
journalctl --no-pager --output=cat --unit=jobd | sed 's/[0-9]\+/N/g; s/N[-0-9a-fN]*/N/g' | sort | uniq -c | sort -rn | head -40

step 'a service of a user'
mkdir -p /home/bob/.config/jobd
printf '{ "api_url": "http://127.0.0.1:%s", "min_free": 0 }\n' "$port" >/home/bob/.config/jobd/config.json
echo RUNCOMFY_TOKEN=the-token >/home/bob/.config/jobd/environment
chown -R bob: /home/bob/.config
chmod 600 /home/bob/.config/jobd/environment
loginctl enable-linger bob
bob() { as bob XDG_RUNTIME_DIR="/run/user/$(id -u bob)" JOBD_STATE_DIR=/home/bob/.local/state/jobd "$@"; }
wait_for 'bob has a manager' bash -c '[ -S /run/user/$(id -u bob)/bus ]'
check 'it starts' bob systemctl --user enable --quiet --now jobd
bob jobctl enqueue "$model" text='a fox' sequential_image_generation_options=1 -q 2>/dev/null
check 'a job is completed' bob timeout 60 jobctl wait 1
bob systemctl --user show --property=ActiveState,StatusText jobd
check 'what it made is private' is "$(stat -c %a /home/bob/.local/state/jobd)" 700
check 'it stops' bob systemctl --user stop jobd

step 'removal'
apt-get remove --yes --quiet jobd >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
check 'nothing runs' bash -c '! grep -qx jobd /proc/[0-9]*/comm 2>/dev/null'
check 'data and token stay' bash -c "[ -s $state/jobs.db ] && [ -s /etc/jobd/token ] && [ -s /etc/jobd/config.json ]"

step 'back again, with the token there'
install_deb /test/jobd.deb || { cat /tmp/apt.log; exit 1; }
wait_for 'it runs' property_is ActiveState active
check 'it is enabled' is "$(systemctl is-enabled jobd)" enabled
check 'it knows its jobs' bash -c "[ $(alice jobctl list -q | wc -l) = $(count 1) ]"

step 'purge'
apt-get purge --yes --quiet jobd >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
check 'nothing is left' bash -c "! ls -d $state /etc/jobd /usr/lib/jobd /etc/systemd/system/*/jobd.service 2>/dev/null"
check 'no user and no group' bash -c '! getent passwd jobd && ! getent group jobd'
check 'the unit is unknown' property_is LoadState not-found
check 'no unit has failed' is "$(systemctl --failed --quiet --no-legend | wc -l)" 0

printf '\nall steps passed\n'
