#!/usr/bin/env bash
# A later Debian's RabbitMQ beside the system's own, for `make test BROKER=4`: in .local/rabbitmq-4.
# Nothing is installed. The packages are unpacked, and their programs shown that Debian's own loader
# and libraries (patchelf), so that they run here for anybody. SUITE chooses: trixie has 4.0.
set -euo pipefail
cd "$(dirname "$0")/../.."
say() { echo "setup: $*"; }

suite=${SUITE:-trixie}
at=$PWD/.local/rabbitmq-4
[ "$(cat "$at/made" 2>/dev/null)" != "$suite in $at" ] || exit 0
deploy/local/packages.sh patchelf
say "RabbitMQ of Debian $suite, unpacked beside the system (a minute)"
rm -rf "$at"
mkdir -p "$at/apt/lists/partial" "$at/apt/archives/partial" "$at/root"
log=$at/setup.log

# From where this machine's Debian comes.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^Debian //p' | grep -v security | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror $suite main" >"$at/apt/sources.list"
: >"$at/apt/status"
apt() {
    apt-get -o Dir::Etc::SourceList="$at/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$at/apt/lists" \
        -o Dir::State::Status="$at/apt/status" -o Dir::Cache::Archives="$at/apt/archives" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
{
    apt -qq update
    apt -qq -y --no-install-recommends --download-only install rabbitmq-server
} >"$log" 2>&1 || {
    tail -n 20 "$log"
    say "apt-get failed"
    exit 1
}
for package in "$at"/apt/archives/*.deb; do
    case $(basename "$package") in
    rabbitmq-server_* | erlang-* | libc6_* | libgcc-s1_* | libstdc++6_* | libssl3* | libtinfo6_* | \
        libncurses* | libsystemd0_* | zlib1g_* | libzstd1_* | liblz4-1_* | liblzma5_* | libgcrypt20_* | \
        libcap2_* | libgpg-error0_*)
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$at/root" --keep-directory-symlink
        ;;
    esac
done
libraries=$at/root/usr/lib/x86_64-linux-gnu
loader=$(find "$at/root" -name 'ld-linux-x86-64.so.2' ! -type l | head -n 1)
find "$at"/root/usr/lib/erlang/erts-*/bin "$at"/root/usr/lib/erlang/lib/*/priv/bin -type f |
    while read -r program; do
        patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$program" 2>/dev/null || true
    done
sed -i "s#=/usr/lib/erlang#=$at/root/usr/lib/erlang#" "$at"/root/usr/lib/erlang/bin/{erl,start}
rm -rf "$at/apt"
echo "$suite in $at" >"$at/made"
say "RabbitMQ $(basename "$at"/root/usr/lib/rabbitmq/lib/rabbitmq_server-* | sed 's/.*-//') is there"
