//! Operations as the domain's commands.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{
    AcceptHandoff, AssignHandoff, CaptureLead, Command, DisputeHandoff, Entry, Finding, Import, MergeLeads,
    NurtureLead, Outcome, Past, PutRoutingPlan, QualifyLead, RecordActivity, RecordContact, RecordOutcome,
    RejectHandoff, ResolveDispute, SetAvailability, SetStage, Subject, UnmergeLead, WithdrawHandoff,
};
use handoff_domain::qualification::record::{
    ContactKind, Digest, Direction, Source, SourceKey, SourceKind, Trigger,
};
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::routing::Availability;

use super::{BILLING, Model, line, named, person, price, routing};
use crate::simulation::operation::{Deal, OWNERS, Operation, PERSONAS, SEGMENTS, Story, Track};

/// Whoever marketing is.
pub(super) fn marketing() -> Actor {
    Actor { principal: "users/mia".to_owned(), side: Side::Marketing }
}

pub(super) fn sales(owner: usize) -> Actor {
    Actor { principal: format!("users/{}", OWNERS[owner]), side: Side::Sales }
}

impl Model {
    /// What somebody asks for; `None` where there is no handoff to speak of, or for what nobody asks for.
    pub(super) fn command(&self, operation: &Operation) -> Option<(Actor, Command)> {
        let ago = |hours: &i64| (*hours > 0).then(|| self.now - TimeDelta::hours(*hours));
        Some(match operation {
            Operation::Capture { lead, persona, record_id } => {
                let mut said = captured(*lead);
                said.persona = persona.map(|number| PERSONAS[number].to_owned());
                said.person.record_ids.extend(record_id.map(|number| super::record_id(BILLING, number)));
                (marketing(), capture(said))
            }
            Operation::Suppress { lead, suppression } => {
                (marketing(), capture(CaptureLead { suppression: Some(*suppression), ..captured(*lead) }))
            }
            Operation::Merge { survivor, duplicate } => {
                let (survivor, duplicate) = (named(*survivor), named(*duplicate));
                let (survivor_version, duplicate_version) = (None, None);
                let merge = MergeLeads { survivor, duplicate, survivor_version, duplicate_version };
                (marketing(), Command::MergeLeads(merge))
            }
            Operation::Unmerge { lead } => {
                (marketing(), Command::UnmergeLead(UnmergeLead { lead: named(*lead), version: None }))
            }
            Operation::Visit { lead, hours_ago } => {
                let (lead, kind, occurred_at) = (named(*lead), "VISIT".to_owned(), ago(hours_ago));
                let properties = BTreeMap::new();
                (marketing(), Command::RecordActivity(RecordActivity { lead, kind, properties, occurred_at }))
            }
            Operation::Qualify { track } => {
                let (lead, line) = (named(track.lead), line(track.line));
                let trigger = Trigger::SalesReady;
                (marketing(), Command::QualifyLead(QualifyLead { lead, line, trigger }))
            }
            Operation::Assign { track, owner } => {
                let (handoff, owner) = (self.handoff(track.lead, track.line)?, OWNERS[*owner].to_owned());
                (marketing(), Command::AssignHandoff(AssignHandoff { handoff, owner, version: None }))
            }
            Operation::Accept { track, by } => {
                let handoff = self.handoff(track.lead, track.line)?;
                (sales(*by), Command::AcceptHandoff(AcceptHandoff { handoff, version: None }))
            }
            Operation::Reject { track, by, reason } => {
                let (handoff, reason) = (self.handoff(track.lead, track.line)?, *reason);
                let (disposition, segment, note, version) = (None, None, None, None);
                let reject = RejectHandoff { handoff, reason, disposition, segment, note, version };
                (sales(*by), Command::RejectHandoff(reject))
            }
            Operation::Nurture { track, segment } => {
                let (lead, line) = (named(track.lead), line(track.line));
                let segment = SEGMENTS[*segment].to_owned();
                (marketing(), Command::NurtureLead(NurtureLead { lead, line, segment }))
            }
            Operation::SetStage { track, stage, by, knows } => {
                let set = SetStage {
                    lead: named(track.lead),
                    line: line(track.line),
                    value: stage.to_string(),
                    last_position: if *knows { i64::MAX } else { 0 },
                    user: Some(by.map_or("mia", |by| OWNERS[by]).to_owned()),
                    reason: Some("NO_NEED_NOW".to_owned()),
                    note: Some("A mistake".to_owned()),
                };
                (marketing(), Command::SetStage(set))
            }
            Operation::Withdraw { track, cools_down } => {
                let handoff = self.handoff(track.lead, track.line)?;
                let (note, cooldown) = ("A mistake".to_owned(), (!cools_down).then(TimeDelta::zero));
                let withdraw = WithdrawHandoff { handoff, note, cooldown, version: None };
                (marketing(), Command::WithdrawHandoff(withdraw))
            }
            Operation::Dispute { track } => {
                let (handoff, note) = (self.handoff(track.lead, track.line)?, "It fits".to_owned());
                (marketing(), Command::DisputeHandoff(DisputeHandoff { handoff, note, version: None }))
            }
            Operation::Resolve { track, by, upheld, owner } => {
                let (handoff, note) = (self.handoff(track.lead, track.line)?, "So be it".to_owned());
                let finding = match upheld {
                    true => Finding::Upheld,
                    false => Finding::Overturned { owner: owner.map(|owner| OWNERS[owner].to_owned()) },
                };
                let resolve = ResolveDispute { handoff, finding, note, version: None };
                (sales(*by), Command::ResolveDispute(resolve))
            }
            Operation::Plan { number } => {
                (marketing(), Command::PutRoutingPlan(PutRoutingPlan { plan: routing::plan(*number) }))
            }
            Operation::Staff { owner, capacity } => {
                let availability = Availability { capacity: Some(*capacity), ..Availability::default() };
                let staff = SetAvailability { user: OWNERS[*owner].to_owned(), availability };
                (marketing(), Command::SetAvailability(staff))
            }
            Operation::Contact { lead, kind, direction, human, hours_ago } => {
                let contact = RecordContact {
                    lead: named(*lead),
                    line: None,
                    kind: *kind,
                    direction: *direction,
                    human: *human,
                    channel: "PHONE".to_owned(),
                    occurred_at: ago(hours_ago),
                };
                (sales(0), Command::RecordContact(contact))
            }
            Operation::Deal { track, outcome, hours_ago } => {
                let (lead, line, outcome) = (named(track.lead), line(track.line), came_of(*outcome));
                let outcome = RecordOutcome { lead, line, outcome, occurred_at: ago(hours_ago) };
                (sales(0), Command::RecordOutcome(outcome))
            }
            Operation::Import { track, key, days_ago, story } => {
                let begin = self.now - TimeDelta::days(*days_ago);
                (marketing(), Command::Import(imported(*track, *key, begin, *story)))
            }
            _ => return None,
        })
    }
}

