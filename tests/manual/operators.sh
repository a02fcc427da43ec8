#!/usr/bin/env bash
# What operators see and do: tasks, history, logs, workers, queues, dead letters.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${ADMIN_TOKEN:?token of an administrator}"

AS=$TOKEN
printf '%%PDF-1.7\nnothing of a PDF' >"$WORK/broken.pdf"
call 202 POST /jobs/upload -F "file=@$WORK/broken.pdf" -F index=false
job=$(field '["job_id"]')
same "$(finished "$job")" failed "the damaged document's end"
for path in tasks "tasks/$job" "tasks/$job/history" "tasks/$job/logs" workers queues dead-letters audit; do
  call 403 GET "/admin/$path"
  problem forbidden
done
call 403 POST "/admin/tasks/$job/retry"
call 403 POST "/admin/tasks/$job/unlock"

AS=$ADMIN_TOKEN
call 200 GET "/admin/tasks?status=failed&kind=analysis&limit=100"
call 200 GET "/admin/tasks/$job"
same "$(field '["status"]')" failed status
call 200 GET "/admin/tasks?owner=$(field '["owner"]' | sed 's/|/%7C/')&limit=1"
same "$(field '["tasks"].__len__()')" 1 "tasks of the owner"
call 200 GET "/admin/tasks?activity=waiting"
call 422 GET "/admin/tasks?owner=nobody"
call 404 GET "/admin/tasks/00000000-0000-7000-8000-000000000000"
call 200 GET "/admin/tasks/$job/history?limit=1"
same "$(field '["entries"][0]["type"]')" submitted "the first event"
call 200 GET "/admin/tasks/$job/history?after=$(field '["next_after"]')"
same "$(field '["entries"][-1]["type"]')" failed "the last event"
call 200 GET "/admin/tasks/$job/logs?limit=5"

call 200 GET /admin/workers
call 200 GET /admin/queues
same "$(field '["queues"][0]["kind"]')" analysis "the first queue"

call 409 POST "/admin/tasks/$job/unlock"
problem state-conflict
call 202 POST "/admin/tasks/$job/retry"
again=$(field '["job_id"]')
call 202 POST "/admin/tasks/$job/retry"
same "$(field '["job_id"]')" "$again" "the repeated retry"
same "$(header idempotent-replay)" true idempotent-replay
same "$(finished "$again")" failed "the second try's end"
call 200 GET "/admin/tasks/$again"
same "$(field '["retry_of"]')" "$job" retry_of
call 200 GET "/admin/tasks/$job/history"
same "$(field '["entries"][-1]["source"]')" operator "the last entry's source"

call 200 GET "/admin/dead-letters?kind=cleanup"
post_json 200 /admin/dead-letters/redrive '{"kind": "cleanup"}'
post_json 200 /admin/dead-letters/redrive '{"kind": "cleanup", "message_ids": ["nowhere"]}'
same "$(field '["missing"][0]')" nowhere "the letter that is not there"
post_json 200 /admin/dead-letters/purge '{"kind": "cleanup", "message_ids": ["nowhere"]}'
post_json 422 /admin/dead-letters/purge '{"kind": "cleanup"}'
problem invalid-request
call 200 GET "/admin/audit?kind=cleanup&limit=500"
echo "operators: all as expected"
