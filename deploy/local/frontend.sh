#!/usr/bin/env bash
# The components of the pages: one pinned package of the npm registry, checked by its digest.
# Usage: frontend.sh, from the project's folder; needs npm, unless they are there.
set -euo pipefail
cd "$(dirname "$0")/../.."
frontend=govuk-frontend@6.3.0
frontend_sha512=cXIQxm5PHCsbic47GXZrVBZhAeeshTLRL6ZBKilLsR6rMCjJuWb7Fruq0VUNMBJFlJk/srsRj/q8d5bM9cgKoA==
assets=shared/web/static/govuk
[ "$(cat $assets/installed 2>/dev/null)" != $frontend ] || exit 0
echo "setup: $frontend for the pages"
folder=$(mktemp -d /tmp/sen-frontend.XXXXXX)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack $frontend --silent >/dev/null 2>"$folder/log") || {
    tail -n 5 "$folder/log"
    echo "setup: npm could not fetch $frontend"
    exit 1
}
"${PYTHON:-python3}" deploy/local/frontend.py "$folder"/*.tgz $frontend_sha512 $assets
echo $frontend >$assets/installed
