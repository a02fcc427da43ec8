#!/usr/bin/env bash
# From a document to its findings.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F 'metadata={"client_name": "Muster"}' -F case_id=case-1
job=$(field '["job_id"]')
same "$(header retry-after)" 1 Retry-After
same "$(field '["metadata"]["client_name"]')" Muster metadata
same "$(header location)" "$(field '["status_url"]')" Location
call 202 POST /cases/case-1/documents/upload -F "file=@$DOCUMENT"

same "$(finished "$job")" completed "the job's end"
call 200 GET "/jobs/$job"
etag=$(header etag)
same "$(field '["percent_complete"]')" 100 percent
echo "counts: $(field '["result"]')" >&2
call 304 GET "/jobs/$job" -H "If-None-Match: $etag"
call 200 GET "/jobs/$job/events"
grep -q '^id: 1' "$BODY"
call 200 GET "/jobs/$job/result"
field '["segments"]' >/dev/null
call 200 GET "/jobs/$job/artifacts"
call 307 GET "/jobs/$job/artifacts/result.json"
link=$(header location)
AS="" call 200 GET "$link"
call 307 GET "/jobs/$job/download"
call 404 GET "/jobs/$job/artifacts/no-such-file"
problem artifact-not-found
call 200 GET "/jobs?case_id=case-1&status=completed&limit=1"
same "$(field '["jobs"][0]["case_id"]')" case-1 "the list's case"
call 200 GET "/api/v1/jobs?limit=1"
cursor=$(field '["next_cursor"]')
call 200 GET "/jobs?limit=1&cursor=$cursor"
echo "analysis: all as expected"
