//! Row-level security as each service's role meets it: another tenant's rows are not there, a session without a
//! tenant gets an error, and another service's tables are out of reach.

use handoff_domain::id::TenantId;
use handoff_store::database::Service;
use handoff_store::scratch::ScratchDatabase;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The tables of a log that belong to one tenant a row, with a row for them.
const ROWS: [(&str, &str); 3] = [
    ("event", "(T, 1, T, 'LeadCaptured', 1, now(), now(), 'users/ada', 'MARKETING', null, '')"),
    ("person_value", "(T, T, 1, 'email', 'ada@example.com')"),
    ("request", "(T, T, 'users/ada', 'CaptureLead', sha256(''), now(), 1, 'DONE', null, 'leads/1', '[]')"),
];

struct Session {
    connection: PgConnection,
}

impl Session {
    async fn open(scratch: &ScratchDatabase, service: Service) -> Self {
        let mut connection = PgConnection::connect(&scratch.url()).await.unwrap();
        let role = format!("set role {}; set search_path = {}", service.role(), service.schema());
        sqlx::raw_sql(AssertSqlSafe(role)).execute(&mut connection).await.unwrap();
        Self { connection }
    }

    /// Runs a statement in a transaction of the tenant and commits it.
    async fn run_as(&mut self, tenant: Option<TenantId>, statement: &str) -> Result<u64, String> {
        let set = tenant.map(|id| format!("set local handoff.tenant = '{id}'")).unwrap_or_default();
        let mut tx = self.connection.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut *tx).await.unwrap();
        match sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut *tx).await {
            Ok(done) => {
                tx.commit().await.unwrap();
                Ok(done.rows_affected())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

fn insert(table: &str, row: &str, tenant: TenantId) -> String {
    format!("insert into {table} values {}", row.replace("T,", &format!("'{tenant}',")))
}

fn check_error(result: &Result<u64, String>, part: &str) {
    assert!(matches!(result, Err(text) if text.contains(part)), "{result:?} should say {part}");
}

#[tokio::test]
async fn a_tenants_rows_do_not_exist_for_another_tenant() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let (mine, theirs) = (Some(TenantId::from_slug("acme")), Some(TenantId::from_slug("globex")));
    for service in Service::ALL {
        let mut session = Session::open(&scratch, service).await;
        for (table, row) in ROWS {
            let count = format!("select * from {table}");
            assert_eq!(session.run_as(mine, &insert(table, row, mine.unwrap())).await, Ok(1));
            assert_eq!(session.run_as(mine, &count).await, Ok(1));
            assert_eq!(session.run_as(theirs, &count).await, Ok(0), "{table}");
            check_error(
                &session.run_as(theirs, &insert(table, row, mine.unwrap())).await,
                "row-level security policy",
            );
        }
        let delete = "delete from person_value; delete from request";
        assert_eq!(session.run_as(theirs, delete).await, Ok(0));
        assert_eq!(session.run_as(mine, delete).await, Ok(2));
    }
}

#[tokio::test]
async fn a_session_without_a_tenant_gets_an_error_and_not_an_empty_answer() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let tenant = TenantId::from_slug("acme");
    for service in Service::ALL {
        for (table, row) in ROWS {
            let mut fresh = Session::open(&scratch, service).await;
            let select = format!("select * from {table}");
            let mut used = Session::open(&scratch, service).await;
            used.run_as(Some(tenant), &insert(table, row, tenant)).await.unwrap();
            check_error(&fresh.run_as(None, &select).await, "unrecognized configuration parameter");
            // Once a transaction has set it, the setting stays behind, empty; that is no tenant either.
            check_error(&used.run_as(None, &select).await, "invalid input syntax for type uuid");
        }
    }
}

#[tokio::test]
async fn a_service_cannot_reach_anothers_schema() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let tenant = Some(TenantId::from_slug("acme"));
    for service in Service::ALL {
        let mut session = Session::open(&scratch, service).await;
        for other in Service::ALL.into_iter().filter(|other| *other != service) {
            for table in ["log_head", "event", "consumer_cursor"] {
                let select = format!("select * from {}.{table}", other.schema());
                check_error(&session.run_as(tenant, &select).await, "permission denied for schema");
            }
        }
    }
}

#[tokio::test]
async fn a_log_cannot_be_rewritten() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let tenant = Some(TenantId::from_slug("acme"));
    for service in Service::ALL {
        let mut session = Session::open(&scratch, service).await;
        for statement in [
            "update event set payload = ''",
            "delete from event",
            "truncate event",
            "delete from log_head",
            "update request set facts = '[]'",
            "alter table event disable row level security",
            "create table mine (id int)",
        ] {
            assert!(session.run_as(tenant, statement).await.is_err(), "{statement}");
        }
    }
}
