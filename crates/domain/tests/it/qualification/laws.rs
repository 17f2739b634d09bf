//! The laws, over random sequences of commands: every history is a path of the machine, a track has at most one open
//! handoff, the log folds to the state, a refusal changes nothing (checked by `World`), and what was loaded was enough.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use handoff_domain::actor::Actor;
use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::*;
use handoff_domain::qualification::record::*;
use handoff_domain::qualification::rejection::{Disposition, RejectionReason};
use handoff_domain::qualification::stage::Transition;
use handoff_domain::qualification::state::{Dossier, StageChange, Stamp, State};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::dispute::{dispute, overturn, resolve, sam};
use super::loading::load;
use super::merge::{merge, unmerge, visit};
use super::world::{World, ada, capture, decide_with, importer, line, mia};

/// A command in the making: numbers choose among what the world has when it is run.
#[derive(Debug, Clone)]
enum Op {
    Capture { lead: u8, external: bool, record_ids: Vec<(u8, u8)>, suppression: Option<Suppression> },
    Qualify { lead: u8, hats: bool },
    Assign { handoff: u8, owner: u8 },
    Accept { handoff: u8, fresh: bool },
    Reject { handoff: u8, reason: u8, disposition: Option<Disposition> },
    Withdraw { handoff: u8, cools_down: bool },
    Dispute { handoff: u8 },
    Resolve { handoff: u8, upheld: bool },
    Contact { lead: u8, kind: u8, inbound: bool, hours_ago: i64 },
    Outcome { lead: u8, hats: bool, outcome: u8, hours_ago: i64 },
    Import { lead: u8, content: u8, entries: Vec<(u8, u8, bool)> },
    Visit { lead: u8 },
    Merge { survivor: u8, duplicate: u8 },
    Unmerge { lead: u8 },
    Wait { hours: i64 },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let suppression = prop_oneof![
        4 => Just(None),
        1 => prop::sample::select(Suppression::ALL).prop_map(Some)
    ];
    let disposition = prop::option::weighted(0.3, prop::sample::select(Disposition::ALL));
    let entries = prop::collection::vec((0..12_u8, 0..14_u8, any::<bool>()), 0..5);
    let record_ids = prop::collection::vec((0..2_u8, 0..4_u8), 0..3);
    let op = prop_oneof![
        2 => (0..4_u8, any::<bool>(), record_ids, suppression).prop_map(
            |(lead, external, record_ids, suppression)| Op::Capture { lead, external, record_ids, suppression }
        ),
        4 => (0..4_u8, any::<bool>()).prop_map(|(lead, hats)| Op::Qualify { lead, hats }),
        4 => (0..3_u8, 0..4_u8).prop_map(|(handoff, owner)| Op::Assign { handoff, owner }),
        3 => (0..4_u8, any::<bool>()).prop_map(|(handoff, fresh)| Op::Accept { handoff, fresh }),
        4 => (0..4_u8, 0..12_u8, disposition)
            .prop_map(|(handoff, reason, disposition)| Op::Reject { handoff, reason, disposition }),
        1 => (0..4_u8, any::<bool>()).prop_map(|(handoff, cools_down)| Op::Withdraw { handoff, cools_down }),
        3 => (0..4_u8).prop_map(|handoff| Op::Dispute { handoff }),
        3 => (0..4_u8, any::<bool>()).prop_map(|(handoff, upheld)| Op::Resolve { handoff, upheld }),
        2 => (0..4_u8, 0..3_u8, any::<bool>(), 0..48_i64)
            .prop_map(|(lead, kind, inbound, hours_ago)| Op::Contact { lead, kind, inbound, hours_ago }),
        3 => (0..4_u8, any::<bool>(), 0..3_u8, 0..2_000_i64)
            .prop_map(|(lead, hats, outcome, hours_ago)| Op::Outcome { lead, hats, outcome, hours_ago }),
        3 => (0..4_u8, 0..3_u8, entries)
            .prop_map(|(lead, content, entries)| Op::Import { lead, content, entries }),
        1 => (0..4_u8).prop_map(|lead| Op::Visit { lead }),
        2 => (0..4_u8, 0..4_u8).prop_map(|(survivor, duplicate)| Op::Merge { survivor, duplicate }),
        2 => (0..4_u8).prop_map(|lead| Op::Unmerge { lead }),
        2 => (1..900_i64).prop_map(|hours| Op::Wait { hours }),
    ];
    prop::collection::vec(op, 1..60)
}

fn email(lead: u8) -> String {
    format!("lead{lead}@example.org")
}

fn by(lead: u8) -> LeadRef {
    LeadRef::Email(email(lead))
}

fn on(hats: bool) -> ProductLine {
    line(if hats { "hats" } else { "default" })
}

