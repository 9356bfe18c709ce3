#!/bin/sh
# Runs a command beside a PostgreSQL server of its own, in a temporary folder: tests/postgres.sh COMMAND...
# The command finds it in GRIDWARDEN_TEST_POSTGRES (postgres://user@host:port). Nothing of it outlives the command.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v postgres || { echo "postgres is missing: make setup installs it" >&2; exit 1; })")
folder=$(mktemp -d)
as=""
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
    chown postgres:postgres "$folder"
fi
server=""
end() {
    [ -z "$server" ] || { kill -INT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM
$as "$bin/initdb" -D "$folder/data" -U gridwarden -A trust -E UTF8 --no-sync --no-locale >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2; exit 1; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# Each test opens connections of its own. What a power cut would lose is of no interest to it; a
# benchmark sets PG_DURABLE=1 for a server that waits for the disk, set up as docs/register.md says.
settings="-c fsync=off -c max_connections=200"
[ -z "${PG_DURABLE:-}" ] || settings="-c shared_buffers=1GB -c max_wal_size=4GB"
# shellcheck disable=SC2086
$as "$bin/postgres" -D "$folder/data" -k "$folder" -h 127.0.0.1 -p "$port" $settings >"$folder/server.log" 2>&1 &
server=$!
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
    sleep 0.1
done
GRIDWARDEN_TEST_POSTGRES="postgres://gridwarden@127.0.0.1:$port" "$@"
