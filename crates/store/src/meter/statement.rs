//! How long statements take, by the conventions of `db.client.operation.duration`: every checked statement passes through
//! [`Measured`] on its way to its connection, and its first line is its name. Where the work that it belongs to is
//! recorded in a trace, it is a span there.
//!
//! The names are those of the sources and nothing else, so there are as many as there are statements. A text that has no
//! name would be counted under none, and never under itself.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures_util::Stream;
use futures_util::future::BoxFuture;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr};
use tracing::field::Empty;
use tracing::{Level, Span, debug_span, span_enabled};

use super::DATABASE;
use super::trace;

type Results<'e> = Pin<Box<dyn Stream<Item = Result<Either<PgQueryResult, PgRow>, sqlx::Error>> + Send + 'e>>;
type Attributes = Arc<[KeyValue]>;

/// The instrument of all statements of a pool.
#[derive(Debug)]
pub(crate) struct StatementMeter {
    duration: Histogram<f64>,
    /// What all statements have in common.
    system: [KeyValue; 2],
    /// The attributes of each by its name, made when it is first run.
    named: RwLock<HashMap<String, Attributes>>,
}

impl StatementMeter {
    /// The instrument of statements that work in `namespace`.
    pub(super) fn new(meter: &Meter, namespace: String) -> Self {
        let duration = meter
            .f64_histogram("db.client.operation.duration")
            .with_unit("s")
            .with_description("Duration of database client operations.")
            .with_boundaries(DATABASE.to_vec())
            .build();
        let system =
            [KeyValue::new("db.system.name", "postgresql"), KeyValue::new("db.namespace", namespace)];
        Self { duration, system, named: RwLock::default() }
    }

    /// Begins to measure the statement called `name`.
    pub(crate) fn start(&self, name: &str) -> Running<'_> {
        Running {
            meter: self,
            attributes: self.attributes(name),
            span: self.span(name),
            started: Instant::now(),
            failure: Some(Failure::Here("cancelled")),
        }
    }

    /// None where nobody records the work that the statement belongs to: a statement alone tells nobody anything.
    fn span(&self, name: &str) -> Span {
        if !span_enabled!(Level::DEBUG) || !trace::is_sampled() {
            return Span::none();
        }
        let [_, namespace] = &self.system;
        debug_span!(
            "sql",
            statement = name,
            "db.namespace" = &*namespace.value.as_str(),
            "db.response.status_code" = Empty,
            "error.type" = Empty,
            "otel.status_code" = Empty,
        )
    }

    fn attributes(&self, name: &str) -> Attributes {
        let known = self.named.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone);
        known.unwrap_or_else(|| {
            let [system, namespace] = self.system.clone();
            let name = name.to_owned();
            let attributes: Attributes =
                Arc::new([system, namespace, KeyValue::new("db.query.summary", name.clone())]);
            self.named.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::clone(&attributes));
            attributes
        })
    }
}

/// A statement that runs. What is dropped before it ended was cut off.
pub(crate) struct Running<'m> {
    meter: &'m StatementMeter,
    attributes: Attributes,
    // As long as the statement, its rows included.
    span: Span,
    started: Instant,
    failure: Option<Failure>,
}

impl Running<'_> {
    /// It ended well, or by this error.
    pub(crate) fn end(mut self, error: Option<&sqlx::Error>) {
        self.failure = error.map(Failure::of);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let took = self.started.elapsed().as_secs_f64();
        match self.failure.take() {
            None => self.meter.duration.record(took, &self.attributes),
            Some(failure) => {
                failure.record(&self.span);
                let mut attributes = self.attributes.to_vec();
                failure.describe(&mut attributes);
                self.meter.duration.record(took, &attributes);
            }
        }
    }
}

/// Why a statement failed, in a word.
enum Failure {
    /// The server said so, by this code.
    Server(String),
    /// It came to nothing on this side.
    Here(&'static str),
}

impl Failure {
    fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => match database.code() {
                Some(code) => Self::Server(code.into_owned()),
                None => Self::Here("_OTHER"),
            },
            sqlx::Error::Io(_) => Self::Here("io"),
            sqlx::Error::Tls(_) => Self::Here("tls"),
            sqlx::Error::Protocol(_) => Self::Here("protocol"),
            sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
                Self::Here("value")
            }
            _ => Self::Here("_OTHER"),
        }
    }

    /// Without a description: what the server says may quote values.
    fn record(&self, span: &Span) {
        let name = match self {
            Self::Server(code) => {
                span.record("db.response.status_code", code.as_str());
                code
            }
            Self::Here(name) => *name,
        };
        span.record("error.type", name).record("otel.status_code", "ERROR");
    }

    fn describe(self, attributes: &mut Vec<KeyValue>) {
        match self {
            Self::Server(code) => attributes.extend([
                KeyValue::new("db.response.status_code", code.clone()),
                KeyValue::new("error.type", code),
            ]),
            Self::Here(name) => attributes.push(KeyValue::new("error.type", name)),
        }
    }
}

/// A connection whose statements are measured.
pub(crate) struct Measured<'c> {
    connection: &'c mut PgConnection,
    meter: &'c StatementMeter,
}

impl<'c> Measured<'c> {
    /// Measures what is sent on `connection`.
    pub(crate) fn new(connection: &'c mut PgConnection, meter: &'c StatementMeter) -> Self {
        Self { connection, meter }
    }
}

impl fmt::Debug for Measured<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").finish_non_exhaustive()
    }
}

impl<'c> Executor<'c> for Measured<'c> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Results<'e>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        match Named::of(query) {
            Ok(query) => {
                let running = Some(self.meter.start(query.name()));
                Box::pin(Watched { results: self.connection.fetch_many(query), running })
            }
            Err(error) => Box::pin(futures_util::stream::once(async { Err(error) })),
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let query = Named::of(query)?;
            let running = self.meter.start(query.name());
            let row = self.connection.fetch_optional(query).await;
            running.end(row.as_ref().err());
            row
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.connection.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.connection.describe(sql)
    }
}

/// A statement that was looked at: the driver lets one see its text only by taking it apart.
struct Named {
    sql: SqlStr,
    statement: Option<PgStatement>,
    arguments: Option<PgArguments>,
    persistent: bool,
}

impl Named {
    fn of<'q>(mut query: impl Execute<'q, Postgres>) -> Result<Self, sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        let (statement, persistent) = (query.statement().cloned(), query.persistent());
        Ok(Self { sql: query.sql(), statement, arguments, persistent })
    }

    /// What its first line calls it.
    fn name(&self) -> &str {
        let line = self.sql.as_str().strip_prefix("-- ").and_then(|text| text.lines().next());
        line.unwrap_or("unnamed")
    }
}

impl<'q> Execute<'q, Postgres> for Named {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, sqlx::error::BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// Results as they come; the statement has ended with the last of them, or with a failure.
struct Watched<'e> {
    results: Results<'e>,
    running: Option<Running<'e>>,
}

impl Stream for Watched<'_> {
    type Item = Result<Either<PgQueryResult, PgRow>, sqlx::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.results.as_mut().poll_next(context));
        if !matches!(next, Some(Ok(_)))
            && let Some(running) = self.running.take()
        {
            running.end(next.as_ref().and_then(|end| end.as_ref().err()));
        }
        Poll::Ready(next)
    }
}
