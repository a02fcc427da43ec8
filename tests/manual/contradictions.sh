#!/usr/bin/env bash
# A policy whose summary and section disagree: both sides come with the result, and the job warns.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"
AS=$TOKEN

cat >"$WORK/policy.md" <<'POLICY'
# Reiseversicherung

## Leistungsübersicht

| Leistung | Summe |
|---|---|
| Such- und Bergungskosten | CHF 20'000 |

## Personen-Assistance auf Reisen

Wir bezahlen Such- und Bergungskosten bis CHF 30'000.
POLICY

call 202 POST /jobs/upload -F "file=@$WORK/policy.md" -F index=false
job=$(field '["job_id"]')
same "$(finished "$job")" completed "the job's end"
call 200 GET "/jobs/$job/result"
same "$(field '["contradictions"][0]["kind"]')" amounts kind
same "$(field '["contradictions"][0]["path"]')" medical_personal_assistance/search_rescue_services path
same "$(field '["contradictions"][0]["evidence"][0]["quote"].count("20")')" 1 "the summary's side"
same "$(field '["contradictions"][0]["evidence"][1]["quote"].count("30")')" 1 "the section's side"
call 200 GET "/jobs/$job"
field '["result"]["warnings"][0]' | grep -q '^Contradiction in medical_personal_assistance/search_rescue_services'
echo "contradictions: all as expected"
