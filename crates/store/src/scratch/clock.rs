//! A scratch database whose clock is the test's: for simulations of weeks that last seconds.
//!
//! What is recorded carries the database's time, `clock_timestamp()`, read behind the log's lock. So it is the database
//! that is told another time: in this one database the function is replaced by one that reads a table. The code under
//! test has no knob for it, and no program of ours could turn it; it asks the database as it always does.
//!
//! The time given must lie before the machine's, which services read for what is only a hint: when to look, what lies in
//! the future, and which request ids are old. All of them would be old, so here none is forgotten.

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::PgConnection;

use super::{ScratchDatabase, ScratchError, connect, run};

const DURING: &str = "setting the clock of a scratch database";

/// The clock of one scratch database.
#[derive(Debug)]
pub struct ScratchClock {
    connection: PgConnection,
}

impl ScratchDatabase {
    /// Stops the database's clock at `at`; from then on it says what it is told.
    ///
    /// # Errors
    /// [`ScratchError::Server`]: only a superuser may replace a function of the system.
    pub async fn take_clock(&self, at: DateTime<Utc>) -> Result<ScratchClock, ScratchError> {
        let mut connection = connect(&self.server.clone().database(&self.name)).await?;
        let mut statements = format!(
            "create schema simulation;
             create table simulation.clock (at timestamptz not null);
             insert into simulation.clock values ('{}');
             alter function pg_catalog.clock_timestamp() rename to wall_clock_timestamp;
             create function pg_catalog.clock_timestamp() returns timestamptz
                 language sql volatile security definer as 'select at from simulation.clock';
             create function simulation.keep() returns trigger
                 language plpgsql as 'begin return null; end';",
            text(at)
        );
        for service in ["qualification", "sla", "reporting"] {
            statements += &format!(
                "create trigger keep before delete on {service}.request
                     for each row execute function simulation.keep();"
            );
        }
        run(&mut connection, DURING, statements).await?;
        Ok(ScratchClock { connection })
    }
}

impl ScratchClock {
    /// Moves it.
    ///
    /// # Errors
    /// [`ScratchError::Server`] when the server is gone.
    pub async fn set(&mut self, at: DateTime<Utc>) -> Result<(), ScratchError> {
        run(&mut self.connection, DURING, format!("update simulation.clock set at = '{}'", text(at))).await
    }

    /// Whether qualification has copied sla's calendars, and has looked at all whom it has to look at by this time. For
    /// simulations, in which nothing else happens at the same time.
    ///
    /// # Errors
    /// [`ScratchError::Server`] when the server is gone.
    pub async fn has_routed(&mut self) -> Result<bool, ScratchError> {
        let busy = "select 1 from simulation.clock as now where exists (
                select from qualification.tenant as t where not exists (
                    select from qualification.calendar_copy as c where c.tenant_id = t.tenant_id))
            or exists (
                select from sla.calendar as s where not exists (
                    select from qualification.calendar_copy as c
                    where c.tenant_id = s.tenant_id and c.slug = s.slug and c.version = s.version))
            or exists (select from qualification.routing_queue where due_at <= now.at)
            or exists (
                select from qualification.user_account as u where u.away_at <= now.at and exists (
                    select from qualification.routing_plan as p where p.tenant_id = u.tenant_id))";
        let rows = sqlx::raw_sql(busy).fetch_all(&mut self.connection).await;
        Ok(rows.map_err(|error| ScratchError::during(DURING)(error.into()))?.is_empty())
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