/// One of the world's handoffs, or one that does not exist.
fn pick(world: &World, handoff: u8) -> HandoffId {
    let dossiers = world.state.records().dossiers.values();
    let mut all: Vec<HandoffId> = dossiers.flat_map(|dossier| dossier.handoffs.keys().copied()).collect();
    all.sort_unstable();
    let newest_first = all.iter().rev().nth(usize::from(handoff));
    newest_first.copied().unwrap_or(HandoffId(uuid::Uuid::nil()))
}

fn command(world: &World, op: &Op) -> Option<(Actor, Command)> {
    let ago = |hours| Some(world.now - TimeDelta::hours(hours));
    Some(match op {
        Op::Wait { .. } => return None,
        Op::Capture { lead, external, record_ids, suppression } => {
            let mut command = capture(&email(*lead));
            command.suppression = *suppression;
            command.person.external_id = external.then(|| format!("C-{}", lead / 2));
            let record_ids =
                record_ids.iter().map(|(system, id)| (format!("system-{system}"), format!("R-{id}")));
            command.person.record_ids = record_ids.collect();
            (mia(), Command::CaptureLead(Box::new(command)))
        }
        Op::Qualify { lead, hats } => {
            let command = QualifyLead { lead: by(*lead), line: on(*hats), trigger: Trigger::Manual };
            (mia(), Command::QualifyLead(command))
        }
        Op::Assign { handoff, owner } => {
            let owner = ["ada", "sam", "mia", "zoe"][usize::from(*owner)].to_owned();
            let command = AssignHandoff { handoff: pick(world, *handoff), owner, version: None };
            (mia(), Command::AssignHandoff(command))
        }
        Op::Accept { handoff, fresh } => {
            let handoff = pick(world, *handoff);
            let current = world.state.handoff(handoff).map(|handoff| handoff.version);
            let version = if *fresh { current } else { Some(1) };
            (ada(), Command::AcceptHandoff(AcceptHandoff { handoff, version }))
        }
        Op::Reject { handoff, reason, disposition } => {
            let command = RejectHandoff {
                handoff: pick(world, *handoff),
                reason: RejectionReason::ALL[usize::from(*reason)],
                disposition: *disposition,
                segment: None,
                note: None,
                version: None,
            };
            (ada(), Command::RejectHandoff(command))
        }
        Op::Withdraw { handoff, cools_down } => {
            let command = WithdrawHandoff {
                handoff: pick(world, *handoff),
                note: "A mistake".to_owned(),
                cooldown: (!cools_down).then(TimeDelta::zero),
                version: None,
            };
            (mia(), Command::WithdrawHandoff(command))
        }
        Op::Dispute { handoff } => (mia(), dispute(pick(world, *handoff))),
        Op::Resolve { handoff, upheld: true } => (sam(), resolve(pick(world, *handoff), Finding::Upheld)),
        Op::Resolve { handoff, upheld: false } => (sam(), overturn(pick(world, *handoff))),
        Op::Contact { lead, kind, inbound, hours_ago } => {
            let command = RecordContact {
                lead: by(*lead),
                line: None,
                kind: ContactKind::ALL[usize::from(*kind)],
                direction: if *inbound { Direction::Inbound } else { Direction::Outbound },
                human: true,
                channel: "PHONE".to_owned(),
                occurred_at: ago(*hours_ago),
            };
            (ada(), Command::RecordContact(command))
        }
        Op::Outcome { lead, hats, outcome, hours_ago } => {
            let outcome = match outcome {
                0 => Outcome::Opened { amount: None },
                1 => Outcome::Won { amount: None },
                _ => Outcome::Lost { reason: None },
            };
            let (line, occurred_at) = (on(*hats), ago(*hours_ago));
            (ada(), Command::RecordOutcome(RecordOutcome { lead: by(*lead), line, outcome, occurred_at }))
        }
        Op::Visit { lead } => {
            let id = world.state.lead_with_email(&email(*lead))?;
            (mia(), visit(LeadRef::Id(id)))
        }
        Op::Merge { survivor, duplicate } => (mia(), merge(by(*survivor), by(*duplicate))),
        Op::Unmerge { lead } => (mia(), unmerge(by(*lead))),
        Op::Import { lead, content, entries } => {
            let digest = |text: u8| Digest([text; 32]);
            let key = SourceKey { kind: SourceKind::Lead, key: digest(*lead) };
            let source = Source { key, content: digest(*content) };
            let entry = |(key, what, hats): &(u8, u8, bool)| {
                let past = past(*what);
                let key = SourceKey { kind: past.source_kind(), key: digest(*key) };
                let source = Source { key, content: digest(*what) };
                let occurred_at = world.now - TimeDelta::hours(i64::from(*what) * 40);
                Entry { source, occurred_at, line: on(*hats), past }
            };
            let lead = Box::new(capture(&email(*lead)));
            let subject = Subject::Capture { source, lead };
            (importer(), Command::Import(Import { subject, entries: entries.iter().map(entry).collect() }))
        }
    })
}

