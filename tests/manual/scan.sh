#!/usr/bin/env bash
# A scanned policy, and an image: read page by page, with umlauts and amounts as printed.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN
SCAN=$HERE/../../samples/helvora-de-scan.pdf

call 202 POST /jobs/upload -F "file=@$SCAN" -F index=false
job=$(field '["job_id"]')
same "$(PATIENCE=1500 finished "$job")" completed "the job's end"
call 200 GET "/jobs/$job"
same "$(field '["result"]["pages"]')" 2 pages
same "$(field '["result"]["language"]')" de language
call 307 GET "/jobs/$job/artifacts/pages.json"
AS="" call 200 GET "$(header location)"
for words in "Zusätzliche Unterkunft" "CHF 1'000.–" "Gepäckverspätung" "Rettungs- und Verlegungstransport"; do
  grep -qF "$words" "$BODY" || { echo "FAIL the pages do not hold: $words" >&2; exit 1; }
done

# An image that is none: refused at the door. One that is cut off: a clear error of the job.
printf 'no image' >"$WORK/fake.png"
call 422 POST /jobs/upload -F "file=@$WORK/fake.png"
problem file-type-mismatch
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR' >"$WORK/cut.png"
call 202 POST /jobs/upload -F "file=@$WORK/cut.png" -F index=false
job=$(field '["job_id"]')
same "$(finished "$job")" failed "the job's end"
call 200 GET "/jobs/$job"
grep -q 'image-damaged' "$BODY"
echo "scan: all as expected"
