#!/bin/sh
# Writes the metadata of all checked statements to .sqlx/ anew.
#
#   DATABASE_URL=postgres://… crates/store/prepare.sh
#
# DATABASE_URL names an EMPTY database (it may be a unix socket: postgres://postgres@%2Ffolder/name); the script
# applies the migrations with psql, because the crate that could apply them does not compile before it has the metadata.
set -eu
cd "$(dirname "$0")/../.."
: "${DATABASE_URL:?names an empty database}"

psql --quiet --set ON_ERROR_STOP=1 "$DATABASE_URL" --command "
    create table public._sqlx_migrations (
        version bigint primary key, description text not null, installed_on timestamptz not null default now(),
        success boolean not null, checksum bytea not null, execution_time bigint not null
    )"
for migration in crates/store/migrations/*.sql; do
    psql --quiet --set ON_ERROR_STOP=1 --single-transaction "$DATABASE_URL" --file "$migration"
done

# The log's statements name no schema; any service's will do, all have the same tables.
psql --quiet "$DATABASE_URL" --command "
    do \$\$ begin execute format('alter database %I set search_path = qualification', current_database()); end \$\$"

# Beside it first: a statement that does not compile leaves .sqlx/ as it was.
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
touch crates/store/src/lib.rs
SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$fresh" cargo check --quiet --package handoff-store
mkdir -p .sqlx
rm -f .sqlx/query-*.json
cp "$fresh"/query-*.json .sqlx/
