//! The way of one lead: what it does, whether it becomes an MQL, what sales makes of it and how it ends. The way stops
//! at "until", wherever it then is: the youngest hand-overs are still open.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_proto::common::v1::Money;
use handoff_proto::qualification::v1::{
    ContactDirection, ContactOutcome, HistoryEntry, ImportedAcceptance, ImportedActivity, ImportedAssignment,
    ImportedContact, ImportedDisqualification, ImportedNurture, ImportedOutcome, ImportedQualification,
    ImportedRejection, Outcome, history_entry::Entry,
};
use handoff_runtime::convert::to_timestamp;

use super::company::{CURRENCY, Channel, SALES_TEAMS, SalesTeam, TIME_ZONE};
use super::office;
use super::random::Random;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// The cool-down after which a recycled lead may come back.
const COOLDOWN: i64 = 30 * DAY;

const ACTIVITIES: [(&str, u64); 5] = [
    ("EBOOK_DOWNLOADED", 30),
    ("PAGE_VISITED", 40),
    ("CALCULATOR_USED", 12),
    ("WEBINAR_ATTENDED", 10),
    ("CASE_STUDY_READ", 8),
];
/// Why sales rejects a lead that looked good.
const REASONS: [(&str, u64); 6] = [
    ("NO_BUDGET_NOW", 26),
    ("NO_NEED_NOW", 24),
    ("WRONG_SIZE", 18),
    ("WRONG_ROLE", 16),
    ("WRONG_VERTICAL", 10),
    ("COMPETITOR", 6),
];
/// Why it rejects one from a bought list.
const REASONS_OF_LISTS: [(&str, u64); 4] =
    [("NO_VERIFIED_CONTACT", 55), ("WRONG_SIZE", 20), ("DUPLICATE", 15), ("WRONG_GEOGRAPHY", 10)];
const LOST_TO: [&str; 4] = ["price", "competitor", "no-decision", "timing"];

/// A lead on its way.
pub(crate) struct Journey<'a> {
    random: &'a mut Random,
    channel: &'a Channel,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
    entries: Vec<HistoryEntry>,
}

