#!/bin/sh
# An example for on_finish and on_attention: one notification when all jobs of a label have ended, not one for each job, and
# one for each reason that needs a person. A job without a label is reported by itself.
#
#   install -m 755 notify.sh /usr/local/bin/jobd-notify
#   "on_finish":    ["/usr/local/bin/jobd-notify", "ntfy", "https://ntfy.sh/YOUR-TOPIC"],
#   "on_attention": ["/usr/local/bin/jobd-notify", "ntfy", "https://ntfy.sh/YOUR-TOPIC"],
#
# Instead of "ntfy": "slack" and the address of an incoming webhook, or only "desktop", where jobd runs in your own session.
# It needs the packages jq, and curl or libnotify-bin. Addresses of this kind are secrets: keep the configuration private.
set -eu
way=${1:?usage: notify.sh desktop | ntfy URL | slack URL}
event=$(cat)
get() { printf '%s\n' "$event" | jq -r "$1"; }

# The batch is the newest jobs of the label that have ended, back to a moment at which none of these was unfinished. Two jobs
# that end together are reported once: by the later one. A job that was never sent has cost nothing.
# shellcheck disable=SC2016  # The dollar signs are jq's.
batch='
map(select(.ended_at)) | sort_by(.created_at)
| reduce .[] as $job ({jobs: [], end: ""};
    if $job.created_at > .end then {jobs: [$job], end: $job.ended_at}
    else .jobs += [$job] | .end = ([.end, $job.ended_at] | max) end)
| .jobs
| if max_by([.ended_at, .id]) | .id != $id then empty else
    (group_by(.state) | map("\(length) \(.[0].state)") | join(", "))
    + (map(.cost_usd // (if .submissions > 0 then .price_usd else 0 end) // 0) | add * 100 | round
        | " ($\(. / 100 | floor).\("0\(. % 100)"[-2:]))") end'

label=$(get '.label // ""')
if [ "$(get .event.kind)" != ended ]; then
    title='jobd needs you'
    text=$(get '(if .event.detail.wait then ""
        elif .id then "job \(.id) is \(.state): "
        elif .event.detail.trouble then "trouble (\(.event.detail.trouble)): "
        else "submissions are paused: " end)
        + (.event.detail | .message // .detail // "see jobctl")')
elif [ -z "$label" ]; then
    title='jobd'
    text=$(get '"job \(.id) \(.state)" + (if .error_message then ": " + .error_message else "" end)')
else
    title=$label
    waiting=$(jobctl list --label="$label" --count --json |
        jq '.states | .queued + .submitting + .in_queue + .in_progress + .downloading')
    [ "$waiting" = 0 ] || exit 0
    text=$(jobctl list --label="$label" --json | jq -rs --argjson id "$(get .id)" "$batch")
    [ -n "$text" ] || exit 0
fi

post() {
    curl --silent --show-error --fail --output /dev/null --max-time 10 --retry 3 --retry-max-time 45 "$@"
}
case $way in
desktop) notify-send --app-name=jobd -- "$title" "$text" ;;
ntfy) jq -n --arg text "$title: $text" -r '$text' | post --data-binary @- "${2:?the address of the topic is missing}" ;;
slack)
    jq -nc --arg text "$title: $text" '{text: $text}' |
        post --header 'Content-Type: application/json' --data-binary @- "${2:?the address of the webhook is missing}"
    ;;
*) echo "notify.sh: desktop, ntfy or slack, not \"$way\"" >&2 && exit 64 ;;
esac
