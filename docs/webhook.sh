#!/bin/sh
# An example for on_finish and on_attention: posts what jobd says to a webhook. It needs the package curl.
#
#   install -m 755 webhook.sh /usr/local/bin/jobd-webhook
#   "on_finish": ["/usr/local/bin/jobd-webhook", "https://example.com/hook"]
#
# After a crash of jobd a message may come again, with the same "delivery": the receiver drops what it has. curl tries a
# few times; jobd ends the command after a minute, logs that it failed, and does not run it again.
exec curl --silent --show-error --fail --output /dev/null --max-time 10 --retry 3 --retry-max-time 45 \
    --header 'Content-Type: application/json' --data-binary @- "${1:?usage: webhook.sh URL}"
