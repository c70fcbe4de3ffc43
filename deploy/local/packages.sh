#!/usr/bin/env bash
# Installs Debian's packages, and starts none of their services. Usage: packages.sh NAME...
# Names that are installed already are passed over.
set -euo pipefail
say() { echo "setup: $*"; }

missing=()
for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0
sudo=() policy=/usr/sbin/policy-rc.d made=
[ "$(id -u)" = 0 ] || sudo=(sudo)
if ! command -v apt-get >/dev/null; then
    say "please install: ${missing[*]}"
    exit 1
fi
say "Debian packages: ${missing[*]}"
log=$(mktemp /tmp/sen-setup.XXXXXX)
trap 'rm -f "$log"' EXIT
# A package that brings a service would start it: here each runs as a private process only.
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
    "${sudo[@]}" chmod +x $policy
    made=1
fi
status=0
{
    "${sudo[@]}" apt-get update -qq &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 || status=$?
[ -z "$made" ] || "${sudo[@]}" rm -f $policy
if [ $status != 0 ]; then
    tail -n 20 "$log"
    say "apt-get failed"
else
    say "Debian packages are there"
fi
exit $status
