#!/usr/bin/env bash
# Pause, resume, cancel, by job and by document; starting again at a tier.
# A small job may be over before the request comes: then 409 is right.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN

# steer PATH ACTION: change a job, or be told that its state does not allow it.
steer() {
  call '200|409' POST "$1/$2"
  if [[ $(header content-type) == application/problem+json ]]; then problem state-conflict; fi
}

# refused PATH ACTION STATUS: check that the refusal carries the job's state.
refused() {
  call 409 POST "$1/$2"
  problem state-conflict
  same "$(field '["job"]["status"]')" "$3" "the state in the refusal"
}

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false
job=$(field '["job_id"]')
document=$(field '["document_id"]')
for path in "/jobs/$job" "/documents/$document"; do
  for action in pause pause resume resume; do steer "$path" "$action"; done
done
same "$(finished "$job")" completed "the resumed job's end"
for path in "/jobs/$job" "/documents/$document"; do
  for action in pause resume cancel; do refused "$path" "$action" completed; done
done

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false -F max_attempts=2
other=$(field '["job_id"]')
call 200 GET "/jobs/$other"
same "$(field '["max_attempts"]')" 2 "attempts"
steer "/jobs/$other" cancel
steer "/jobs/$other" cancel
end=$(finished "$other")
[[ $end == cancelled || $end == completed ]]
if [[ $end == cancelled ]]; then
  call 200 POST "/jobs/$other/cancel"
  refused "/jobs/$other" resume cancelled
fi

call 404 POST /documents/0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47/pause
problem document-not-found
post_json 201 /uploads '{"file_name": "later.pdf"}'
call 409 POST "/documents/$(field '["document_id"]')/cancel"
problem document-without-job

again="{\"document_id\": \"$document\", \"debug_from\": \"details\", \"source_job_id\": \"$job\""
post_json 202 /jobs/analysis "$again}"
debugged=$(field '["job_id"]')
same "$(finished "$debugged")" completed "the end of the job that started again"
post_json 422 /jobs/analysis "$again, \"chunk_size\": 200}"
problem source-mismatch
post_json 404 /jobs/analysis "${again/$job/0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47}}"
problem job-not-found
post_json 422 /jobs/analysis "{\"document_id\": \"$document\", \"max_attempts\": 11}"
problem invalid-request
echo "control: all as expected (the second job is $end)"
