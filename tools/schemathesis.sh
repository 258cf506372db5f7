#!/bin/sh
# A second opinion on the API: schemathesis (PyPI) against a running `npm start`. docs/api/conformance.md tells what it found.
# usage: API=http://127.0.0.1:8787 KEY=flk_… tools/schemathesis.sh [more options of `st run`]
set -eu
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
config=$scratch/schemathesis.toml
# It leaves a cache where it runs.
cd "$scratch"
# The gateway refuses a long address before anybody validates what is in it.
cat > "$config" <<'TOML'
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
TOML
# Streams do not end, so that nothing could be said of their answers.
"${ST:-st}" --config-file "$config" run "$root/docs/api/openapi.json" --url "$API" -H "Authorization: Bearer $KEY" \
  --phases examples,coverage,fuzzing --max-examples 12 --seed 4 --workers 2 --continue-on-failure \
  --exclude-operation-id streamEvents --exclude-operation-id streamSession --request-timeout 40 \
  --generation-database none --suppress-health-check all \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,negative_data_rejection,unsupported_method,missing_required_header \
  "$@"
