//! Every statement of the crate, read from its sources: the metadata in `.sqlx/` is that of these statements and of
//! this schema, each has a name, names its tenant, and has an index that it can use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use handoff_store::scratch::ScratchDatabase;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Either, Executor, PgConnection, Row, SqlStr};

/// The statements that may look at more than one tenant: polls over the directories, and those of the server's own
/// catalogue. Nothing else ever.
const WITHOUT_TENANT: [&str; 17] = [
    "connect::server_version",
    "connect::schema_version",
    "log::head::list",
    "log::cursor::list",
    "due_time::list",
    "judge_time::list",
    "judge_time::list_reevaluating",
    "verify::schema_version",
    "verify::log::tenants",
    "verify::each_session",
    "verify::each_prepared",
    "verify::each_size",
    "verify::now",
    "scratch::lock_template",
    "scratch::is_template",
    "sessions::open_transactions",
    "sessions::terminate",
];

struct Found {
    file: PathBuf,
    text: String,
}

impl Found {
    fn name(&self) -> &str {
        self.text.lines().next().and_then(|line| line.strip_prefix("-- ")).unwrap_or_default()
    }
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The literals of the checked macros. They are raw strings, so that what is read here is what the server gets.
fn statements() -> Vec<Found> {
    let (mut files, mut found) = (Vec::new(), Vec::new());
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let source: String = fs::read_to_string(&file)
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| [line, "\n"])
            .collect();
        for mac in ["query!(", "query_as!(", "query_scalar!("] {
            for (at, _) in source.match_indices(&format!("sqlx::{mac}")) {
                let rest = &source[at..];
                let (before, literal) = rest
                    .split_once("r#\"")
                    .unwrap_or_else(|| panic!("{}: a checked statement is a raw string", file.display()));
                assert!(!before.contains(';'), "{}: a checked statement is a raw string", file.display());
                let (text, _) = literal.split_once("\"#").unwrap();
                found.push(Found { file: file.clone(), text: text.to_owned() });
            }
        }
    }
    assert!(found.len() > 10, "the statements were found");
    found
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn recorded() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
            (entry["hash"].as_str().unwrap().to_owned(), entry)
        })
        .collect()
}

/// As a build with a database would see it: the log's statements find one service's tables.
async fn connection(scratch: &ScratchDatabase) -> PgConnection {
    let mut connection = PgConnection::connect(&scratch.url()).await.unwrap();
    sqlx::raw_sql("set search_path = qualification").execute(&mut connection).await.unwrap();
    connection
}

#[test]
fn the_metadata_is_of_exactly_these_statements() {
    let written: BTreeMap<String, Found> =
        statements().into_iter().map(|found| (hash(&found.text), found)).collect();
    let recorded = recorded();
    let unrecorded: Vec<&str> = written
        .iter()
        .filter(|(hash, _)| !recorded.contains_key(*hash))
        .map(|(_, found)| found.name())
        .collect();
    let left_over: Vec<&String> = recorded.keys().filter(|hash| !written.contains_key(*hash)).collect();
    assert!(
        unrecorded.is_empty() && left_over.is_empty(),
        "run crates/store/prepare.sh: {unrecorded:?} have no metadata, {left_over:?} no statement"
    );
}

#[tokio::test]
async fn the_metadata_is_of_this_schema() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let mut connection = connection(&scratch).await;
    let recorded = recorded();
    for found in statements() {
        let entry = recorded
            .get(&hash(&found.text))
            .unwrap_or_else(|| panic!("{}: run crates/store/prepare.sh", found.name()));
        let text: SqlStr = sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(found.text.clone()));
        let now = (&mut connection).describe(text).await.unwrap();
        let now = serde_json::to_value(&now).unwrap();
        let then = &entry["describe"];
        let name = found.name();
        assert_eq!(entry["query"], json!(found.text));
        assert_eq!(then["columns"], now["columns"], "{name}: run crates/store/prepare.sh");
        assert_eq!(then["parameters"], now["parameters"], "{name}: run crates/store/prepare.sh");
        // Whether a column may be null is guessed from a plan where there is an outer join, so it counts only where
        // the statement does not say so itself.
        let columns =
            now["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap());
        for (index, column) in columns.enumerate().filter(|(_, name)| !name.ends_with(['!', '?'])) {
            assert_eq!(
                then["nullable"][index], now["nullable"][index],
                "{name}, {column}: run crates/store/prepare.sh"
            );
        }
    }
}

#[test]
fn every_statement_has_a_name_of_its_own_that_says_where_it_is() {
    let mut names = BTreeSet::new();
    for found in statements() {
        let name = found.name();
        let file = found.file.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = found.file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let place: Vec<&str> = name.split("::").collect();
        assert!(
            place.len() >= 2 && place[..place.len() - 1].iter().any(|part| *part == file || *part == folder),
            "{}: the first line of a statement is `-- {file}::what_it_does`, not {name:?}",
            found.file.display()
        );
        assert!(names.insert(name.to_owned()), "{name} stands twice");
    }
    for exception in WITHOUT_TENANT {
        assert!(names.contains(exception), "{exception} is gone; take it off the list");
    }
}

#[test]
fn every_statement_is_for_the_tenant_of_its_first_parameter() {
    for found in statements() {
        let name = found.name();
        let is_for_tenant = found.text.contains("tenant_id = $1")
            || found.text.contains("select $1,")
            || found.text.contains("values ($1,");
        assert_eq!(is_for_tenant, !WITHOUT_TENANT.contains(&name), "{name}");
        assert!(!found.text.contains("select *"), "{name} lists its columns");
    }
}

#[tokio::test]
async fn every_statement_on_a_table_has_an_index_that_it_can_use() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let mut connection = connection(&scratch).await;
    // Whatever the planner thinks of tables this small: a sequential scan that is left has no alternative.
    sqlx::raw_sql(
        "set enable_seqscan = off; set plan_cache_mode = force_generic_plan;
         set handoff.tenant = '00000000-0000-0000-0000-000000000001'",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    for found in statements().iter().filter(|found| !found.text.contains("pg_advisory_lock")) {
        let text: SqlStr = sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(found.text.clone()));
        let described = (&mut connection).describe(text).await.unwrap();
        let Some(Either::Left(parameters)) = described.parameters() else { panic!("parameters have types") };
        let nulls = match parameters.len() {
            0 => String::new(),
            count => format!("({})", vec!["null"; count].join(", ")),
        };
        let explain = format!("prepare it as {}\n; explain execute it{nulls}; deallocate it", found.text);
        let plan: Vec<String> = sqlx::raw_sql(AssertSqlSafe(explain))
            .fetch_all(&mut connection)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        let scans: Vec<&String> = plan
            .iter()
            .filter(|line| line.contains("Seq Scan on") && !line.contains("Seq Scan on pg_"))
            .filter(|line| !line.contains("Seq Scan on _sqlx_migrations"))
            .collect();
        assert!(scans.is_empty(), "{}: {scans:?} in\n{}", found.name(), plan.join("\n"));
    }
}
