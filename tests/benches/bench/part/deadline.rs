//! A deadline on a saved calendar: nanoseconds per call over many starts, with lunch, holidays and zones that move
//! their clocks, against a walk from day to day, as one writes it first. Both must give the same deadlines.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, ensure};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition, Exception, LocalInterval, LocalTime, local};
use handoff_domain::target::Target;

use super::Setting;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;

const ZONES: [&str; 4] = ["Europe/Rome", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
/// Starts per calendar, spread over three years.
const STARTS: i64 = 4_096;
const YEARS: std::ops::RangeInclusive<i32> = 2025..=2028;
/// How often a round goes over all starts; the walk goes over a sixteenth of them once.
const PASSES: u32 = 40;

/// A way to find the deadline of a target that starts at an instant.
type Way<'a> = &'a dyn Fn(&Calendar, DateTime<Utc>, Target) -> Option<DateTime<Utc>>;

pub(crate) fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(5);
    let calendars: Vec<Calendar> = ZONES.iter().map(|zone| calendar(zone)).collect::<anyhow::Result<_>>()?;
    let starts = starts()?;
    let targets = [
        ("1 h business time", Target::Business(TimeDelta::hours(1))),
        ("2 business days", Target::BusinessDays(2)),
        ("40 h business time", Target::Business(TimeDelta::hours(40))),
        ("20 business days", Target::BusinessDays(20)),
    ];
    let mut table = Table::new(
        "a deadline: Monday to Friday 09:00 to 13:00 and 14:00 to 18:00, ten holidays a year, four zones",
        &["target", "ns", "day by day, ns", "times faster"],
    );
    let mut slowest = Rounds::default();
    for (name, target) in targets {
        agree(&calendars, &starts, target)?;
        let (mut saved, mut walked) = (Rounds::default(), Rounds::default());
        for _ in 0..rounds {
            saved.push(nanos(&calendars, &starts, target, PASSES, &Calendar::due));
            walked.push(nanos(&calendars, &starts[..starts.len() / 16], target, 1, &walk));
        }
        table.row([
            Cell::word(name),
            Cell::spread(&saved, 0),
            Cell::spread(&walked, 0),
            Cell::spread(&walked.against(&saved), 0),
        ]);
        if slowest.count() == 0 || saved.median() > slowest.median() {
            slowest = saved;
        }
    }
    let figure = "a deadline on a saved calendar, the slowest target, ns".to_owned();
    let claim =
        Claim { figure, value: slowest, decimals: 0, goal: 200.0, floor: 1_000.0, better: Better::Lower };
    Ok(Outcome { tables: vec![table], claims: vec![claim], remarks: Vec::new() })
}

/// Every start has the same deadline either way.
fn agree(calendars: &[Calendar], starts: &[DateTime<Utc>], target: Target) -> anyhow::Result<()> {
    for calendar in calendars {
        for &start in starts {
            let (saved, walked) = (calendar.due(start, target), walk(calendar, start, target));
            ensure!(saved == walked, "{start} + {target}: {saved:?}, day by day {walked:?}");
        }
    }
    Ok(())
}

fn nanos(calendars: &[Calendar], starts: &[DateTime<Utc>], target: Target, passes: u32, way: Way<'_>) -> f64 {
    let started = Instant::now();
    for _ in 0..passes {
        for &start in starts {
            for calendar in calendars {
                black_box(way(black_box(calendar), black_box(start), black_box(target)));
            }
        }
    }
    let calls = f64::from(passes) * (starts.len() * calendars.len()) as f64;
    started.elapsed().as_nanos() as f64 / calls
}

/// Instants in no order, so that no branch is learnt: steps through three years by a number that shares no factor.
fn starts() -> anyhow::Result<Vec<DateTime<Utc>>> {
    let first: DateTime<Utc> = "2025-01-01T00:00:00Z".parse()?;
    let span = 3 * 365 * 86_400;
    Ok((1..=STARTS).map(|number| first + TimeDelta::seconds(number * 61_803_399 % span)).collect())
}

fn calendar(zone: &str) -> anyhow::Result<Calendar> {
    let time = |hour: u32| LocalTime::from_seconds(hour * 3_600).context("an hour of the day");
    let day = vec![
        LocalInterval { open: time(9)?, close: time(13)? },
        LocalInterval { open: time(14)?, close: time(18)? },
    ];
    let mut definition = Definition::office_hours(zone.parse::<Tz>().map_err(anyhow::Error::msg)?);
    for hours in definition.weekly_hours.iter_mut().filter(|hours| !hours.is_empty()) {
        hours.clone_from(&day);
    }
    let holidays = [(1, 1), (1, 6), (4, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25)];
    definition.exceptions = YEARS
        .flat_map(|year| holidays.map(|(month, day)| NaiveDate::from_ymd_opt(year, month, day)))
        .map(|date| Some((date?, Exception::default())))
        .collect::<Option<BTreeMap<_, _>>>()
        .context("a date that there is")?;
    Ok(Calendar::new(definition))
}

/// The definition read day by day.
fn walk(calendar: &Calendar, start: DateTime<Utc>, target: Target) -> Option<DateTime<Utc>> {
    let definition = calendar.definition();
    let mut date = start.with_timezone(&definition.time_zone).date_naive();
    let mut left = target;
    // A year and a half at most: no target here is longer.
    for _ in 0..550 {
        match &mut left {
            Target::Business(left) => {
                for (open, close) in opening_on(definition, date) {
                    let open = open.max(start);
                    if open >= close {
                        continue;
                    }
                    if *left <= close - open {
                        return Some(open + *left);
                    }
                    *left -= close - open;
                }
            }
            Target::BusinessDays(left) => {
                let is_later = date > start.with_timezone(&definition.time_zone).date_naive();
                let close = opening_on(definition, date).last().map(|(_, close)| close);
                if let Some(close) = close.filter(|_| is_later) {
                    *left -= 1;
                    if *left == 0 {
                        return Some(close);
                    }
                }
            }
            Target::Calendar(time) => return Some(start + *time),
        }
        date = date.checked_add_days(Days::new(1))?;
    }
    None
}

/// The intervals that open on a date, as instants, in order.
fn opening_on(
    definition: &Definition,
    date: NaiveDate,
) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
    let weekly = &definition.weekly_hours[date.weekday().num_days_from_monday() as usize];
    let hours = definition.exceptions.get(&date).map_or(weekly, |exception| &exception.hours);
    let at = move |time: LocalTime| {
        let local = date.and_time(NaiveTime::MIN) + TimeDelta::seconds(i64::from(time.seconds()));
        local::to_utc(definition.time_zone, local)
    };
    hours.iter().map(move |hours| (at(hours.open), at(hours.close)))
}
