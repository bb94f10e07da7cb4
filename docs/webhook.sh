#!/bin/sh
# An example for on_finish and on_attention: posts jobd's messages to a webhook. It needs the package curl.
#
#   install -m 755 webhook.sh /usr/local/bin/jobd-webhook
#   "on_finish": ["/usr/local/bin/jobd-webhook", "https://example.com/hook"]
#
# After a crash of jobd, a message may be sent again, with the same "delivery": the receiver should ignore it. curl tries
# a few times. jobd ends the command after a minute, logs the failure, and does not run it again.
exec curl --silent --show-error --fail --output /dev/null --max-time 10 --retry 3 --retry-max-time 45 \
    --header 'Content-Type: application/json' --data-binary @- "${1:?usage: webhook.sh URL}"
