#!/usr/bin/env bash
# Pause, resume, cancel. A small job may be over before the request comes: then 409 is right.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN

call 202 POST /jobs/upload -F "file=@$DOCUMENT"
job=$(field '["job_id"]')
call '200|409' POST "/jobs/$job/pause"
call '200|409' POST "/jobs/$job/resume"
same "$(finished "$job")" completed "the resumed job's end"
for action in pause resume cancel; do
  call 409 POST "/jobs/$job/$action"
  problem state-conflict
done

call 202 POST /jobs/upload -F "file=@$DOCUMENT"
job=$(field '["job_id"]')
call '200|409' POST "/jobs/$job/cancel"
end=$(finished "$job")
[[ $end == cancelled || $end == completed ]]
echo "control: all as expected (the second job is $end)"
