//! Baselines: which stretch of a lead's history an activity belongs to, and which one makes the score of a day.

use chrono::{DateTime, Utc};
use handoff_domain::score::{Baseline, ByHand, Decay, Engagement};

use super::{day, engagement, model, points, rule, scorer};
use crate::calendar::{date, utc};

fn baseline(at: &str, local_date: &str) -> Baseline {
    Baseline { at: utc(at), local_date: date(local_date) }
}

#[test]
fn an_activity_belongs_to_the_last_baseline_that_is_no_later() {
    let lead =
        [baseline("2026-03-10T12:00:00Z", "2026-03-10"), baseline("2026-05-01T22:30:00Z", "2026-05-02")];
    let number = |at: &str| Baseline::number_at(&lead, at.parse::<DateTime<Utc>>().expect("an instant"));
    assert_eq!(number("2026-03-10T11:59:59.999999Z"), 0, "recorded whenever: a late activity too");
    assert_eq!(number("2026-03-10T12:00:00Z"), 1);
    assert_eq!(number("2026-05-01T22:29:59Z"), 1);
    assert_eq!(number("2027-01-01T00:00:00Z"), 2);
    assert_eq!(Baseline::number_at(&[], utc("2026-03-10T12:00:00Z")), 0);
}

#[test]
fn a_day_is_scored_since_the_last_baseline_that_began_by_its_end() {
    let lead =
        [baseline("2026-03-10T12:00:00Z", "2026-03-10"), baseline("2026-05-01T22:30:00Z", "2026-05-02")];
    for (day, number) in
        [("2026-03-09", 0), ("2026-03-10", 1), ("2026-05-01", 1), ("2026-05-02", 2), ("2030-01-01", 2)]
    {
        assert_eq!(Baseline::number_on(&lead, date(day)), number, "{day}");
    }
    // The tenant moved to a zone further west between the two: the later baseline has the earlier date.
    let moved =
        [baseline("2026-03-10T01:00:00Z", "2026-03-10"), baseline("2026-03-10T02:00:00Z", "2026-03-09")];
    assert_eq!(Baseline::number_on(&moved, date("2026-03-09")), 2);

    let by_hand = ByHand { baselines: lead.to_vec(), ..ByHand::default() };
    let since = |day: &str| by_hand.since_on(date(day));
    assert_eq!(since("2026-03-09"), None);
    assert_eq!(since("2026-05-01"), Some(lead[0].at));
    assert_eq!((since("2026-05-02"), by_hand.since()), (Some(lead[1].at), Some(lead[1].at)));
}

#[test]
fn activities_before_a_baseline_count_nothing_after_it_and_still_count_in_the_past() {
    let scorer = scorer(model(vec![rule("demo", "30", Decay::None)]));
    let baselines =
        [Baseline { at: day(10).and_hms_opt(12, 0, 0).expect("a time").and_utc(), local_date: day(10) }];
    let mut stretches = [Engagement::default(), Engagement::default()];
    for on in [2, 9, 10, 12] {
        let at = day(on).and_hms_opt(15, 0, 0).expect("a time").and_utc();
        let rows = engagement(&scorer, &[("DEMO", on)]).rows().to_vec();
        let stretch = &mut stretches[Baseline::number_at(&baselines, at) as usize];
        rows.iter().for_each(|row| stretch.add(row.rule(), row.date()));
    }
    let score = |on| {
        scorer.behaviour(&stretches[Baseline::number_on(&baselines, day(on)) as usize], day(on)).to_string()
    };
    assert_eq!([1, 2, 9, 10, 11, 12].map(score), ["0", "30", "60", "30", "30", "60"]);
    assert_eq!(scorer.behaviour(&stretches[0], day(9)), points("60"));
}
