#!/usr/bin/env bash
# Installs what is missing, once: Debian's packages, and a virtual environment from the locked
# requirements. Usage: setup.sh local|dev
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=$1
python=${PYTHON:-python3}

say() { echo "setup: $*"; }

# --- Debian's packages: only those that are missing, and none of their services started

packages=()
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || [ -n "${AMQP_URL:-}" ] || packages+=(rabbitmq-server)
have() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }
have libcurl.so.4 || [ -n "${MONGODB_URL:-}" ] || packages+=(libcurl4) # mongod's
have libpangoft2-1.0 || packages+=(libpango-1.0-0 libpangoft2-1.0-0)
have libharfbuzz-subset || packages+=(libharfbuzz-subset0)
ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf >/dev/null 2>&1 || packages+=(fonts-dejavu-core)
[ -s shared/web/static/govuk/govuk-frontend.css ] || command -v npm >/dev/null || packages+=(npm)
"$python" -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
if [ "$kind" = dev ]; then
    [ -x /usr/bin/chromium ] || packages+=(chromium)
    [ -x /usr/sbin/clamd ] || packages+=(clamav-daemon) # the scanner, with a signature of the tests
    [ -x /usr/lib/dovecot/imap ] || packages+=(dovecot-imapd) # a mailbox that bounces come back to
    [ -x /usr/bin/promtool ] || packages+=(prometheus) # its tool tests the alert rules
    have libatomic.so.1 || packages+=(libatomic1) # the node of Playwright's driver
fi

install_packages() {
    deploy/local/packages.sh "${packages[@]}"
}

# --- Python's: hash-locked, again only when the lock has changed

lock=requirements/$kind.txt
stamp=.venv/installed-$kind
want=$(sha256sum "$lock" | cut -d' ' -f1)

install_python() {
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    say "Python packages of $lock"
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
    echo "$want" >"$stamp"
    say "Python packages are there"
}

fresh=$([ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && echo yes || echo no)
if [ ${#packages[@]} = 0 ] && [ "$fresh" = yes ]; then
    PYTHON=$python deploy/local/frontend.sh
    exit 0
fi
began=$SECONDS
pids=()
case " ${packages[*]-} " in
*" python3-venv "*) install_packages ;; # needed before the virtual environment
*) [ ${#packages[@]} = 0 ] || { install_packages & pids+=($!); } ;;
esac
if [ "$fresh" = no ]; then
    install_python & pids+=($!)
fi
for pid in "${pids[@]}"; do
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        waited=$((SECONDS - began))
        [ $((waited % 15)) != 0 ] || [ $waited = 0 ] || say "… $waited s"
    done
    wait "$pid"
done
PYTHON=$python deploy/local/frontend.sh
say "done after $((SECONDS - began)) s"
