#!/bin/sh
# The roles of the database, made once, when it is new: who owns the tables, and one login for each service. A login is a
# member of its service's role and inherits nothing from it: what it may do is what that role may (the services set it in
# their start message), and row-level security binds it. PostgreSQL's image runs this with the database's superuser.
set -eu
secrets=${SECRETS:-/run/secrets}
PGPASSWORD=$(cat "$secrets/postgres-password")
export PGPASSWORD
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<END
\set owner \`cat $secrets/owner-password\`
\set qualification \`cat $secrets/qualification-password\`
\set sla \`cat $secrets/sla-password\`
\set reporting \`cat $secrets/reporting-password\`

create role handoff_qualification nologin;
create role handoff_sla nologin;
create role handoff_reporting nologin;

-- Not a superuser, and without BYPASSRLS. CREATEROLE because the first migration makes the roles above where nobody has;
-- a member of all three because \`handoff verify\` reads with their rights.
create role handoff_owner login createrole password :'owner'
    in role handoff_qualification, handoff_sla, handoff_reporting;
alter database "$POSTGRES_DB" owner to handoff_owner;
revoke all on database "$POSTGRES_DB" from public;
grant connect on database "$POSTGRES_DB" to handoff_qualification, handoff_sla, handoff_reporting;

create role qualification login noinherit password :'qualification' in role handoff_qualification;
create role sla login noinherit password :'sla' in role handoff_sla;
create role reporting login noinherit password :'reporting' in role handoff_reporting;
-- A login connects before it sets its role.
grant connect on database "$POSTGRES_DB" to qualification, sla, reporting;
END
