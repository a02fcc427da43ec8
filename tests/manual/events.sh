#!/usr/bin/env bash
# Follows a job to its end: events from place to place, a document's progress, long polls.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN
PLACE=$WORK/place

# told PATH: follow an address until 204 as browsers do, each request from the last id on; print every id once.
told() {
  : >"$PLACE"
  for _ in $(seq 300); do
    local last=()
    [[ ! -s $PLACE ]] || last=(-H "Last-Event-ID: $(tail -n 1 "$PLACE")")
    # 429: more wait at once than may; whoever is told so comes back.
    call '200|204|429' GET "$1" ${last[@]+"${last[@]}"} 2>/dev/null
    sed -n 's/^id: //p' "$BODY" >>"$PLACE"
    [[ -s $BODY ]] || break
    sleep 0.25
  done
  cat "$PLACE"
}

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false
job=$(field '["job_id"]')
document=$(field '["document_id"]')

# Whoever goes to where the waiting is done gets the next state there; the others have polled.
call 200 GET "/jobs/$job/status?wait=5" -L
call '200|307' GET "/jobs/$job/status?wait=5"
etag=$(header etag)
call '200|304' GET "/jobs/$job/wait?seconds=1" -H "If-None-Match: $etag"

events=$(told "/jobs/$job/events")
same "$events" "$(seq "$(wc -l <<<"$events")")" "the numbers of the events"
progress=$(told "/documents/$document/progress")
same "$progress" "$(sed "s/^/$job:/" <<<"$events")" "the document's progress"
call 204 GET "/jobs/$job/events" -H "Last-Event-ID: $(tail -n 1 <<<"$events")"

call 200 GET "/jobs/$job"
same "$(field '["status"]')" completed "the job's end"
call 304 GET "/jobs/$job/wait?seconds=5" -H "If-None-Match: $(header etag)"
call 422 GET "/jobs/$job/wait?seconds=0"
problem invalid-request
call 422 GET "/documents/$document/progress" -H 'Last-Event-ID: 1'
problem invalid-request
echo "events: all as expected ($(wc -l <<<"$events") events)"
