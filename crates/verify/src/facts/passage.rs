//! Passages through the MQL stage: hand-overs, the ways past them, and what came of both.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::{
    Contact, DisputeResolved, HandoffAccepted, HandoffReassigned, HandoffRejected, HandoffReturned,
    HandoffRouted, HandoffWithdrawn, LeadQualified, OpportunityLost, OpportunityOpened, OpportunityWon,
    SqlReturned, StageSkipped, TrackMove,
};
use handoff_proto::qualification::v1::{DisputeRuling, Stage};
use handoff_store::verify::reporting::HandoffFactRow;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::lead::Dimensions;
use super::{Facts, Known};
use crate::event::Event;
use crate::word::{Word, attribution, id, instant, money, owned};

/// What is known of a passage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passage {
    pub(super) line: Word,
    pub(super) cycle: i32,
    pub(super) number: i32,
    pub(super) is_test: bool,
    /// Who it counts for since its lead was merged.
    pub(super) merged_into: Option<Uuid>,
    pub(super) imported: bool,
    pub(super) handoff: Option<Uuid>,
    pub(super) captured_at: Option<DateTime<Utc>>,
    pub(super) mql_at: Option<DateTime<Utc>>,
    pub(super) mql_implied: bool,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) end: Option<End>,
    /// When a rejection was first overturned.
    pub(super) overturned_at: Option<DateTime<Utc>>,
    pub(super) firsts: [Option<DateTime<Utc>>; 3],
    pub(super) opportunity_at: Option<DateTime<Utc>>,
    pub(super) won_at: Option<DateTime<Utc>>,
    pub(super) won: Option<(Decimal, Word)>,
    pub(super) lost_at: Option<DateTime<Utc>>,
    pub(super) dimensions: Dimensions,
    pub(super) owner: Option<Word>,
    pub(super) team: Option<Word>,
}

/// How the MQL stage ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    pub(super) at: DateTime<Utc>,
    pub(super) decision: &'static str,
    /// Reason and attribution of a rejection.
    pub(super) rejection: Option<(Word, &'static str)>,
}

impl Passage {
    /// One of which nothing is known yet but where it belongs.
    pub(super) fn new(line: Word, cycle: i32, number: i32) -> Self {
        Self {
            line,
            cycle,
            number,
            is_test: false,
            merged_into: None,
            imported: false,
            handoff: None,
            captured_at: None,
            mql_at: None,
            mql_implied: false,
            assigned_at: None,
            end: None,
            overturned_at: None,
            firsts: [None; 3],
            opportunity_at: None,
            won_at: None,
            won: None,
            lost_at: None,
            dimensions: Dimensions::default(),
            owner: None,
            team: None,
        }
    }

    pub(super) fn row(
        &self,
        lead_id: Uuid,
        from: DateTime<Utc>,
        to: Option<DateTime<Utc>>,
    ) -> HandoffFactRow {
        let [origin, source, medium, campaign, kind, persona] = self.dimensions.columns();
        let [first_attempt_at, first_connect_at, first_meeting_at] = self.firsts;
        let (began_at, until_at) = self.lifetime(from);
        let rejection = self.end.as_ref().and_then(|end| end.rejection.as_ref());
        HandoffFactRow {
            lead_id,
            product_line: self.line.as_ref().to_owned(),
            cycle: self.cycle,
            passage: self.number,
            known_from: from,
            known_to: to,
            is_test: self.is_test,
            merged_into: self.merged_into,
            imported: self.imported,
            handoff_id: self.handoff,
            captured_at: self.captured_at,
            mql_at: self.mql_at,
            mql_implied: self.mql_implied,
            assigned_at: self.assigned_at,
            ended_at: self.end.as_ref().map(|end| end.at),
            overturned_at: self.overturned_at,
            decision: self.end.as_ref().map(|end| end.decision.to_owned()),
            reason: rejection.map(|(reason, _)| reason.as_ref().to_owned()),
            attribution: rejection.map(|(_, attribution)| (*attribution).to_owned()),
            first_attempt_at,
            first_connect_at,
            first_meeting_at,
            opportunity_at: self.opportunity_at,
            won_at: self.won_at,
            won_amount: self.won.as_ref().map(|(amount, _)| *amount),
            won_currency: self.won.as_ref().map(|(_, currency)| currency.as_ref().to_owned()),
            lost_at: self.lost_at,
            origin,
            source,
            medium,
            campaign,
            kind,
            persona,
            owner: owned(self.owner.as_ref()),
            team: owned(self.team.as_ref()),
            began_at,
            until_at,
        }
    }

