#!/usr/bin/env bash
# Tokens that do not hold are refused before anything else.
source "$(dirname "$0")/lib.sh"
: "${TOKEN:?token of a user}"

# forge HEADER: print the token with another header and its old signature.
forge() {
  local header
  header=$(printf %s "$1" | base64 | tr -d '=\n' | tr '/+' '_-')
  echo "$header.${TOKEN#*.}"
}

AS="" call 401 GET /jobs
problem token-missing
[[ $(header www-authenticate) == Bearer* ]]
AS=not.a.token call 401 GET /jobs
problem token-invalid
AS=${TOKEN%???}abc call 401 GET /jobs
problem token-invalid
AS=$(forge '{"alg":"none"}') call 401 GET /jobs
problem token-invalid
AS=$(forge '{"alg":"RS256","typ":"JWT"}') call 401 GET /jobs
problem token-invalid
AS="" call 401 GET "/jobs?token=$TOKEN"
problem token-missing
AS="" call 401 GET /jobs -H "Authorization: Basic dXNlcjpwYXNz"
problem token-invalid
AS="" call 401 POST /jobs/analysis -H 'Content-Type: application/json' --data-binary '{'
problem token-missing
AS=$TOKEN call 200 GET /jobs
echo "authentication: all as expected"