fn capture(lead: CaptureLead) -> Command {
    Command::CaptureLead(Box::new(lead))
}

fn captured(lead: usize) -> CaptureLead {
    CaptureLead { person: person(lead), ..CaptureLead::default() }
}

fn came_of(deal: Deal) -> Outcome {
    match deal {
        Deal::Opened => Outcome::Opened { amount: None },
        Deal::Won => Outcome::Won { amount: Some(price()) },
        Deal::Lost => Outcome::Lost { reason: Some("PRICE".to_owned()) },
    }
}

/// An item of an import. Its keys are those of the request; its contents differ where those of the request do.
fn imported(track: Track, key: usize, begin: DateTime<Utc>, story: Story) -> Import {
    let source = |kind: SourceKind, key: String, content: &dyn Fn(&mut DefaultHasher)| {
        let mut hash = DefaultHasher::new();
        content(&mut hash);
        Source {
            key: SourceKey { kind, key: digest(key.as_bytes()) },
            content: digest(&hash.finish().to_be_bytes()),
        }
    };
    let entries = told(story).into_iter().enumerate().map(|(index, past)| {
        let occurred_at = begin + TimeDelta::hours(1 + i64::try_from(index).unwrap_or(0));
        let content = format!("{} {past:?}", track.line);
        let key = format!("item-{key}/{index}");
        let source = source(past.source_kind(), key, &|hash| (occurred_at, &content).hash(hash));
        Entry { source, occurred_at, line: line(track.line), past }
    });
    let lead = CaptureLead { occurred_at: Some(begin), ..captured(track.lead) };
    let subject = Subject::Capture {
        source: source(SourceKind::Lead, format!("item-{key}"), &|hash| (track.lead, begin).hash(hash)),
        lead: Box::new(lead),
    };
    Import { subject, entries: entries.collect() }
}

fn told(story: Story) -> Vec<Past> {
    let by = || Some(OWNERS[0].to_owned());
    let accepted = || Past::Accepted { by: by() };
    match story {
        Story::Nothing => vec![],
        Story::Called => vec![Past::Contact {
            by: by(),
            kind: ContactKind::Attempt,
            direction: Direction::Outbound,
            human: true,
            channel: "PHONE".to_owned(),
        }],
        Story::Waiting => vec![Past::Qualified],
        Story::Accepted => vec![Past::Qualified, accepted()],
        Story::Returned => {
            let returned = Past::Returned { to: Stage::Nurture, reason: "NO_ANSWER".to_owned() };
            vec![Past::Qualified, accepted(), returned]
        }
        Story::Rejected => {
            let reason = RejectionReason::NoNeedNow;
            vec![Past::Qualified, Past::Rejected { by: by(), reason, disposition: None, note: None }]
        }
        Story::Decided => vec![accepted()],
        Story::Sold => vec![
            Past::Qualified,
            accepted(),
            Past::OpportunityOpened { amount: None },
            Past::Won { amount: Some(price()) },
        ],
    }
}

fn digest(bytes: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Digest(digest)
}