    /// The first of its instants and the last; there is no last while an SQL's deal may come, or nothing was decided.
    fn lifetime(&self, known_from: DateTime<Utc>) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
        let instants = self.instants();
        let is_accepted = self.end.as_ref().is_some_and(|end| end.decision.starts_with("ACCEPTED"));
        let is_over = self.won_at.or(self.lost_at).is_some() || (self.end.is_some() && !is_accepted);
        let began = instants.iter().flatten().min().copied().unwrap_or(known_from);
        (began, instants.iter().flatten().max().copied().filter(|_| is_over))
    }

    /// Everything that happened to it, as far as it did.
    pub(super) fn instants(&self) -> [Option<DateTime<Utc>>; 11] {
        let [attempt, connect, meeting] = self.firsts;
        [
            self.captured_at,
            self.mql_at,
            self.assigned_at,
            self.end.as_ref().map(|end| end.at),
            self.overturned_at,
            self.opportunity_at,
            self.won_at,
            self.lost_at,
            attempt,
            connect,
            meeting,
        ]
    }

    fn decide(&mut self, at: DateTime<Utc>, decision: &'static str) {
        self.end = Some(End { at, decision, rejection: None });
    }
}

impl Facts {
    pub(super) fn qualified(&mut self, event: &Event, fact: &LeadQualified) -> Option<()> {
        let handoff = id(&fact.handoff_id)?;
        let dimensions = Dimensions::new(fact.origin.as_ref(), fact.kind(), &fact.persona, &mut self.words);
        self.pass(event, fact.r#move.as_ref()?, |passage| {
            passage.handoff = Some(handoff);
            (passage.mql_at, passage.mql_implied) = (Some(event.occurred), false);
            passage.imported = fact.imported;
            passage.dimensions = dimensions.clone();
            (passage.owner, passage.team) = (None, None);
        })
    }

    /// A source that left out MQL implies that the lead was accepted at this instant, without a hand-over (edge case 5).
    pub(super) fn skipped(&mut self, event: &Event, fact: &StageSkipped) -> Option<()> {
        if !fact.skipped_stages().any(|stage| stage == Stage::Mql) {
            return Some(());
        }
        let snapshot = fact.snapshot.as_ref()?;
        let dimensions =
            Dimensions::new(snapshot.origin.as_ref(), snapshot.kind(), &snapshot.persona, &mut self.words);
        self.pass(event, fact.r#move.as_ref()?, |passage| {
            (passage.mql_at, passage.mql_implied) = (Some(event.occurred), true);
            passage.decide(event.occurred, "ACCEPTED_IMPLIED");
            passage.imported = fact.imported;
            passage.dimensions = dimensions.clone();
            (passage.owner, passage.team) = (None, None);
        })
    }

    /// Leads a track through its MQL stage: the passage of the cycle that waits, or a further one.
    fn pass(&mut self, event: &Event, step: &TrackMove, change: impl Fn(&mut Passage)) -> Option<()> {
        let lead_id = id(&step.lead_id)?;
        let line = self.words.keep(&step.product_line);
        let known = self.leads.get_mut(&lead_id)?;
        let before =
            known.passages.iter().map(|it| &it.holds).filter(|it| it.line == line && it.cycle <= step.cycle);
        let latest = before.max_by_key(|it| (it.cycle, it.number));
        let place = latest.map(|it| (it.cycle, it.number, it.mql_at.is_none(), it.captured_at));
        let (number, captured_at) = match place {
            Some((cycle, number, true, _)) if cycle == step.cycle => {
                let is_meant = |it: &Passage| it.line == line && it.cycle == cycle && it.number == number;
                known.change_passages(lead_id, event, is_meant, change);
                return Some(());
            }
            Some((cycle, number, false, captured_at)) if cycle == step.cycle => (number + 1, captured_at),
            Some((_, _, _, captured_at)) => (1, captured_at),
            None => (1, Some(known.lead.holds.captured_at)),
        };
        let (is_test, merged_into) = (known.lead.holds.is_test, known.lead.holds.merged_into);
        let mut passage =
            Passage { is_test, merged_into, captured_at, ..Passage::new(line, step.cycle, number) };
        change(&mut passage);
        known.passages.push(Known::new(passage, event));
        Some(())
    }

    pub(super) fn routed(&mut self, event: &Event, fact: &HandoffRouted) -> Option<()> {
        let (owner, team) = (self.words.some(&fact.owner), self.words.some(&fact.team));
        self.of_handoff(event, &fact.lead_id, &fact.handoff_id, |passage| {
            passage.assigned_at = Some(event.occurred);
            (passage.owner, passage.team) = (owner.clone(), team.clone());
        })
    }

    /// The lead's time never starts anew.
    pub(super) fn reassigned(&mut self, event: &Event, fact: &HandoffReassigned) -> Option<()> {
        let (owner, team) = (self.words.some(&fact.owner), self.words.some(&fact.team));
        self.of_handoff(event, &fact.lead_id, &fact.handoff_id, |passage| {
            passage.assigned_at = passage.assigned_at.or(Some(event.occurred));
            (passage.owner, passage.team) = (owner.clone(), team.clone());
        })
    }

    pub(super) fn returned(&mut self, event: &Event, fact: &HandoffReturned) -> Option<()> {
        self.of_handoff(event, &fact.lead_id, &fact.handoff_id, |passage| {
            passage.assigned_at = None;
            (passage.owner, passage.team) = (None, None);
        })
    }

    pub(super) fn accepted(&mut self, event: &Event, fact: &HandoffAccepted) -> Option<()> {
        let (owner, team) = (self.words.some(&fact.owner), self.words.some(&fact.team));
        let decision = match (fact.implied, fact.auto) {
            (true, _) => "ACCEPTED_IMPLIED",
            (false, true) => "ACCEPTED_AUTO",
            (false, false) => "ACCEPTED",
        };
        self.of_handoff(event, &fact.r#move.as_ref()?.lead_id, &fact.handoff_id, |passage| {
            passage.decide(event.occurred, decision);
            (passage.owner, passage.team) = (owner.clone(), team.clone());
        })
    }

    pub(super) fn rejected(&mut self, event: &Event, fact: &HandoffRejected) -> Option<()> {
        let (owner, team) = (self.words.some(&fact.owner), self.words.some(&fact.team));
        let rejection = (self.words.keep(&fact.reason), attribution(fact.attribution()));
        self.of_handoff(event, &fact.r#move.as_ref()?.lead_id, &fact.handoff_id, |passage| {
            let (at, rejection) = (event.occurred, Some(rejection.clone()));
            passage.end = Some(End { at, decision: "REJECTED", rejection });
            (passage.owner, passage.team) = (owner.clone(), team.clone());
        })
    }

    pub(super) fn withdrawn(&mut self, event: &Event, fact: &HandoffWithdrawn) -> Option<()> {
        let decision = match fact.reason.as_str() {
            "TEST" => "WITHDRAWN_TEST",
            "MERGED" => "WITHDRAWN_MERGED",
            _ => "WITHDRAWN",
        };
        self.of_handoff(event, &fact.r#move.as_ref()?.lead_id, &fact.handoff_id, |passage| {
            passage.decide(event.occurred, decision);
        })
    }

    /// Sales decides anew: until it has, nothing was decided.
    pub(super) fn dispute_resolved(&mut self, event: &Event, fact: &DisputeResolved) -> Option<()> {
        if fact.ruling() != DisputeRuling::Overturned {
            return Some(());
        }
        let (owner, team) = (self.words.some(&fact.owner), self.words.some(&fact.team));
        self.of_handoff(event, &fact.lead_id, &fact.handoff_id, |passage| {
            passage.end = None;
            passage.overturned_at = passage.overturned_at.or(Some(event.occurred));
            (passage.owner, passage.team) = (owner.clone(), team.clone());
        })
    }

    pub(super) fn contacted(&mut self, event: &Event, fact: &Contact) -> Option<()> {
        let told = [&fact.first_attempt_time, &fact.first_connect_time, &fact.first_meeting_time]
            .map(|time| instant(time.as_ref()));
        // The earliest of the cycle, also of the time before its hand-over.
        let note = |passage: &mut Passage| {
            for (known, told) in passage.firsts.iter_mut().zip(told) {
                if told.is_some_and(|told| known.is_none_or(|known| told < known)) {
                    *known = told;
                }
            }
        };
        for handoff in &fact.handoff_ids {
            self.of_handoff(event, &fact.lead_id, handoff, note)?;
        }
        if fact.handoff_ids.is_empty() {
            let lead_id = id(&fact.lead_id)?;
            let known = self.leads.get_mut(&lead_id)?;
            known.change_passages(lead_id, event, |passage| passage.mql_at.is_none(), note);
        }
        Some(())
    }

    pub(super) fn opened(&mut self, event: &Event, fact: &OpportunityOpened) -> Option<()> {
        self.of_last(event, fact.r#move.as_ref()?, |passage| passage.opportunity_at = Some(event.occurred))
    }

    pub(super) fn won(&mut self, event: &Event, fact: &OpportunityWon) -> Option<()> {
        let won = match &fact.amount {
            Some(amount) => Some((money(amount)?, self.words.keep(&amount.currency_code))),
            None => None,
        };
        let step = fact.r#move.as_ref()?;
        if fact.new_customer {
            self.became_customer(event, id(&step.lead_id)?)?;
        }
        self.of_last(event, step, |passage| {
            (passage.won_at, passage.won) = (Some(event.occurred), won.clone());
        })
    }

    pub(super) fn lost(&mut self, event: &Event, fact: &OpportunityLost) -> Option<()> {
        self.of_last(event, fact.r#move.as_ref()?, |passage| passage.lost_at = Some(event.occurred))
    }

    /// The acceptance stands; the cycle is over as a lost deal's is.
    pub(super) fn sql_returned(&mut self, event: &Event, fact: &SqlReturned) -> Option<()> {
        self.of_last(event, fact.r#move.as_ref()?, |passage| passage.lost_at = Some(event.occurred))
    }

    fn of_handoff(
        &mut self,
        event: &Event,
        lead: &str,
        handoff: &str,
        change: impl Fn(&mut Passage),
    ) -> Option<()> {
        let (lead_id, handoff) = (id(lead)?, id(handoff)?);
        let known = self.leads.get_mut(&lead_id)?;
        let changed = known.change_passages(lead_id, event, |it| it.handoff == Some(handoff), change);
        (changed == 1).then_some(())
    }

    /// An outcome belongs to the last passage of its cycle.
    fn of_last(&mut self, event: &Event, step: &TrackMove, change: impl Fn(&mut Passage)) -> Option<()> {
        let lead_id = id(&step.lead_id)?;
        let line = self.words.keep(&step.product_line);
        let known = self.leads.get_mut(&lead_id)?;
        let of_cycle =
            known.passages.iter().filter(|it| it.holds.line == line && it.holds.cycle == step.cycle);
        let last = of_cycle.map(|it| it.holds.number).max()?;
        let is_meant = |it: &Passage| it.line == line && it.cycle == step.cycle && it.number == last;
        known.change_passages(lead_id, event, is_meant, change);
        Some(())
    }
}