fn past(what: u8) -> Past {
    match what {
        0 | 1 => Past::Qualified,
        2 => Past::Assigned { owner: "ada".to_owned() },
        3 => Past::Accepted { by: Some("sam".to_owned()) },
        4 => Past::Rejected {
            by: Some("ada".to_owned()),
            reason: RejectionReason::NoBudgetNow,
            disposition: None,
            note: None,
        },
        5 => Past::OpportunityOpened { amount: None },
        6 => Past::Won { amount: None },
        7 => Past::Lost { reason: None },
        8 => Past::Nurtured { segment: None },
        12 | 13 => Past::Nurtured { segment: Some(format!("segment-{what}")) },
        9 => Past::Returned { to: Stage::Nurture, reason: "SILENT".to_owned() },
        10 => Past::Returned { to: Stage::Disqualified, reason: "BANKRUPT".to_owned() },
        _ => Past::Disqualified { reason: "SPAM".to_owned() },
    }
}

/// Every row continues where the last one of its track ended, by a step of the machine or by a skip that names
/// exactly what it left out.
fn assert_paths(world: &World) {
    let mut tracks: BTreeMap<_, Vec<&StageChange>> = BTreeMap::new();
    for row in &world.state.changes().history {
        tracks.entry((row.lead, row.line.clone())).or_default().push(row);
    }
    for rows in tracks.values() {
        let (mut stage, mut cycle) = (None, 1);
        for row in rows {
            // A track that begins later than its lead begins at LEAD.
            let late_start = stage.is_none() && row.from == Some(Stage::Lead);
            assert!(row.from == stage || late_start, "{row:?} after {stage:?}");
            assert!(row.cycle == cycle || row.cycle == cycle + 1, "{row:?} after cycle {cycle}");
            let segments = (row.from_segment.as_ref(), row.to_segment.as_ref());
            assert!(segments.0.is_none() || row.from == Some(Stage::Nurture), "{row:?}");
            assert!(segments.1.is_none() || row.to == Stage::Nurture, "{row:?}");
            if row.from == Some(row.to) && row.skipped.is_empty() {
                // Only the segment of nurture changed.
                assert_ne!(segments.0, segments.1, "{row:?}");
            } else if row.skipped.is_empty() {
                let steps = Transition::ALL.iter().filter(|step| **step != Transition::Skipped);
                assert!(steps.into_iter().any(|step| step.allows(row.from, row.to)), "{row:?}");
            } else {
                assert!(Transition::Skipped.allows(row.from, row.to), "{row:?}");
                let past = if row.to == Stage::Nurture { Stage::Customer } else { row.to };
                assert_eq!(row.from.map(|from| from.skipped_to(past)).as_ref(), Some(&row.skipped));
            }
            (stage, cycle) = (Some(row.to), row.cycle);
        }
    }
}

fn assert_dossier(dossier: &Dossier) {
    for track in dossier.tracks.values() {
        assert!(track.segment.is_none() || track.stage == Stage::Nurture, "a segment is one of nurture");
        let of_track = || dossier.handoffs.values().filter(|handoff| handoff.line == track.line);
        let open: Vec<HandoffId> =
            of_track().filter(|handoff| handoff.state.is_open()).map(|handoff| handoff.id).collect();
        assert!(open.len() <= 1, "two open handoffs on a track");
        assert_eq!(track.open_handoff, open.first().copied());
        assert_eq!(track.stage == Stage::Mql, !open.is_empty(), "an MQL is a lead in somebody's hands");
        let mut cycles: Vec<u32> = of_track().map(|handoff| handoff.cycle).collect();
        cycles.sort_unstable();
        assert!(cycles.windows(2).all(|pair| pair[0] < pair[1]), "a cycle has one handoff at most");
        assert_eq!(track.open_opportunity.is_some(), {
            let mut deals = dossier.opportunities.values().filter(|deal| deal.line == track.line);
            deals.any(|deal| deal.state == OpportunityState::Open)
        });
    }
    let most_advanced = dossier.tracks.values().map(|track| track.stage).max_by_key(|stage| stage.rank());
    assert_eq!(Some(dossier.lead.stage), most_advanced);
}

