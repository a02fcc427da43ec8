# Shared by the scripts: requests whose status is checked, and a reader of JSON.

set -euo pipefail

: "${BASE_URL:?address of the API, such as http://127.0.0.1:8000}"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DOCUMENT=${DOCUMENT:-$HERE/../../samples/small.md}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
BODY=$WORK/body
HEADERS=$WORK/headers

# call STATUS METHOD PATH [curl option...]: send a request as $AS (a token, or nothing) and check its status.
call() {
  local expected=$1 method=$2 path=$3 status
  shift 3
  local auth=()
  [[ -z ${AS:-} ]] || auth=(-H "Authorization: Bearer $AS")
  local url=$path
  [[ $path == http* ]] || url=$BASE_URL$path
  : >"$BODY"
  status=$(curl -sS -o "$BODY" -D "$HEADERS" -w '%{http_code}' -X "$method" ${auth[@]+"${auth[@]}"} "$@" "$url")
  if [[ ! $status =~ ^($expected)$ ]]; then
    echo "FAIL $method $path: $status, expected $expected" >&2
    cat "$BODY" >&2
    exit 1
  fi
  echo "ok   $status $method ${path%%\?*}" >&2
}

# post_json STATUS PATH BODY [curl option...]
post_json() {
  local expected=$1 path=$2 body=$3
  shift 3
  call "$expected" POST "$path" -H 'Content-Type: application/json' --data-binary "$body" "$@"
}

# field EXPRESSION: print a part of the last answer's body, such as field '["jobs"][0]["job_id"]'.
field() {
  python3 -c 'import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
print(eval("value" + sys.argv[2]))' "$BODY" "$1"
}

# header NAME: print a header of the last answer.
header() {
  awk -F': ' -v name="$1" 'tolower($1) == tolower(name) { sub(/\r$/, "", $2); print $2 }' "$HEADERS"
}

# same ACTUAL EXPECTED WHAT
same() {
  [[ $1 == "$2" ]] || { echo "FAIL $3: $1, expected $2" >&2; exit 1; }
}

# problem TYPE: check that the last answer is a problem of this type.
problem() {
  same "$(header content-type)" application/problem+json "content type"
  same "$(field '["type"]')" "urn:clauseworks:problem:$1" type
}

# finished JOB_ID: wait until a job has ended, a minute or PATIENCE looks, and print its status.
finished() {
  local status=""
  for _ in $(seq "${PATIENCE:-300}"); do
    call 200 GET "/jobs/$1/status" 2>/dev/null
    status=$(field '["status"]')
    case $status in completed | failed | cancelled) break ;; esac
    sleep 0.2
  done
  echo "$status"
}
