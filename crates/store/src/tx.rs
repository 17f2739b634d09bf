//! A transaction of one tenant, opaque to everybody but the functions over tables. It refuses to go back to its pool
//! unless it was ended: whoever drops it half-way closes its connection, so a session can never carry one tenant's
//! transaction, or its name, to the next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};

use handoff_domain::id::TenantId;

use crate::database::{Lease, Place, within};
use crate::error::StoreError;
use crate::log::Head;
use crate::meter::Measured;

/// An open transaction. Functions over tables take it as `&mut Tx`; only this crate can look inside.
pub struct Tx {
    lease: Lease,
    /// The answer to what was asked together with the log row, until somebody takes it.
    opening: Option<Vec<PgRow>>,
}

/// A question that goes in the message that takes a log row: a batch pays for every message. Only this crate can put one
/// into words.
pub struct Opening(pub(crate) String);

/// What a transaction that took a tenant's log row found.
pub(crate) struct Locked {
    /// The log row, or nothing where the tenant does not exist in this schema.
    pub(crate) head: Option<Head>,
    /// The database's time, read after the lock was obtained.
    pub(crate) clock: DateTime<Utc>,
}

impl Tx {
    /// Begins a transaction that writes: sets the tenant, takes its log row and reads the time, in one message.
    ///
    /// The time comes from a statement of its own behind the lock: `now()` is the start of the transaction and
    /// `clock_timestamp()` within the locking statement is taken before the wait, and both could be earlier than the
    /// time of the batch that held the row until now.
    ///
    /// A batch finds every row by an index. PostgreSQL does not when it plans while it believes that a table is empty, as
    /// after an `analyze` before the first import, and a session keeps such plans, those of foreign keys too: each of
    /// 20,000 imported leads was looked for from end to end, which took 34 s in place of 6.
    ///
    /// The answer to `opening` can be had from [`Tx::take_opening`].
    pub(crate) async fn lock(
        place: Place,
        tenant: TenantId,
        opening: Option<Opening>,
    ) -> Result<(Self, Locked), StoreError> {
        let mut tx = Self::at(place).await?;
        let begin = format!(
            "begin isolation level read committed; set local handoff.tenant = '{tenant}'; \
             set local enable_seqscan = off; "
        );
        let locked = tx.lock_after(&begin, tenant, opening).await?;
        Ok((tx, locked))
    }

    /// Takes the log row again, after the transaction made it or found that another one did.
    pub(crate) async fn take_log(&mut self, tenant: TenantId) -> Result<Locked, StoreError> {
        // What was asked before that is not true any more.
        self.opening = None;
        self.lock_after("", tenant, None).await
    }

    /// What came in answer to the opening.
    pub(crate) fn take_opening(&mut self) -> Option<Vec<PgRow>> {
        self.opening.take()
    }

    async fn lock_after(
        &mut self,
        begin: &str,
        tenant: TenantId,
        opening: Option<Opening>,
    ) -> Result<Locked, StoreError> {
        let question = opening.as_ref().map(|Opening(question)| format!("; {question}")).unwrap_or_default();
        // The clock's row always comes, and divides the others.
        let text = format!(
            "{begin}select position, recorded_at from log_head where tenant_id = '{tenant}' for update; \
             select clock_timestamp() as clock{question}"
        );
        let mut rows = self.send("tx::lock", text).await?;
        let clock = rows.iter().position(|row| row.try_column("clock").is_ok());
        let clock = clock.ok_or_else(|| StoreError::defect("the database did not tell the time"))?;
        let answer = rows.split_off(clock + 1);
        self.opening = opening.map(|_| answer);
        let head = match &rows[..clock] {
            [] => None,
            [row] => Some(Head { tenant, position: row.try_get(0)?, recorded_at: row.try_get(1)? }),
            _ => return Err(StoreError::defect("a tenant has more than one log row")),
        };
        Ok(Locked { head, clock: rows[clock].try_get(0)? })
    }

    /// Begins a transaction that reads one tenant, or only directories. All its statements see one snapshot.
    pub(crate) async fn read(
        place: Place,
        tenant: Option<TenantId>,
        statement_millis: u128,
    ) -> Result<Self, StoreError> {
        let mut tx = Self::at(place).await?;
        let tenant = tenant.map(|id| format!("set local handoff.tenant = '{id}'; ")).unwrap_or_default();
        let begin = format!(
            "begin isolation level repeatable read, read only; {tenant}\
             set local statement_timeout = {statement_millis}"
        );
        tx.send("tx::begin", begin).await?;
        Ok(tx)
    }

    /// Begins a transaction that reads for as long as it takes: one snapshot of a tenant over all schemas, or of what
    /// belongs to none.
    pub(crate) async fn snapshot(place: Place, tenant: Option<TenantId>) -> Result<Self, StoreError> {
        let mut tx = Self::at(place).await?;
        let tenant = tenant.map(|id| format!("; set local handoff.tenant = '{id}'")).unwrap_or_default();
        tx.send("tx::begin", format!("begin isolation level repeatable read, read only{tenant}")).await?;
        Ok(tx)
    }

    /// Lets statements that name no schema find the tables of this one, until the transaction ends.
    pub(crate) async fn search(&mut self, schema: &'static str) -> Result<(), StoreError> {
        self.send("tx::search", format!("set local search_path = {schema}")).await.map(drop)
    }

    /// Makes the work durable within `limit`. Nobody knows whether it is after a failure that says so.
    pub(crate) async fn commit(mut self, limit: Duration) -> Result<(), StoreError> {
        within(limit, self.send("tx::commit", "commit".to_owned())).await.map_err(StoreError::at_commit)?;
        self.lease.end();
        Ok(())
    }

    /// Undoes the work and gives the connection back.
    pub(crate) async fn rollback(mut self) -> Result<(), StoreError> {
        self.send("tx::rollback", "rollback".to_owned()).await?;
        self.lease.end();
        Ok(())
    }

    /// The connection, for the checked statements of this crate.
    pub(crate) fn connection(&mut self) -> Measured<'_> {
        let (connection, meter) = self.lease.parts();
        Measured::new(connection, meter)
    }

    async fn at(place: Place) -> Result<Self, StoreError> {
        Ok(Self { lease: place.lease().await?, opening: None })
    }

    /// Sends text as one simple-query message, which is measured as `name`. The only values ever written into it are ids,
    /// which are parsed UUIDs, and a number.
    pub(crate) async fn send(&mut self, name: &'static str, text: String) -> Result<Vec<PgRow>, StoreError> {
        let (connection, meter) = self.lease.parts();
        let running = meter.start(name);
        let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(connection).await;
        running.end(rows.as_ref().err());
        Ok(rows?)
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}