/// Merged leads are one person: nobody waits for sales twice on a line, and whoever was merged counts for one lead.
fn assert_people(state: &State) {
    for (id, dossier) in &state.records().dossiers {
        let survivor = state.survivor(*id);
        assert!(state.members(survivor).contains(id), "who counts for a lead is one of its members");
        assert_eq!(state.survivor(survivor), survivor);
        let whole = state.whole(*id).expect("it is there");
        for line in dossier.tracks.keys() {
            let open = whole.handoffs.values().filter(|it| it.line == *line && it.state.is_open());
            assert!(open.count() <= 1, "two handoffs of one person wait on one line");
        }
    }
    let members = state.records().dossiers.keys().filter(|id| state.survivor(**id) == **id);
    let total: usize = members.map(|survivor| state.members(*survivor).len()).sum();
    assert_eq!(total, state.records().dossiers.len(), "each lead counts for exactly one");
}

fn refold(world: &World) -> State {
    let mut state = State::new(world.state.tenant_id(), 0);
    for logged in &world.log {
        let (position, recorded_at) = (logged.position, logged.recorded_at);
        state.apply(&logged.event, &Stamp { position, recorded_at, actor: &logged.actor });
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sequence_of_commands_obeys_the_laws(ops in ops()) {
        let mut world = World::new();
        for op in &ops {
            let Some((actor, command)) = command(&world, op) else {
                if let Op::Wait { hours } = op {
                    world.wait(TimeDelta::hours(*hours));
                }
                continue;
            };
            // What the store would have loaded for this command alone decides it in the same way.
            let (part, _) = load(&world.state, &command, &actor);
            let decided = decide_with(&part, &command, &actor, world.now, &mut world.random.clone());
            let before = world.log.len();
            let answer = world.run(&actor, command);
            prop_assert_eq!(decided.as_ref().map(|decision| &decision.answer), answer.as_ref());
            let events: Vec<_> = world.log[before..].iter().map(|logged| logged.event.clone()).collect();
            prop_assert_eq!(decided.map_or_else(|_| Vec::new(), |decision| decision.events), events);
        }
        assert_paths(&world);
        world.state.records().dossiers.values().for_each(assert_dossier);
        assert_people(&world.state);
        let folded = refold(&world);
        prop_assert_eq!(folded.records(), world.state.records());
        prop_assert_eq!(folded.changes(), world.state.changes());
    }
}

#[test]
fn the_random_commands_reach_every_stage_and_every_end_of_a_handoff() {
    let mut seen = std::collections::BTreeSet::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..600 {
        let sequence = ops().new_tree(&mut runner).expect("a sequence").current();
        let mut world = World::new();
        for op in &sequence {
            match (op, command(&world, op)) {
                (Op::Wait { hours }, _) => world.wait(TimeDelta::hours(*hours)),
                (_, Some((actor, command))) => drop(world.run(&actor, command)),
                (_, None) => {}
            }
        }
        seen.extend(world.log.iter().map(|logged| logged.event.name()));
        seen.extend(world.state.changes().history.iter().map(|row| row.to.as_str()));
    }
    let expected = Stage::ALL.iter().map(|stage| stage.as_str()).chain([
        "HandoffRejected",
        "HandoffReturned",
        "HandoffReassigned",
        "HandoffWithdrawn",
        "HandoffDisputed",
        "DisputeResolved",
        "StageSkipped",
        "NewInterest",
        "OpportunityLost",
        "SqlReturned",
        "LeadAttributesChanged",
        "LeadMerged",
        "LeadUnmerged",
    ]);
    for name in expected {
        assert!(seen.contains(name), "{name} never came about: the laws would hold for want of trying");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Edge case 10: whatever was said before, two leads that are merged and taken apart at once are what they were,
    /// but for their versions, a handoff that was taken back, and the one that begins in its place.
    #[test]
    fn edge_10_a_merge_that_is_undone_leaves_both_leads_as_they_were(ops in ops(), pair in (0..4_u8, 0..4_u8)) {
        let mut world = World::new();
        for op in &ops {
            match (op, command(&world, op)) {
                (Op::Wait { hours }, _) => world.wait(TimeDelta::hours(*hours)),
                (_, Some((actor, command))) => drop(world.run(&actor, command)),
                (_, None) => {}
            }
        }
        let before = world.state.clone();
        let length = world.log.len();
        let merged = world.run(&mia(), merge(by(pair.0), by(pair.1)));
        prop_assume!(merged.is_ok());
        world.ok(&mia(), unmerge(by(pair.1)));
        let events = world.events_since(length);
        prop_assume!(!events.contains(&"HandoffWithdrawn"));
        prop_assert_eq!(events, ["LeadMerged", "LeadUnmerged"]);
        for (id, was) in &before.records().dossiers {
            let mut is = world.state.dossier(*id).expect("nothing is taken away").clone();
            is.lead.version = was.lead.version;
            prop_assert_eq!(&is, was);
        }
        prop_assert_eq!(&world.state.records().sources, &before.records().sources);
        for lead in 0..4 {
            let find = |state: &State| state.find_lead(&by(lead)).map(|lead| state.survivor(lead));
            prop_assert_eq!(find(&world.state), find(&before));
        }
    }
}
