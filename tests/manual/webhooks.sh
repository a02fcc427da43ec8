#!/usr/bin/env bash
# Being told: webhooks of an owner and of a job, their signatures, logs and redelivery, and what is refused.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${OTHER_TOKEN:?token of another user}" "${ADMIN_TOKEN:?token of an administrator}"

# A receiver on this machine, which writes down what it gets and answers as $WORK/answer says.
echo 200 >"$WORK/answer"
python3 - "$WORK" <<'PYTHON' &
import http.server, json, pathlib, sys
work = pathlib.Path(sys.argv[1])
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with (work / "got").open("a") as file:
            file.write(json.dumps({"path": self.path, "headers": dict(self.headers), "body": body}) + "\n")
        self.send_response(int((work / "answer").read_text()))
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
(work / "port").write_text(str(server.server_port))
server.serve_forever()
PYTHON
receiver=$!
trap 'kill "$receiver"; rm -rf "$WORK"' EXIT
until [[ -s $WORK/port ]]; do sleep 0.1; done
hook=http://127.0.0.1:$(<"$WORK/port")

# told NUMBER: wait until the receiver has got so many messages.
told() {
  for _ in $(seq 300); do
    [[ $(cat "$WORK/got" 2>/dev/null | wc -l) -ge $1 ]] && return
    sleep 0.2
  done
  echo "FAIL message $1 did not come" >&2
  exit 1
}

# verified NUMBER SECRET TYPE: check signature and type of a message.
verified() {
  python3 - "$WORK/got" "$@" <<'PYTHON'
import base64, hashlib, hmac, json, sys
got = json.loads(open(sys.argv[1]).read().splitlines()[int(sys.argv[2]) - 1])
headers = {name.lower(): value for name, value in got["headers"].items()}
signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{got['body']}".encode()
key = base64.b64decode(sys.argv[3].removeprefix("whsec_"))
expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
assert expected in headers["webhook-signature"].split(" "), "the signature does not hold"
assert json.loads(got["body"])["type"] == sys.argv[4], got["body"]
PYTHON
}

# until_state PATH STATE: wait until notifications have come to a state.
until_state() {
  for _ in $(seq 300); do
    call 200 GET "$1" 2>/dev/null
    [[ $(field '["state"]') == "$2" ]] && return
    sleep 0.2
  done
  echo "FAIL $1 is $(field '["state"]'), expected $2" >&2
  exit 1
}

AS=
post_json 401 /webhooks "{\"url\": \"$hook/all\"}"
AS=$TOKEN
for url in ftp://hooks.example.com http://10.0.0.1/ http://169.254.169.254/latest/meta-data/ \
  http://2130706433/ http://0x7f.1/ 'http://[::ffff:169.254.169.254]/' http://user:word@127.0.0.1/ http://intranet/; do
  post_json 422 /webhooks "{\"url\": \"$url\"}"
  problem webhook-url-refused
done
post_json 422 /webhooks '{"url": "https://hooks.example.com", "events": []}'
problem invalid-request

# An owner's webhook: created, tried, rotated
post_json 201 /webhooks "{\"url\": \"$hook/all\", \"events\": [\"job.completed\"]}"
webhook=$(field '["webhook_id"]')
secret=$(field '["secret"]')
call 200 GET "/webhooks/$webhook"
same "$(field '.get("secret")')" None "the secret in a later answer"
call 200 GET /webhooks
call 202 POST "/webhooks/$webhook/test"
told 1
verified 1 "$secret" webhook.test
until_state "/webhooks/$webhook/notifications" delivered
call 200 POST "/webhooks/$webhook/rotate"
new=$(field '["secret"]')

# A job: told to the owner's webhook with both secrets, and to its own one
receivers=2 mail=()
[[ ${NO_MAIL:-} ]] || receivers=3 mail=(-F notify_email=somebody@example.com)
call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false -F "webhook_url=$hook/one" ${mail[@]+"${mail[@]}"}
job=$(field '["job_id"]')
own=$(field '["webhook_secret"]')
same "$(finished "$job")" completed "the job's end"
told 3
for number in 2 3; do
  if python3 -c 'import json, sys; sys.exit("one" not in json.loads(open(sys.argv[1]).read().splitlines()[int(sys.argv[2]) - 1])["path"])' "$WORK/got" "$number"; then
    verified "$number" "$own" job.completed
  else
    verified "$number" "$secret" job.completed
    verified "$number" "$new" job.completed
  fi
done
call 200 GET "/jobs/$job/notifications"
same "$(field '["notifications"].__len__()')" "$receivers" "the receivers"
AS=$OTHER_TOKEN
call 404 GET "/webhooks/$webhook"
problem webhook-not-found
call 404 GET "/jobs/$job/notifications"
AS=$TOKEN

# Told again: by the owner, by an operator
until_state "/jobs/$job/notifications" delivered
notification=$(python3 -c 'import json, sys
for one in json.load(open(sys.argv[1]))["notifications"]:
    if one["webhook_id"] == sys.argv[2]:
        print(one["notification_id"])' "$BODY" "$webhook")
call 202 POST "/jobs/$job/notifications/$notification/redeliver"
told 4
call 404 POST "/jobs/$job/notifications/msg_0/redeliver"
problem notification-not-found

# A receiver that is gone for good
echo 410 >"$WORK/answer"
call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false
gone=$(field '["job_id"]')
same "$(finished "$gone")" completed "the job's end, whatever its receiver says"
until_state "/jobs/$gone/notifications" failed
call 200 GET "/jobs/$gone"
same "$(field '["status"]')" completed "the status beside a failed notification"
same "$(field '["notifications"]')" failed notifications
call 200 GET "/webhooks/$webhook"
same "$(field '["disabled_reason"]')" gone "why the webhook is disabled"
call 200 GET "/jobs/$gone/notifications"
notification=$(field '["notifications"][0]["notification_id"]')
AS=$ADMIN_TOKEN
call 200 GET "/admin/notifications?limit=100"
echo 200 >"$WORK/answer"
AS=$TOKEN
call 200 POST "/webhooks/$webhook/enable"
AS=$ADMIN_TOKEN
call 202 POST "/admin/tasks/$gone/notifications/$notification/redeliver"
AS=$TOKEN
until_state "/jobs/$gone/notifications" delivered
call 403 GET /admin/notifications
call 403 POST /jobs/upload -F "file=@$DOCUMENT" -F notify_email=somebody@elsewhere.org
problem forbidden
call 422 POST /jobs/upload -F "file=@$DOCUMENT" -F "webhook_url=$hook/one" -F webhook_secret=short
problem webhook-secret-refused

call 204 DELETE "/webhooks/$webhook"
call 404 DELETE "/webhooks/$webhook"
echo "webhooks: all as expected"
