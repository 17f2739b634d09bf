//! Random calendars, and random instants where calendars are difficult: on nights when clocks are moved and at the
//! turn of the year.

use std::sync::LazyLock;

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Definition, Exception, LocalInterval, LocalTime};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{date, utc};

/// Zones with an hour, half an hour, two hours or a whole day of change, at night, at midnight and before it, with
/// offsets that are no whole hours, and without any change.
const ZONES: [Tz; 14] = [
    chrono_tz::Europe::Rome,
    chrono_tz::America::New_York,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::Antarctica::Troll,
    chrono_tz::Pacific::Apia,
    chrono_tz::America::Santiago,
    chrono_tz::America::Sao_Paulo,
    chrono_tz::Asia::Beirut,
    chrono_tz::Asia::Tehran,
    chrono_tz::America::St_Johns,
    chrono_tz::Africa::Casablanca,
    chrono_tz::Pacific::Chatham,
    chrono_tz::Asia::Kathmandu,
    chrono_tz::UTC,
];

/// The hours between 2005 and 2035 after which a zone's offset is another one.
static CHANGES: LazyLock<Vec<Vec<DateTime<Utc>>>> = LazyLock::new(|| ZONES.map(changes).into());

fn changes(zone: Tz) -> Vec<DateTime<Utc>> {
    let offset = |t: &DateTime<Utc>| zone.offset_from_utc_datetime(&t.naive_utc()).fix();
    let hours = (0..30 * 365 * 24).map(|hour| utc("2005-01-01T00:00:00Z") + TimeDelta::hours(hour));
    hours.filter(|t| offset(t) != offset(&(*t + TimeDelta::hours(1)))).collect()
}

/// A calendar that opens every week, and an instant near which it may be difficult.
pub(super) fn calendar_and_instant() -> impl Strategy<Value = (Definition, DateTime<Utc>)> {
    (0..ZONES.len(), any::<prop::sample::Index>(), 0..3, micros(3)).prop_flat_map(
        |(zone, pick, place, near)| {
            let changes = &CHANGES[zone];
            let day = date("2005-01-01") + TimeDelta::days(pick.index(30 * 365) as i64);
            let base = match place {
                0 if !changes.is_empty() => changes[pick.index(changes.len())],
                1 => utc("2006-01-01T00:00:00Z") + TimeDelta::days(365) * pick.index(20) as i32,
                _ => day.and_time(chrono::NaiveTime::MIN).and_utc(),
            };
            let instant = base + near;
            (definition(ZONES[zone], instant), Just(instant))
        },
    )
}

/// A length of time within so many days to either side, in microseconds; often a round one, to meet edges.
pub(super) fn micros(days: i64) -> impl Strategy<Value = TimeDelta> {
    let most = days * 86_400_000_000;
    prop_oneof![
        (-most..most).prop_map(TimeDelta::microseconds),
        (-days * 96..days * 96).prop_map(|quarters| TimeDelta::minutes(quarters * 15)),
    ]
}

fn definition(zone: Tz, near: DateTime<Utc>) -> impl Strategy<Value = Definition> {
    let exceptions = vec((-6_i64..20, vec(interval(), 0..3)), 0..4);
    (vec(vec(interval(), 0..3), 7), interval(), 0..7_usize, exceptions).prop_map(
        move |(week, always, day, exceptions)| {
            let mut weekly_hours: [Vec<LocalInterval>; 7] = week.try_into().expect("seven days");
            weekly_hours[day].push(always);
            let on = |(days, hours)| {
                let exception = Exception { hours, display_name: String::new() };
                ((near + TimeDelta::days(days)).date_naive(), exception)
            };
            Definition { time_zone: zone, weekly_hours, exceptions: exceptions.into_iter().map(on).collect() }
        },
    )
}

fn interval() -> impl Strategy<Value = LocalInterval> {
    let time = |seconds| LocalTime::from_seconds(seconds).expect("within a day");
    let quarters = |most: u32| (0..most).prop_map(move |quarter| time(quarter * 900));
    // Half of them in the small hours, where clocks are moved; some to the second; some across midnight.
    let open = prop_oneof![quarters(20), quarters(96), (0..86_400_u32).prop_map(time)];
    let close = prop_oneof![quarters(20), quarters(97), (0..=86_400_u32).prop_map(time)];
    (open, close).prop_map(|(open, close)| LocalInterval { open, close })
}
