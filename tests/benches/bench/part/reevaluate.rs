//! All leads of a tenant looked at anew when a scoring model takes effect, one in a hundred of which changes side: with
//! nobody there, and beside callers who record activities of the same tenant. The floor is one statement that reads and
//! adds the same activities, with nothing made of the sums.

use std::time::{Duration, Instant};

use anyhow::ensure;
use handoff_domain::actor::Side;
use handoff_store::batch::Limits;
use handoff_tests::waiting::until_through;

use super::Setting;
use crate::agreement::{agree, publish};
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::population::Population;
use crate::rounds::Rounds;
use crate::services::{Connections, Services};

const LEADS: usize = 1_000_000;
/// One in a hundred.
const CHANGING: usize = LEADS / 100;
/// Of as many leads callers record activities.
const ACTIVE: i64 = 4_096;
const IN_FLIGHT: u16 = 32;
/// How long callers are looked at by themselves.
const ALONE: Duration = Duration::from_secs(20);
/// Reads and adds what the leads did, by day, as an engagement is made of it.
const FLOOR: &str = "select count(*) from ( \
     select lead_id, type, local_date, count(*) as count, max(occurred_at) as last \
     from qualification.activity group by lead_id, type, local_date offset 0) as sums";

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let mut database = Database::create(setting.postgres, "reevaluate").await?;
    let services = Services::qualification(database.url(), Limits::default()).await?;
    let connections = Connections::open(&services.qualification).await?;
    let tenant = connections.found("reevaluate", Side::Marketing).await?;
    agree(&connections, &tenant, 50).await?;
    setting.say(&format!("laying {LEADS} leads with ten activities each"));
    database.make_leads(tenant.id, LEADS).await?;
    database.settle().await?;

    setting.say("one statement over the same activities");
    let started = Instant::now();
    database.count(FLOOR).await?;
    let floor = Rounds::once(started.elapsed().as_secs_f64());

    setting.say("a model takes effect, nobody is there");
    publish(&connections, &tenant, "45", 1_000_000).await?;
    let idle = done(&mut database, 2).await?;
    setting.say(&format!("it took {:.1} s", idle.median()));
    let entered = "select count(*) from qualification.event \
         where type in ('CandidateEntered', 'LeadQualified')";
    database.check(CHANGING, entered).await?;

    setting.say("callers by themselves");
    // Services end connections that are some minutes old; laying took that long.
    let connections = Connections::open(&services.qualification).await?;
    let tenant = connections.tenant(&tenant.slug, Side::Marketing);
    let population = Population::there(tenant.clone(), database.some_leads(tenant.id, ACTIVE).await?);
    let alone = load(End::After(ALONE)).drive(|task| population.recorder(task)).await?;
    setting.say("a model takes effect beside callers");
    publish(&connections, &tenant, "25", 1_000_000).await?;
    let (busy, beside) = beside(&mut database, &population).await?;
    services.stop().await;
    database.drop().await?;
    outcome(&floor, &idle, &alone, &busy, beside)
}

fn load(end: End) -> Load {
    Load { in_flight: IN_FLIGHT, end }
}

/// How many seconds the re-evaluation of a version takes; all leads were looked at, and one in a hundred found.
async fn done(database: &mut Database, number: i64) -> anyhow::Result<Rounds> {
    let started = Instant::now();
    until_through("all leads were looked at", async || {
        let (done, evaluated, judged) = database.reevaluation(number).await?;
        Ok((done, (evaluated, judged)))
    })
    .await?;
    let took = Rounds::once(started.elapsed().as_secs_f64());
    let (_, evaluated, _) = database.reevaluation(number).await?;
    ensure!(evaluated == LEADS as i64, "{evaluated} leads were looked at");
    Ok(took)
}

/// What callers saw while leads were looked at, and while those that change were judged.
#[derive(Default)]
struct Beside {
    evaluating: Vec<Sample>,
    applying: Vec<Sample>,
}

/// The same while callers record activities without end; what they saw.
async fn beside(database: &mut Database, population: &Population) -> anyhow::Result<(Rounds, Beside)> {
    let mut seen = Beside::default();
    let mut is_applying = false;
    let started = Instant::now();
    loop {
        let sample = load(End::After(Duration::from_secs(2))).drive(|task| population.recorder(task)).await?;
        if is_applying { &mut seen.applying } else { &mut seen.evaluating }.push(sample);
        let (is_done, evaluated, _) = database.reevaluation(3).await?;
        is_applying = evaluated == LEADS as i64;
        if is_done {
            ensure!(is_applying, "{evaluated} leads were looked at");
            return Ok((Rounds::once(started.elapsed().as_secs_f64()), seen));
        }
        ensure!(started.elapsed() < Duration::from_secs(900), "it does not come to an end: {evaluated}");
    }
}

fn outcome(
    floor: &Rounds,
    idle: &Rounds,
    alone: &Sample,
    busy: &Rounds,
    Beside { evaluating, applying }: Beside,
) -> anyhow::Result<Outcome> {
    let mut table = Table::new(
        "Re-evaluation of 1,000,000 leads with ten activities each, one in a hundred changes side",
        &["way", "seconds", "leads/s", "calls/s beside", "p50 ms", "p99 ms"],
    );
    let rate = |seconds: &Rounds| Cell::number(LEADS as f64 / seconds.median(), 0);
    let none = || Cell::word("");
    table.row([
        Cell::word("one statement over the same activities"),
        Cell::spread(floor, 1),
        rate(floor),
        none(),
        none(),
        none(),
    ]);
    table.row([Cell::word("nobody is there"), Cell::spread(idle, 1), rate(idle), none(), none(), none()]);
    let calls = |sample: &Sample| {
        [
            Cell::number(sample.calls_per_second(), 0),
            Cell::number(sample.percentile_ms(50), 2),
            Cell::number(sample.percentile_ms(99), 2),
        ]
    };
    let (evaluating, applying) =
        (Sample::together(evaluating.into_iter()), Sample::together(applying.into_iter()));
    let mut while_at = |what: &str, sample: &Sample| {
        let [rate, p50, p99] = calls(sample);
        let seconds = Cell::number(sample.elapsed.as_secs_f64(), 0);
        table.row([Cell::word(what), seconds, none(), rate, p50, p99]);
    };
    while_at("of it, leads are looked at", &evaluating);
    while_at("of it, those that change are judged", &applying);
    let beside = Sample::together([evaluating, applying].into_iter());
    let [rate_beside, p50, p99] = calls(&beside);
    table.row([Cell::word("beside 32 callers"), Cell::spread(busy, 1), rate(busy), rate_beside, p50, p99]);
    let [rate_alone, p50, p99] = calls(alone);
    table.row([Cell::word("the callers by themselves"), none(), none(), rate_alone, p50, p99]);
    let claim = |figure: &str, value: Rounds, decimals, goal, floor| Claim {
        figure: figure.into(),
        value,
        decimals,
        goal,
        floor,
        better: Better::Lower,
    };
    let slower = Rounds::once(beside.percentile_ms(99) / alone.percentile_ms(99));
    Ok(Outcome {
        tables: vec![table],
        claims: vec![
            claim(
                "re-evaluation ÷ one statement over the same activities",
                idle.against(floor),
                1,
                8.0,
                12.0,
            ),
            claim("seconds for 1,000,000 leads, nobody is there", idle.clone(), 1, 45.0, 60.0),
            claim("seconds for 1,000,000 leads beside callers", busy.clone(), 1, 120.0, 180.0),
            claim("p99 of calls beside it ÷ by themselves", slower, 2, 1.5, 2.0),
        ],
        remarks: vec![],
    })
}
