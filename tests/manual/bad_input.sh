#!/usr/bin/env bash
# Requests and files that are refused, each with a clear problem.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN
# LocalStack's gateway loses an empty file out of a form: there it is invalid-request.
EMPTY_FILE=${EMPTY_FILE:-empty-file}

# refused STATUS TYPE BODY: an analysis request that has to fail.
refused() {
  post_json "$1" /jobs/analysis "$3"
  problem "$2"
}

refused 400 invalid-json '{'
refused 422 invalid-request '[]'
refused 422 invalid-request '{}'
refused 422 invalid-request '{"product_id": "1", "document_id": "2"}'
refused 422 invalid-request '{"document_id": "1", "no_such_field": 1}'
refused 422 invalid-request '{"document_id": "1", "segment_chunks": 21}'
refused 422 invalid-request '{"document_id": "1", "chunk_size": 99}'
refused 422 invalid-request '{"document_id": "1", "engine": "magic"}'
refused 403 forbidden '{"document_id": "1", "seed_directus": true}'
refused 404 document-not-found '{"document_id": "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"}'
call 415 POST /jobs/analysis -H 'Content-Type: text/plain' --data-binary '{}'
problem unsupported-media-type
post_json 422 /jobs/analysis '{"document_id": "1"}' -H 'Idempotency-Key: with space'
problem invalid-request

: >"$WORK/empty.pdf"
echo "no PDF" >"$WORK/text.pdf"
echo "MZ" >"$WORK/program.exe"
head -c 4300000 /dev/zero | tr '\0' 'x' >"$WORK/large.txt"
call 422 POST /jobs/upload -F "file=@$WORK/empty.pdf"
problem "$EMPTY_FILE"
call 422 POST /jobs/upload -F "file=@$WORK/text.pdf"
problem file-type-mismatch
call 422 POST /jobs/upload -F "file=@$WORK/program.exe"
problem unsupported-file-type
call 413 POST /jobs/upload -F "file=@$WORK/large.txt"
problem payload-too-large
call 415 POST /jobs/upload -H 'Content-Type: application/json' --data-binary '{}'
problem unsupported-media-type
call 422 POST /jobs/upload -F other=1
problem invalid-request
post_json 413 /uploads '{"file_name": "a.pdf", "size": 999999999999}'
problem payload-too-large
call 404 GET /jobs/no-such-job
problem job-not-found
call 422 GET "/jobs?limit=0"
problem invalid-request
call 422 GET "/jobs?cursor=abc"
problem invalid-cursor

# A file that looks like a PDF and is none: accepted, then failed with its reason.
printf '%%PDF-1.7\nnothing else\n' >"$WORK/broken.pdf"
call 202 POST /jobs/upload -F "file=@$WORK/broken.pdf"
job=$(field '["job_id"]')
same "$(finished "$job")" failed "the broken PDF's job"
echo "error: $(field '["error"]["type"]')" >&2
call 409 GET "/jobs/$job/result"
problem result-not-ready
echo "bad input: all as expected"
