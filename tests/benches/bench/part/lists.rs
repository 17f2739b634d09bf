//! ListHandoffs of a million open hand-overs of one tenant: each list is walked from its first page to its last, and every page
//! is timed. Beside the list by date stands a page of the same rows by raw SQL.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::from_timestamp;
use handoff_store::batch::Limits;
use uuid::Uuid;

use super::Setting;
use crate::floor::database::Database;
use crate::load::Sample;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::services::{Connections, Services, Tenant};

const HANDOFFS: usize = 1_000_000;
const PAGE: i32 = 100;
/// Pages of the longest lists between two that are asked of SQL too.
const FLOOR_EVERY: usize = 10;

/// A list, and how many hand-overs are on it.
struct List {
    name: &'static str,
    asks: pb::ListHandoffsRequest,
    holds: usize,
}

fn lists() -> Vec<List> {
    let all =
        || pb::ListHandoffsRequest { page_size: PAGE, open: true, ..pb::ListHandoffsRequest::default() };
    let list = |name, holds, asks| List { name, asks, holds };
    let state = pb::HandoffState::Assigned.into();
    let order = pb::HandoffOrder::Score.into();
    let (min_score, below_score) = ("910".to_owned(), "920".to_owned());
    vec![
        list("by date", HANDOFFS, pb::ListHandoffsRequest { state, ..all() }),
        list("by score", HANDOFFS, pb::ListHandoffsRequest { order, ..all() }),
        list(
            "of an owner",
            HANDOFFS / 100,
            pb::ListHandoffsRequest { owner: "users/user-7".into(), ..all() },
        ),
        list("of a team", HANDOFFS / 10, pb::ListHandoffsRequest { team: "teams/team-7".into(), ..all() }),
        list(
            "of a persona",
            HANDOFFS / 1_000,
            pb::ListHandoffsRequest { persona: "persona-7".into(), ..all() },
        ),
        list(
            "of a team, in stage MQL",
            HANDOFFS / 10,
            pb::ListHandoffsRequest { team: "teams/team-7".into(), stage: pb::Stage::Mql.into(), ..all() },
        ),
        list(
            "of an owner, a tenth of them by score",
            HANDOFFS / 1_000,
            pb::ListHandoffsRequest { owner: "users/user-7".into(), min_score, below_score, ..all() },
        ),
    ]
}

/// What was seen of a list.
struct Seen {
    list: List,
    pages: Sample,
    raw: Option<Sample>,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let mut database = Database::create(setting.postgres, "lists").await?;
    let services = Services::qualification(database.url(), Limits::default()).await?;
    let connections = Connections::open(&services.qualification).await?;
    let tenant = connections.found("lists", Side::Sales).await?;
    setting.say(&format!("laying {HANDOFFS} open hand-overs"));
    database.make_queue(tenant.id, HANDOFFS).await?;
    database.settle().await?;
    let mut seen = Vec::new();
    for (number, list) in lists().into_iter().enumerate() {
        setting.say(&format!("all pages {}", list.name));
        // Services end connections that are some minutes old.
        let tenant = Connections::open(&services.qualification).await?.tenant(&tenant.slug, Side::Sales);
        let (pages, raw) = walk(&tenant, &list, (number == 0).then_some(&mut database)).await?;
        seen.push(Seen { list, pages, raw });
    }
    services.stop().await;
    database.drop().await?;
    Ok(outcome(&seen))
}

/// Every page of a list, and of some of them the same by SQL.
async fn walk(
    tenant: &Tenant,
    list: &List,
    mut floor: Option<&mut Database>,
) -> anyhow::Result<(Sample, Option<Sample>)> {
    let mut client = tenant.client(0);
    let (mut times, mut raw, mut found) = (Vec::<Duration>::new(), Vec::new(), 0);
    let mut request = list.asks.clone();
    loop {
        let sent = Instant::now();
        let page = client.list_handoffs(request.clone()).await?.into_inner();
        times.push(sent.elapsed());
        found += page.handoffs.len();
        if let (Some(database), Some(last)) = (&mut floor, page.handoffs.last())
            && times.len() % FLOOR_EVERY == 0
        {
            let mql_at = last.mql_time.as_ref().and_then(from_timestamp).context("an MQL time")?;
            let id: Uuid = last.name.trim_start_matches("handoffs/").parse()?;
            let sent = Instant::now();
            database.queue_page(tenant.id, (mql_at, id), PAGE.into()).await?;
            raw.push(sent.elapsed());
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    ensure!(found == list.holds, "{}: {found} of {} were listed", list.name, list.holds);
    Ok((Sample::of(times), (!raw.is_empty()).then(|| Sample::of(raw))))
}

fn outcome(seen: &[Seen]) -> Outcome {
    let mut table = Table::new(
        "ListHandoffs of 1,000,000 open hand-overs, 100 a page",
        &["list", "hand-overs", "p50 ms", "p95 ms", "p99 ms", "raw SQL of the same page, p50 ms", "p95 ms"],
    );
    let mut claims = Vec::new();
    for Seen { list, pages, raw } in seen {
        let of_raw =
            |percent| raw.as_ref().map_or(Cell::word(""), |raw| Cell::number(raw.percentile_ms(percent), 1));
        table.row([
            Cell::word(list.name),
            Cell::word(list.holds),
            Cell::number(pages.percentile_ms(50), 1),
            Cell::number(pages.percentile_ms(95), 1),
            Cell::number(pages.percentile_ms(99), 1),
            of_raw(50),
            of_raw(95),
        ]);
        claims.push(Claim {
            figure: format!("ListHandoffs {} of 1,000,000 open, p95 of all pages in ms", list.name),
            value: Rounds::once(pages.percentile_ms(95)),
            decimals: 1,
            goal: 10.0,
            floor: 10.0,
            better: Better::Lower,
        });
    }
    Outcome { tables: vec![table], claims, remarks: Vec::new() }
}
