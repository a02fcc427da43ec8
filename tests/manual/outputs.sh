#!/usr/bin/env bash
# A summary and a report with the analysis, and another report later, as a job of its own.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN

call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false -F summary=true -F summary_sentences=2 -F report=true
job=$(field '["job_id"]')
same "$(finished "$job")" completed "the job's end"
call 200 GET "/jobs/$job"
same "$(field '["result"]["warnings"]')" "[]" warnings
[[ -n $(field '["details"]["summary"]') ]]
for file in report.pdf report.docx findings.xlsx findings.csv summary.json; do
  call 307 GET "/jobs/$job/artifacts/$file"
done
call 307 GET "/jobs/$job/download"
AS="" call 200 GET "$(header location)"
same "$(head -c 5 "$BODY")" "%PDF-" "the download's form"

post_json 202 "/jobs/$job/outputs" '{"outputs": ["report"], "report_language": "fr"}'
again=$(field '["job_id"]')
same "$(finished "$again")" completed "the output's end"
call 200 GET "/jobs/$again"
same "$(field '["kind"]')" output kind
same "$(field '["retry_of"]')" "$job" "what it was made of"
same "$(field '["result"]["report"]["language"]')" fr "the report's language"

post_json 422 "/jobs/$again/outputs" '{"outputs": ["report"]}'
problem not-an-analysis
post_json 422 "/jobs/$job/outputs" '{"outputs": ["translation"]}'
problem invalid-request
call 202 POST /jobs/upload -F "file=@$DOCUMENT" -F index=false -F language=de -F translate_to=ta
refused=$(field '["job_id"]')
same "$(finished "$refused")" failed "the end of a job that nobody can translate"
call 200 GET "/jobs/$refused"
same "$(field '["error"]["type"]')" urn:clauseworks:problem:translation-not-offered "the reason"
echo "outputs: all as expected"
