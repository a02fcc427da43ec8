#!/usr/bin/env bash
# Liveness, readiness, documentation, and the /api/v1 prefix.
source "$(dirname "$0")/lib.sh"

for prefix in "" /api/v1; do
  call 200 GET "$prefix/health"
  same "$(field '["status"]')" ok "health"
  call 200 GET "$prefix/health/ready"
  same "$(field '["status"]')" ready "readiness"
  for path in / /docs /redoc /openapi.json /assets/docs.js; do call 200 GET "$prefix$path"; done
done
call 404 GET /no-such-address
problem not-found
call 405 DELETE /health
problem method-not-allowed
call 204 OPTIONS /jobs/analysis
echo "health: all as expected"
