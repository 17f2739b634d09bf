//! Facts are a function of the log: however it is cut into batches, and whenever facts are written and loaded again in
//! between, the versions are the same. And so are the rollups: what the batches add to them is what the facts that hold
//! in the end contribute.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::id::{ClockId, LeadId};
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::rollup::cell::Cells;
use handoff_domain::rollup::contribution::Unmeasured;
use handoff_proto::event::v1 as pb;
use handoff_store::reporting::Known;
use handoff_store::reporting::handoff_fact::Passage;
use handoff_store::reporting::lead_fact::Lead as LeadRow;
use handoff_store::reporting::rollup_unmeasured::Place as Unlogged;
use proptest::prelude::*;

use super::{Subjects, project};
use crate::facts::{Changes, Facts};
use crate::rollup::{Deltas, Page};

#[path = "../../tests/it/story.rs"]
mod story;
#[path = "../../tests/it/way.rs"]
mod way;

use story::{Lead, Told, at, timestamp};
use way::Way;

/// Lead, product line, cycle, passage.
type Place = (LeadId, String, u32, u32);

/// The tables, as the store would hold them: a row per version.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tables {
    leads: BTreeMap<(LeadId, DateTime<Utc>), Known<LeadRow>>,
    passages: BTreeMap<(Place, DateTime<Utc>), Known<Passage>>,
    clocks: BTreeMap<(ClockId, DateTime<Utc>), Known<ClockFact>>,
    cells: Cells,
    unmeasured: BTreeMap<Unlogged, (Unmeasured, String)>,
}

const ZONE: Tz = Tz::Europe__Rome;

impl Tables {
    /// Takes in a batch: loads what it is about, projects, writes what changed.
    fn take_in(&mut self, batch: &[pb::Event]) {
        let mut about = Subjects::default();
        batch.iter().for_each(|event| about.note(event));
        let mut facts = Facts::default();
        let leads = self.leads.values().filter(|known| known.to.is_none());
        leads
            .filter(|known| about.leads.contains(&known.fact.fact.lead))
            .for_each(|it| facts.put_lead(it.clone()));
        let of = about.leads.iter().filter_map(|lead| facts.lead(*lead)?.merged_into);
        let survivors: BTreeSet<LeadId> = of.filter(|lead| !about.leads.contains(lead)).collect();
        let others =
            self.leads.values().filter(|it| it.to.is_none() && survivors.contains(&it.fact.fact.lead));
        others.for_each(|known| facts.put_lead(known.clone()));
        let passages = self.passages.values().filter(|known| known.to.is_none());
        let of_leads = passages.filter(|known| about.leads.contains(&known.fact.fact.lead));
        of_leads.for_each(|known| facts.put_passage(known.clone()));
        let clocks = self.clocks.values().filter(|known| known.to.is_none());
        clocks
            .filter(|known| about.clocks.contains(&known.fact.clock))
            .for_each(|it| facts.put_clock(it.clone()));
        let mut handoffs = facts.handoffs();
        handoffs.extend(about.handoffs);
        let passages = self.passages.values().filter(|known| known.to.is_none());
        let of_handoffs = passages.filter(|it| it.fact.fact.handoff.is_some_and(|it| handoffs.contains(&it)));
        of_handoffs.for_each(|known| facts.put_passage(known.clone()));
        let clocks = self.clocks.values().filter(|known| known.to.is_none());
        let of_handoffs = clocks.filter(|known| handoffs.contains(&known.fact.handoff));
        of_handoffs.for_each(|known| facts.put_clock(known.clone()));
        batch.iter().for_each(|event| project(&mut facts, event).expect("it fits what came before it"));
        self.add(Deltas::of_changes(&facts, ZONE, |_| true));
        self.write(facts.into_changes());
    }

    fn add(&mut self, deltas: Deltas) {
        for (cell, counters) in deltas.cells {
            counters.into_iter().for_each(|(key, n)| self.cells.count(cell.clone(), key, n));
        }
        for (place, now) in deltas.unmeasured {
            match now {
                Some(now) => drop(self.unmeasured.insert(place, now)),
                None => drop(self.unmeasured.remove(&place)),
            }
        }
        self.cells = std::mem::take(&mut self.cells).compact();
    }

    /// The rollups as a generation that is built anew has them.
    fn rebuilt(&self) -> (Cells, BTreeMap<Unlogged, (Unmeasured, String)>) {
        let mut built = Self::default();
        let page = Page {
            leads: self.leads.values().filter(|it| it.to.is_none()).map(|it| it.fact.clone()).collect(),
            passages: self.passages.values().filter(|it| it.to.is_none()).map(|it| it.fact.clone()).collect(),
            clocks: self.clocks.values().filter(|it| it.to.is_none()).map(|it| it.fact.clone()).collect(),
            is_last: true,
        };
        let mut deltas = Deltas::default();
        deltas.add_page(&page, ZONE);
        built.add(deltas);
        (built.cells, built.unmeasured)
    }

