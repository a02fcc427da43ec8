#!/usr/bin/env bash
# Finding passages of analysed documents, and the outline of one; nobody finds another owner's.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${OTHER_TOKEN:?token of another user}"
AS=$TOKEN

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F "case_id=search-$$"
job=$(field '["job_id"]')
document=$(field '["document_id"]')
same "$(finished "$job")" completed "the analysis' end"
# Its index follows by itself.
for _ in $(seq 150); do
  post_json 200 /search "{\"query\": \"luggage\", \"document_id\": \"$document\"}" 2>/dev/null
  [[ $(field '["documents"]') == 0 ]] || break
  sleep 0.5
done

post_json 200 /search "{\"query\": \"What is paid for stolen luggage?\", \"document_id\": \"$document\", \"limit\": 3}"
same "$(field '["documents"]')" 1 "documents searched"
same "$(field '["hits"][0]["document_id"]')" "$document" "the hit's document"
same "$(field '["hits"][0]["page"]')" 1 "the hit's page"
echo "best passage: $(field '["hits"][0]["headings"]') $(field '["hits"][0]["text"][:80]')" >&2
post_json 200 /search "{\"query\": \"luggage\", \"case_id\": \"search-$$\", \"limit\": 1}"
same "$(field '["hits"][0]["case_id"]')" "search-$$" "the hit's case"
post_json 200 /search '{"query": "luggage", "case_id": "no-such-case"}'
same "$(field '["hits"]')" '[]' "hits of a case without documents"
call 200 GET "/documents/$document/tree"
same "$(field '["kind"]')" document "the tree's root"
field '["children"][0]["title"]' >/dev/null

post_json 422 /search '{"query": ""}'
problem invalid-request
post_json 422 /search '{"query": "luggage", "owner": {"issuer": "directus", "subject": "somebody"}}'
problem invalid-request

AS=$OTHER_TOKEN
post_json 404 /search "{\"query\": \"luggage\", \"document_id\": \"$document\"}"
problem document-not-found
post_json 200 /search "{\"query\": \"luggage\", \"case_id\": \"search-$$\"}"
same "$(field '["hits"]')" '[]' "hits in another owner's case"
call 404 GET "/documents/$document/tree"
AS="" post_json 401 /search '{"query": "luggage"}'
problem token-missing
echo "search: all as expected"