/// The history of a lead that was captured at `captured`, up to `until`, in the order of time.
pub(crate) fn history(
    random: &mut Random,
    channel: &Channel,
    captured: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<HistoryEntry> {
    let mut journey = Journey { random, channel, until, now: captured, entries: Vec::new() };
    // The end of the story: what was to come after `until` has not happened.
    let _ = journey.go();
    let mut entries = journey.entries;
    entries.sort_by_key(|entry| entry.occur_time.as_ref().map(|at| (at.seconds, at.nanos)));
    entries
}

impl Journey<'_> {
    fn go(&mut self) -> Option<()> {
        self.do_things()?;
        if self.random.chance(self.channel.qualifies) {
            self.qualify()
        } else if self.random.chance(350) {
            self.days(2)?;
            self.tell(Entry::Nurtured(ImportedNurture { segment: "not-yet".to_owned() }))
        } else if self.random.chance(60) {
            self.days(3)?;
            self.tell(Entry::Disqualified(ImportedDisqualification { reason: "private person".to_owned() }))
        } else {
            None
        }
    }

    /// What the lead does by itself: gated content first (R8), sometimes more.
    fn do_things(&mut self) -> Option<()> {
        let count = 1 + self.random.skewed(1);
        for _ in 0..count.min(4) {
            let kind = self.random.weighted(&ACTIVITIES, |(_, weight)| *weight)?.0;
            self.tell(Entry::Activity(ImportedActivity {
                r#type: kind.to_owned(),
                ..ImportedActivity::default()
            }))?;
            self.days(2)?;
        }
        Some(())
    }

    /// From lead to MQL, at once for those who ask for a demo.
    fn qualify(&mut self) -> Option<()> {
        if self.random.chance(150) {
            let demo =
                ImportedActivity { r#type: "DEMO_REQUESTED".to_owned(), ..ImportedActivity::default() };
            self.tell(Entry::Activity(demo))?;
            self.later(2 * MINUTE)?;
        } else {
            self.days(11)?;
        }
        if !self.hand_over(self.channel.accepted)? && self.random.chance(120) {
            // Recycled, and back after its cool-down with a better reason.
            self.later(COOLDOWN)?;
            self.days(40)?;
            self.hand_over(500)?;
        }
        Some(())
    }

    /// One hand-over, from MQL to sales' answer and what follows. Says whether the lead was accepted.
    fn hand_over(&mut self, accepted: u64) -> Option<bool> {
        self.tell(Entry::Qualified(ImportedQualification {}))?;
        let team = self.random.pick(&SALES_TEAMS)?;
        let owner = format!("users/{}", self.random.pick(&team.members)?);
        let routing = self.random.skewed(40 * MINUTE);
        self.in_office(routing)?;
        self.tell(Entry::Assigned(ImportedAssignment { owner: owner.clone() }))?;
        // Of the slow team's leads some are never looked at.
        if team.decides_after > 24 * HOUR && self.random.chance(30) {
            return None;
        }
        self.call(team, &owner)?;
        if self.random.chance(accepted) {
            self.tell(Entry::Accepted(ImportedAcceptance { decided_by: owner.clone() }))?;
            self.work(&owner)?;
            return Some(true);
        }
        let from_list = self.channel.medium == "list";
        let reasons: &[(&str, u64)] = if from_list { &REASONS_OF_LISTS } else { &REASONS };
        let reason = self.random.weighted(reasons, |(_, weight)| *weight)?.0;
        self.tell(Entry::Rejected(ImportedRejection {
            reason: reason.to_owned(),
            decided_by: owner,
            ..ImportedRejection::default()
        }))?;
        // A competitor is out for good.
        (reason != "COMPETITOR").then_some(false)
    }

    /// Calls before the decision, and the time until it.
    fn call(&mut self, team: &SalesTeam, owner: &str) -> Option<()> {
        let decides_after = self.random.skewed(team.decides_after);
        if !self.random.chance(700) {
            return self.in_office(decides_after);
        }
        self.in_office(decides_after / 2)?;
        self.contact(ContactOutcome::Attempted, owner)?;
        if self.random.chance(550) {
            self.later(3 * MINUTE)?;
            self.contact(ContactOutcome::Connected, owner)?;
        }
        self.in_office(decides_after - decides_after / 2)
    }

    /// What becomes of an accepted lead.
    fn work(&mut self, owner: &str) -> Option<()> {
        if self.random.chance(600) {
            let wait = self.random.skewed(18 * HOUR);
            self.in_office(wait)?;
            self.contact(ContactOutcome::MeetingHeld, owner)?;
        }
        if !self.random.chance(560) {
            return None;
        }
        let wait = self.random.skewed(45 * HOUR);
        self.in_office(wait)?;
        let amount = Money {
            currency_code: CURRENCY.to_owned(),
            units: 4_000 + 500 * i64::try_from(self.random.below(60)).unwrap_or_default(),
            nanos: 0,
        };
        self.end(Outcome::OpportunityOpened, Some(amount.clone()))?;
        let wait = self.random.skewed(160 * HOUR);
        self.in_office(wait)?;
        if self.random.chance(340) {
            self.end(Outcome::Won, Some(amount))
        } else {
            self.end(Outcome::Lost, None)
        }
    }

    fn end(&mut self, outcome: Outcome, amount: Option<Money>) -> Option<()> {
        let reason = if outcome == Outcome::Lost { *self.random.pick(&LOST_TO)? } else { "" };
        self.tell(Entry::Outcome(ImportedOutcome {
            outcome: outcome.into(),
            amount,
            reason: reason.to_owned(),
        }))
    }

    fn contact(&mut self, outcome: ContactOutcome, made_by: &str) -> Option<()> {
        self.tell(Entry::Contact(ImportedContact {
            outcome: outcome.into(),
            direction: ContactDirection::Outbound.into(),
            human: true,
            medium: "PHONE".to_owned(),
            made_by: made_by.to_owned(),
        }))
    }

    /// So many days pass, about.
    fn days(&mut self, mean: i64) -> Option<()> {
        let seconds = self.random.skewed(mean * DAY);
        self.later(seconds)
    }

    /// Time passes on the wall; `None` when that leads beyond the end.
    fn later(&mut self, seconds: i64) -> Option<()> {
        self.now += TimeDelta::seconds(seconds);
        (self.now < self.until).then_some(())
    }

    /// Time passes in office hours.
    fn in_office(&mut self, seconds: i64) -> Option<()> {
        self.now = office::after(self.now, seconds, TIME_ZONE);
        (self.now < self.until).then_some(())
    }

    fn tell(&mut self, entry: Entry) -> Option<()> {
        let occur_time = Some(to_timestamp(self.now));
        self.entries.push(HistoryEntry { occur_time, entry: Some(entry), ..HistoryEntry::default() });
        // A second later, so that no two things happen at once.
        self.later(1)
    }
}
