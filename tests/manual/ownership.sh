#!/usr/bin/env bash
# Others see nothing of a job; administrators see all.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${OTHER_TOKEN:?token of another user}" "${ADMIN_TOKEN:?token with admin_access}"

AS=$TOKEN call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false
job=$(field '["job_id"]')
document=$(field '["document_id"]')
for path in "" /status /events /result /artifacts /download; do
  AS=$OTHER_TOKEN call 404 GET "/jobs/$job$path"
  problem job-not-found
done
AS=$OTHER_TOKEN call 404 POST "/jobs/$job/cancel"
AS=$OTHER_TOKEN post_json 404 /jobs/analysis "{\"document_id\": \"$document\"}"
problem document-not-found
AS=$OTHER_TOKEN call 403 GET "/jobs?all=true"
problem forbidden
AS=$ADMIN_TOKEN call 200 GET "/jobs/$job"
AS=$ADMIN_TOKEN call 200 GET "/jobs?all=true"
AS=$ADMIN_TOKEN call 200 GET /health/ready
field '["checks"]' >/dev/null
echo "ownership: all as expected"
