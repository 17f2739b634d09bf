#!/bin/sh
# Makes the secrets of compose.yaml in the folder deploy/secrets: a password for each role of the database, and the same
# again in the form that clients of PostgreSQL read (PGPASSFILE). What is there already stays. Run it as root: the services
# are user 65532, and a password file that others may read is not read at all.
set -eu
umask 077
folder=${1:-$(dirname "$0")/../secrets}
mkdir -p "$folder"
chmod 0711 "$folder"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

[ -e "$folder/postgres-password" ] || random >"$folder/postgres-password"
for name in owner qualification sla reporting; do
    [ -e "$folder/$name-password" ] || random >"$folder/$name-password"
    role=$name
    [ "$name" != owner ] || role=handoff_owner
    printf '*:*:*:%s:%s\n' "$role" "$(cat "$folder/$name-password")" >"$folder/$name-pgpass"
done
# The tokens by which sla and reporting prove themselves come from your issuer (docs/IDENTITY.md). Empty until then, and
# with an empty one neither starts.
for name in sla reporting; do
    [ -e "$folder/$name-token" ] || : >"$folder/$name-token"
done

# PostgreSQL's user, and ours.
chown 999:999 "$folder"/*-password
chown 65532:65532 "$folder"/*-pgpass "$folder"/*-token
chmod 0400 "$folder"/*
