#!/usr/bin/env bash
# What the jobs of a document have stored is removed, then the document itself.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${ADMIN_TOKEN:?token with admin_access}"

AS=$TOKEN
call 202 POST /jobs/upload -F "file=@$DOCUMENT"
job=$(field '["job_id"]')
document=$(field '["document_id"]')
same "$(finished "$job")" completed "the analysis' end"
post_json 403 /jobs/cleanup "{\"document_id\": \"$document\"}"
problem forbidden

AS=$ADMIN_TOKEN
post_json 422 /jobs/cleanup '{}'
post_json 422 /jobs/cleanup '{"product_id": "1", "colour": "red"}'
post_json 202 /jobs/cleanup "{\"document_id\": \"$document\", \"dry_run\": true}"
same "$(finished "$(field '["job_id"]')")" completed "the rehearsal's end"
AS=$TOKEN call 200 GET "/jobs/$job/result"
post_json 202 /jobs/cleanup "{\"document_id\": \"$document\"}"
same "$(finished "$(field '["job_id"]')")" completed "the cleanup's end"
same "$(field '["result"]["success"]')" True success
AS=$TOKEN call 404 GET "/jobs/$job/result"
post_json 202 /jobs/cleanup "{\"document_id\": \"$document\", \"delete_product\": true}"
same "$(finished "$(field '["job_id"]')")" completed "the removal's end"
AS=$TOKEN post_json 404 /jobs/analysis "{\"document_id\": \"$document\"}"
echo "cleanup: all as expected"
