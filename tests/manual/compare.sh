#!/usr/bin/env bash
# Two analysed documents side by side.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}" "${OTHER_TOKEN:?token of another user}"
AS=$TOKEN

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false
one=$(field '["job_id"]')
first=$(field '["document_id"]')
sed 's/£800/£1,200/g; /^## 3/,/^## 4/{/carrier delivers/d}' "$HERE/../../samples/small.md" >"$WORK/other.md"
call 202 POST /jobs/upload -F "file=@$WORK/other.md" -F index=false
two=$(field '["job_id"]')
second=$(field '["document_id"]')
post_json '200|409' /compare "{\"job_ids\": [\"$one\", \"$two\"]}"
same "$(finished "$one")" completed "the first job's end"
same "$(finished "$two")" completed "the second job's end"

post_json 200 /compare "{\"job_ids\": [\"$one\", \"$two\"]}"
same "$(field '["products"][1]["job_id"]')" "$two" "the second product"
field '["comparison"]["segments"][0]["cells"][0]["evidence"][0]["quote"]' >/dev/null
echo "limits: $(field '["comparison"]["segments"][0]["benefits"][0]["limits"]' | head -c 300)" >&2
post_json 200 /compare "{\"document_ids\": [\"$first\", \"$second\"]}"
same "$(field '["products"][0]["job_id"]')" "$one" "the first document's newest analysis"
post_json 422 /compare "{\"job_ids\": [\"$one\"]}"
problem invalid-request

# A person's word on a finding: given, changed, taken back
post_json 200 "/jobs/$one/findings/segments/0/review" '{"verdict": "rejected", "note": "not meant"}'
post_json 200 "/jobs/$one/findings/segments/0/review" '{"verdict": "accepted"}'
same "$(field '["mirrored"]')" no "what Directus knows of a finding that was not seeded"
call 200 GET "/jobs/$one/reviews"
same "$(field '["reviews"].__len__()')" 1 "the verdicts"
call 200 DELETE "/jobs/$one/findings/segments/0/review"
same "$(field '["reviews"]')" "[]" "the verdicts after the last was taken back"
post_json 404 "/jobs/$one/findings/segments/99/review" '{"verdict": "accepted"}'
problem finding-not-found
AS=$OTHER_TOKEN post_json 404 "/jobs/$one/findings/segments/0/review" '{"verdict": "accepted"}'
problem job-not-found

AS=$OTHER_TOKEN post_json 404 /compare "{\"job_ids\": [\"$one\", \"$two\"]}"
problem job-not-found
AS=$OTHER_TOKEN post_json 404 /compare "{\"document_ids\": [\"$first\", \"$second\"]}"
problem document-not-found
post_json 404 /compare '{"product_ids": ["no-such-product", "nor-this"]}'
problem analysis-not-found
echo "compare: all as expected"