    fn write(&mut self, changes: Changes) {
        for known in changes.leads {
            self.leads.insert((known.fact.fact.lead, known.from), known);
        }
        for known in changes.passages {
            let Passage { number, fact, .. } = &known.fact;
            let place = (fact.lead, fact.line.clone(), fact.cycle, *number);
            self.passages.insert((place, known.from), known);
        }
        for known in changes.clocks {
            self.clocks.insert((known.fact.clock, known.from), known);
        }
        self.check();
    }

    /// One version of a fact holds, and the versions follow on from each other.
    fn check(&self) {
        let mut spans = BTreeMap::<String, Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>>::new();
        for ((lead, from), known) in &self.leads {
            spans.entry(format!("{lead}")).or_default().push((*from, known.to));
        }
        for (((lead, line, cycle, number), from), known) in &self.passages {
            spans.entry(format!("{lead} {line} {cycle} {number}")).or_default().push((*from, known.to));
        }
        for ((clock, from), known) in &self.clocks {
            spans.entry(format!("{clock}")).or_default().push((*from, known.to));
        }
        for (name, spans) in spans {
            let follow_on = spans.windows(2).all(|pair| pair[0].1 == Some(pair[1].0));
            assert!(follow_on && spans.last().is_some_and(|last| last.1.is_none()), "{name}: {spans:?}");
        }
    }
}

/// A log of some leads: what happened when, and how long after the event before it was recorded (often at once).
fn log() -> impl Strategy<Value = Vec<pb::Event>> {
    let merges = prop_oneof![3 => Just(None), 1 => (0_usize..4).prop_map(Some)];
    let step = (0_usize..4, any::<u8>(), 0_i64..100, prop_oneof![2 => Just(0_i64), 1 => 1_i64..5], merges);
    prop::collection::vec(step, 1..60).prop_map(|steps| {
        let mut ways: Vec<Way> = (0..4).map(|id| Way::new(Lead::from(id, &format!("s{id}")))).collect();
        let mut merged: BTreeMap<usize, usize> = BTreeMap::new();
        let mut recorded = at("2026-01-01");
        let mut events = Vec::new();
        for (who, choice, hours, pause, with) in steps {
            recorded += TimeDelta::seconds(pause);
            let occurred = at("2025-06-01") + TimeDelta::hours(hours);
            // A clock that was never started, as in a second cycle, is passed over.
            let told = match with {
                Some(other) => merge(&ways, &mut merged, who, other, occurred).into_iter().collect(),
                None => ways[who].go(choice, occurred),
            };
            for told in told {
                events.push(pb::Event {
                    position: i64::try_from(events.len()).expect("few") + 1,
                    occur_time: Some(timestamp(told.at)),
                    record_time: Some(timestamp(recorded)),
                    payload: Some(pb::Payload { fact: Some(told.fact), source: None }),
                    ..pb::Event::default()
                });
            }
        }
        events
    })
}

/// Merges two leads, or takes out one that was merged; nothing where neither can be.
fn merge(
    ways: &[Way],
    merged: &mut BTreeMap<usize, usize>,
    who: usize,
    other: usize,
    at: DateTime<Utc>,
) -> Option<Told> {
    if let Some(survivor) = merged.remove(&who) {
        return ways[who].part_from(&ways[survivor], at);
    }
    let is_free = |lead: usize| !merged.contains_key(&lead) && merged.values().all(|into| *into != lead);
    if who == other || !is_free(who) || merged.contains_key(&other) {
        return None;
    }
    let told = ways[who].merge_into(&ways[other], at)?;
    merged.insert(who, other);
    Some(told)
}

proptest! {
    #[test]
    fn however_a_log_is_cut_the_versions_are_the_same(
        log in log(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut whole = Tables::default();
        whole.take_in(&log);
        let cuts: BTreeSet<usize> = cuts.iter().map(|cut| cut.index(log.len().max(1))).filter(|cut| *cut < log.len()).collect();
        let mut parts = Tables::default();
        let mut start = 0;
        for cut in cuts.into_iter().chain([log.len()]) {
            parts.take_in(&log[start..cut]);
            start = cut;
        }
        prop_assert_eq!((parts.cells.clone(), parts.unmeasured.clone()), parts.rebuilt());
        prop_assert_eq!(whole, parts);
    }
}

#[test]
fn an_event_that_cannot_be_read_or_does_not_fit_is_a_defect() {
    let mut lead = Lead::new(1);
    lead.captured(at("2026-01-01"));
    let event = |told: Told| pb::Event {
        position: 1,
        occur_time: Some(timestamp(told.at)),
        record_time: Some(timestamp(told.at)),
        payload: Some(pb::Payload { fact: Some(told.fact), source: None }),
        ..pb::Event::default()
    };
    let unknown = event(lead.accepted(at("2026-01-02"), "ada"));
    assert!(project(&mut Facts::default(), &unknown).is_err(), "a handoff that nobody told of");
    let timeless = pb::Event { record_time: None, ..event(lead.captured(at("2026-01-02"))) };
    assert!(project(&mut Facts::default(), &timeless).is_err());
    let of_tomorrow = pb::Event { payload: Some(pb::Payload::default()), ..unknown };
    let mut facts = Facts::default();
    assert!(project(&mut facts, &of_tomorrow).is_ok());
    assert_eq!(facts.into_changes(), Changes::default());
}
