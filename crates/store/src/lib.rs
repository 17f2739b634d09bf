//! The store: the only crate that knows the database. Migrations, one file per table, the batch (the one way to
//! write) and the tenant's log.
//!
//! It decides nothing, and re-exports nothing of its driver: a transaction is an opaque [`tx::Tx`], a failure an
//! opaque [`error::StoreError`].
//!
//! # Where things are
//! - [`batch`] how a command becomes durable; a service gives a [`batch::Ledger`].
//! - [`log`] how events, heads, cursors and personal values are read.
//! - [`database`] connections, tenancy and reads.
//! - [`verify`] everything that a proof of a tenant reads, in one snapshot.
//! - [`meter`] what is measured, by OpenTelemetry.
//! - [`migrate`] the schema's migrations; [`scratch`] a fresh database for a test; [`embedded`] a server of our own;
//!   [`sessions`] what services hold, seen from outside.
//!
//! # A table's file
//! One file per table, `src/<service>/<table>.rs`; one function per statement, which takes the transaction first and
//! the tenant next. The statement is static and checked at compile time, a raw string whose first line is its name;
//! it lists its columns, and `tenant_id = $1` comes first. A service's own tables are written with their schema, the
//! log's without (every service has them). A function over many rows takes slices and writes them by `unnest`.
//!
//! ```text
//! /// The team, if there is one.
//! pub async fn load_by_id(tx: &mut Tx, tenant: TenantId, id: TeamId) -> Result<Option<TeamRow>, StoreError> {
//!     let row = sqlx::query_as!(
//!         TeamRow,
//!         r#"-- team::load_by_id
//!         select team_id, side, name
//!         from qualification.team
//!         where tenant_id = $1 and team_id = $2"#,
//!         tenant.0,
//!         id.0,
//!     )
//!     .fetch_optional(tx.connection())
//!     .await?;
//!     Ok(row)
//! }
//! ```
//!
//! An update carries its guard (`and state = 'ASSIGNED'`) and checks the number of rows. Text that stands for an enum
//! is parsed by the domain; what cannot be parsed is a [`error::StoreError::defect`].
//!
//! # After a change of a statement
//! `crates/store/prepare.sh` writes the statements' metadata to `.sqlx/` anew; a test proves that it is fresh.

pub mod batch;
mod column;
pub mod database;
pub mod embedded;
pub mod entropy;
pub mod error;
pub mod log;
pub mod meter;
pub mod migrate;
pub mod qualification;
pub mod reporting;
pub mod scratch;
pub mod sessions;
pub mod sla;
pub mod tx;
pub mod verify;
