#!/usr/bin/env bash
# What was understood of a document, page by page; the same file twice; its deletion.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${OTHER_TOKEN:?token of another user}"
AS=$TOKEN

call 202 POST /jobs/upload -F "file=@$DOCUMENT"
job=$(field '["job_id"]')
document=$(field '["document_id"]')
same "$(finished "$job")" completed "the job's end"

call 200 GET "/documents/$document"
pages=$(field '["understood"]["pages"]')
sha256=$(field '["sha256"]')
same "$(field '["jobs"][-1]["job_id"]')" "$job" "the document's job"
call 200 GET "/documents/$document/pages/1"
same "$(field '["pages"]')" "$pages" "pages of the document"
[[ $(field '["text"].strip()') ]] || { echo "FAIL an empty page" >&2; exit 1; }
same "$(field '["headings"][0]["text"] == value["text"][value["headings"][0]["start"]:value["headings"][0]["end"]]')" \
  True "the heading's place in the text"
call 404 GET "/documents/$document/pages/$((pages + 1))"
problem page-not-found
call 422 GET "/documents/$document/pages/0"
problem invalid-request

call 202 POST /jobs/upload -F "file=@$DOCUMENT"
again=$(field '["document_id"]')
same "$(finished "$(field '["job_id"]')")" completed "the second job's end"
call 200 GET "/documents/$again"
same "$(field '["sha256"]')" "$sha256" "SHA-256 of the same file"
[[ $again != "$document" ]] || { echo "FAIL the second upload is the first" >&2; exit 1; }

for path in "" /pages/1 /progress; do
  AS=$OTHER_TOKEN call 404 GET "/documents/$document$path"
  problem document-not-found
done
AS=$OTHER_TOKEN call 404 DELETE "/documents/$document"

call 202 DELETE "/documents/$document"
for path in "" /pages/1 /progress; do
  call 404 GET "/documents/$document$path"
  problem document-not-found
done
call '202|404' DELETE "/documents/$document"
post_json 404 /jobs/analysis "{\"document_id\": \"$document\"}"
problem document-not-found
call 200 GET "/documents/$again/pages/1"
echo "documents: all as expected"
