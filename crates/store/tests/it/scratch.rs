//! Scratch databases, and what a service says of a database that it cannot use.

use handoff_store::database::{ConnectError, Database, Options, Service};
use handoff_store::migrate;
use handoff_store::scratch::ScratchDatabase;
use sqlx::{Connection, PgConnection};

async fn connect(url: &str) -> Result<Database, ConnectError> {
    Database::connect(url, Service::Sla, Options::default()).await
}

async fn run(url: &str, statement: &'static str) {
    let mut owner = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn each_scratch_database_is_its_own_and_goes_away() {
    let (one, two, three) =
        tokio::join!(ScratchDatabase::new(), ScratchDatabase::new(), ScratchDatabase::new());
    let made = [one.unwrap(), two.unwrap(), three.unwrap()];
    let mut urls: Vec<_> = made.iter().map(ScratchDatabase::url).collect();
    for url in &urls {
        connect(url).await.unwrap();
    }
    drop(made);
    for url in &urls {
        assert!(connect(url).await.is_err(), "it was dropped");
    }
    urls.sort_unstable();
    urls.dedup();
    assert_eq!(urls.len(), 3);
}

#[tokio::test]
async fn a_database_without_a_schema_is_refused_with_the_way_out() {
    let scratch = ScratchDatabase::new().await.unwrap();
    run(&scratch.url(), "drop table public._sqlx_migrations").await;
    let error = connect(&scratch.url()).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotMigrated), "{error:?}");
    assert!(error.to_string().contains("handoff migrate"));
}

#[tokio::test]
async fn an_older_schema_is_refused_and_a_newer_one_is_not() {
    let scratch = ScratchDatabase::new().await.unwrap();
    run(&scratch.url(), "insert into public._sqlx_migrations values (99999999, 'later', now(), true, '', 0)")
        .await;
    connect(&scratch.url()).await.unwrap();
    run(
        &scratch.url(),
        "delete from public._sqlx_migrations;
         insert into public._sqlx_migrations values (0, 'earlier', now(), true, '', 0)",
    )
    .await;
    let error = connect(&scratch.url()).await.unwrap_err();
    let needed = migrate::needed_version();
    assert!(
        matches!(error, ConnectError::SchemaTooOld { found: 0, needed: version } if version == needed),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_a_bad_url_is_not() {
    let nowhere = connect("postgres://nobody@127.0.0.1:1/none").await.unwrap_err();
    assert!(nowhere.is_unreachable(), "{nowhere:?}");
    let nonsense = connect("not a url").await.unwrap_err();
    assert!(matches!(nonsense, ConnectError::Url(_)), "{nonsense:?}");
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let scratch = ScratchDatabase::new().await.unwrap();
    migrate::migrate(&scratch.url()).await.unwrap();
    connect(&scratch.url()).await.unwrap();
}
