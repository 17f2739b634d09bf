//! COPY of rows that are there already: what a database takes for the same rows in the same tables under the same
//! indexes and constraints, and nothing else. In binary form, by the owner of the tables (COPY knows no row-level
//! security), table after table, in one transaction.

use std::time::{Duration, Instant};

use anyhow::ensure;
use sqlx::{AssertSqlSafe, Connection};
use tokio_stream::StreamExt;

use super::database::Database;

/// The rows of a schema as COPY writes them.
pub(crate) struct Rows {
    tables: Vec<TableRows>,
}

struct TableRows {
    name: String,
    rows: u64,
    bytes: Vec<Vec<u8>>,
}

impl Rows {
    /// All rows of all tables of qualification, referenced ones before those that refer to them.
    pub(crate) async fn copy_out(database: &mut Database) -> anyhow::Result<Self> {
        let names: Vec<String> = sqlx::query_scalar(
            "select format('%I.%I', n.nspname, c.relname) \
             from pg_class as c join pg_namespace as n on n.oid = c.relnamespace \
             where n.nspname = 'qualification' and c.relkind = 'r' \
             order by (select count(*) from pg_constraint as k where k.conrelid = c.oid and k.contype = 'f'), 1",
        )
        .fetch_all(&mut database.owner)
        .await?;
        let mut tables = Vec::new();
        for name in names {
            let count = AssertSqlSafe(format!("select count(*) from {name}"));
            let rows: i64 = sqlx::query_scalar(count).fetch_one(&mut database.owner).await?;
            let copy = format!("copy {name} to stdout (format binary)");
            let mut stream = database.owner.copy_out_raw(&copy).await?;
            let mut bytes: Vec<Vec<u8>> = Vec::new();
            while let Some(chunk) = stream.next().await {
                let chunk = chunk?;
                // A row is a message of its own; sent back like that it would measure the messages.
                match bytes.last_mut().filter(|last| last.len() < 1 << 18) {
                    Some(last) => last.extend_from_slice(&chunk),
                    None => bytes.push(chunk.to_vec()),
                }
            }
            tables.push(TableRows { name, rows: rows.try_into()?, bytes });
        }
        Ok(Self { tables })
    }

    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.tables.iter().flat_map(|table| &table.bytes).map(|chunk| chunk.len() as u64).sum()
    }

    /// Copies them into a database with the same tables, which are empty; how long that took, durable.
    pub(crate) async fn copy_in(&self, database: &mut Database) -> anyhow::Result<Duration> {
        let started = Instant::now();
        let mut transaction = database.owner.begin().await?;
        for table in &self.tables {
            let copy = format!("copy {} from stdin (format binary)", table.name);
            let mut sink = transaction.copy_in_raw(&copy).await?;
            for chunk in &table.bytes {
                sink.send(chunk.as_slice()).await?;
            }
            let copied = sink.finish().await?;
            ensure!(copied == table.rows, "{}: {} rows became {copied}", table.name, table.rows);
        }
        transaction.commit().await?;
        Ok(started.elapsed())
    }
}
