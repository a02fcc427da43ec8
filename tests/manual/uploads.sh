#!/usr/bin/env bash
# A file straight to the store, pinned at submission; the same key, the same job.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN

# send STATUS FILE: post it with the fields of the last slot, as a browser would.
send() {
  local fields=()
  while IFS= read -r line; do fields+=(-F "$line"); done < <(python3 -c 'import json, sys
for name, value in json.load(open(sys.argv[1]))["fields"].items():
    print(f"{name}={value}")' "$WORK/slot")
  AS="" call "$1" POST "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$WORK/slot")" \
    "${fields[@]}" -F "file=@$2"
}

post_json 201 /uploads "{\"file_name\": \"../my $(basename "$DOCUMENT")\"}"
cp "$BODY" "$WORK/slot"
document=$(field '["document_id"]')
same "$(field '["file_name"]')" "my $(basename "$DOCUMENT")" "file name without its path"

post_json 409 /jobs/analysis "{\"document_id\": \"$document\"}"
problem upload-missing
send '20.' "$DOCUMENT"
key="key-$RANDOM-$RANDOM"
post_json 202 /jobs/analysis "{\"document_id\": \"$document\"}" -H "Idempotency-Key: $key"
job=$(field '["job_id"]')

echo "# Replaced after the submission" >"$WORK/other.md"
send '20.' "$WORK/other.md"
same "$(finished "$job")" completed "the first job's end"
post_json 202 /jobs/analysis "{\"document_id\": \"$document\"}" -H "Idempotency-Key: $key"
same "$(field '["job_id"]')" "$job" "job of the repeated key"
same "$(header idempotent-replay)" true Idempotent-Replay
post_json 422 /jobs/analysis "{\"document_id\": \"$document\", \"debug\": true}" -H "Idempotency-Key: $key"
problem idempotency-key-reused

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false -H "Idempotency-Key: up-$key"
first=$(cat "$BODY")
call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false -H "Idempotency-Key: up-$key"
same "$(cat "$BODY")" "$first" "answer to the repeated upload"
echo "uploads: all as expected"
