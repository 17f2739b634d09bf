#!/bin/sh
# Writes a dump of a small life for later builds to be tested with: tests/dumps/NAME.sql.gz.
#
#   tests/dumps/make.sh NAME [HANDOFF]
#
# HANDOFF is the program whose schema and services the dump is of, target/debug/handoff unless it is given. The life is
# that of handoff_tests::life, over gRPC, so any build that serves the API can be dumped. Rows are INSERTs, so that a test
# can restore them with nothing but a connection.
set -eu
cd "$(dirname "$0")/../.."
name=${1:?names the dump}
handoff=${2:-target/debug/handoff}
: "${HANDOFF_POSTGRES_BIN:?names the folder of pg_dump, as ./x sets it}"

cargo build --quiet --locked --workspace --example life
folder=$(mktemp -d)
chmod 755 "$folder"
"$handoff" up --port 0 --data-folder "$folder/data" 2>"$folder/said" &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT

at() { sed -n "s/^ *$1 *\([^ ]*\).*/\1/p" "$folder/said"; }
until [ -n "$(at reporting)" ]; do
    kill -0 "$pid" || { cat "$folder/said" >&2; exit 1; }
    sleep 0.2
done
target/debug/examples/life "$(at qualification)" "$(at sla)" "$(at reporting)" acme 150 50
target/debug/examples/life "$(at qualification)" "$(at sla)" "$(at reporting)" other 10 10

# Nothing that psql alone understands, and no comment that tells the version of pg_dump.
"$HANDOFF_POSTGRES_BIN/pg_dump" --no-owner --rows-per-insert=100 \
    "postgres://handoff@localhost/postgres?host=$folder/data/postgres.run" |
    sed -e '/^\\/d' -e '/^--/d' -e '/^$/d' | gzip -9 -n >"tests/dumps/$name.sql.gz"
ls -l "tests/dumps/$name.sql.gz"
