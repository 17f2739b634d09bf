//! Laws of the clock, over random histories of a tenant.

use chrono::TimeDelta;
use handoff_domain::calendar::Exception;
use handoff_domain::sla::{ClockState, Command, State};
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{MONDAY, World, handoff, qualified};
use crate::calendar::{interval, utc};

/// Something that happens some time after what happened before it.
#[derive(Debug, Clone)]
enum Step {
    Qualify { imported_days: i64 },
    Accept { implied: bool, late_hours: i64 },
    Reject,
    Withdraw,
    Fire,
    Hours { close: u32, holiday_in: i64 },
}

fn step() -> impl Strategy<Value = (u128, i64, Step)> {
    let step = prop_oneof![
        (0_i64..10).prop_map(|imported_days| Step::Qualify { imported_days }),
        (any::<bool>(), 0_i64..60).prop_map(|(implied, late_hours)| Step::Accept { implied, late_hours }),
        Just(Step::Reject),
        Just(Step::Withdraw),
        Just(Step::Fire),
        (12_u32..=24, 0_i64..5).prop_map(|(close, holiday_in)| Step::Hours { close, holiday_in }),
    ];
    (0_u128..4, 0_i64..1_500, step)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_history_keeps_the_laws_of_clocks(
        target in prop_oneof![Just("2bd"), Just("1bd"), Just("5h"), Just("30h calendar")],
        steps in vec(step(), 1..25),
    ) {
        let mut world = World::new(Some(target));
        let mut now = utc(MONDAY);
        for (number, minutes, step) in steps {
            now += TimeDelta::minutes(minutes);
            let (text, handoff) = (now.to_rfc3339(), handoff(number));
            let command = match step {
                Step::Qualify { imported_days } => {
                    let mql_at = now - TimeDelta::days(imported_days);
                    qualified(number, &mql_at.to_rfc3339(), &text, imported_days > 0)
                }
                Step::Accept { implied, late_hours } => {
                    Command::HandoffAccepted { handoff, at: now - TimeDelta::hours(late_hours), implied }
                }
                Step::Reject => Command::HandoffRejected { handoff, at: now },
                Step::Withdraw => Command::HandoffWithdrawn { handoff, at: now },
                Step::Fire => Command::FireDue { until: now },
                Step::Hours { close, holiday_in } => {
                    let mut hours = world.hours();
                    hours.weekly_hours[2] = vec![interval(&format!("08:00-{close:02}:00"))];
                    let holiday = (now + TimeDelta::days(holiday_in)).date_naive();
                    hours.exceptions.insert(holiday, Exception::default());
                    world.put(&text, "default", &hours).expect("valid");
                    continue;
                }
            };
            let was_fire = matches!(command, Command::FireDue { .. });
            world.send(&text, command);
            for number in 0..4 {
                let Some(clock) = world.state.clock_of(super::world::handoff(number)) else { continue };
                prop_assert!(clock.breached_at.is_none_or(|at| at == clock.due_at), "a breach is at the deadline");
                prop_assert_eq!(clock.is_running(), clock.ended_at.is_none());
                if let Some(ended_at) = clock.ended_at {
                    prop_assert_eq!(clock.breached_at.is_some(), ended_at > clock.due_at);
                }
                match clock.state {
                    ClockState::Met => prop_assert!(clock.breached_at.is_none() && clock.elapsed.is_some()),
                    ClockState::MetLate => prop_assert!(clock.breached_at.is_some() && clock.elapsed.is_some()),
                    ClockState::Cancelled => prop_assert!(clock.elapsed.is_none()),
                    ClockState::Running if was_fire => {
                        prop_assert_eq!(clock.is_overdue(now), clock.breached_at.is_some());
                    }
                    ClockState::Running => {}
                }
            }
        }
        let mut folded = State::default();
        world.log.iter().for_each(|event| folded.apply(event));
        for number in 0..4 {
            prop_assert_eq!(folded.clock_of(handoff(number)), world.state.clock_of(handoff(number)));
        }
    }
}
