//! Versions of criteria sets and the scoring model, and the law of the two keys, judged where the log says that a version
//! is agreed on or in effect.

use chrono::{DateTime, Utc};
use handoff_domain::id::UserId;
use handoff_proto::common::v1::Side;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{
    DraftCause, SignatureWithdrawn, VersionApproved, VersionDrafted, VersionEffective, VersionRetired,
    VersionScheduled, VersionSigned, VersionSubmitted,
};
use handoff_store::verify::version::VersionRow;
use prost::Message;

use super::State;
use super::reevaluation::Effect;
use super::scoring::SUBJECT;
use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;
use crate::word::{instant, side, slug};

/// One key.
#[derive(Debug, Clone)]
struct Signature {
    by: String,
    hash: Vec<u8>,
    at: DateTime<Utc>,
}

/// A version as the log has it.
#[derive(Debug)]
pub(super) struct Version {
    state: &'static str,
    pub(super) content: Vec<u8>,
    hash: Vec<u8>,
    drafted_by: String,
    drafted_at: DateTime<Utc>,
    marketing: Option<Signature>,
    sales: Option<Signature>,
    pub(super) from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    position: i64,
    /// That it took effect, and what follows.
    pub(super) effect: Option<Effect>,
}

impl Version {
    pub(super) fn row(&self, subject: &str, number: i32) -> VersionRow {
        let by = |signature: &Option<Signature>| signature.as_ref().map(|it| it.by.clone());
        let at = |signature: &Option<Signature>| signature.as_ref().map(|it| it.at);
        VersionRow {
            subject: subject.to_owned(),
            number,
            state: self.state.to_owned(),
            content: self.content.clone(),
            content_hash: self.hash.clone(),
            drafted_by: self.drafted_by.clone(),
            drafted_at: self.drafted_at,
            marketing_signed_by: by(&self.marketing),
            marketing_signed_at: at(&self.marketing),
            sales_signed_by: by(&self.sales),
            sales_signed_at: at(&self.sales),
            effective_from: self.from,
            effective_until: self.until,
            position: self.position,
        }
    }

    /// When it takes effect, while that is to come or was not noted yet.
    pub(super) fn scheduled(&self) -> Option<DateTime<Utc>> {
        self.from.filter(|_| self.state == "SCHEDULED")
    }

    /// From when on it counts, until another does.
    pub(super) fn counts_from(&self) -> Option<DateTime<Utc>> {
        self.from.filter(|_| matches!(self.state, "SCHEDULED" | "EFFECTIVE"))
    }

    fn is_open(&self) -> bool {
        matches!(self.state, "DRAFT" | "IN_REVIEW" | "APPROVED" | "SCHEDULED")
    }

    fn back_to_draft(&mut self) {
        (self.state, self.marketing, self.sales, self.from) = ("DRAFT", None, None, None);
    }

    fn key(&mut self, side: Side) -> Option<&mut Option<Signature>> {
        match side {
            Side::Marketing => Some(&mut self.marketing),
            Side::Sales => Some(&mut self.sales),
            _ => None,
        }
    }

    /// Whether two people, one of each side, have signed exactly what it says.
    fn is_signed(&self) -> bool {
        let (Some(marketing), Some(sales)) = (&self.marketing, &self.sales) else { return false };
        marketing.by != sales.by && marketing.hash == self.hash && sales.hash == self.hash
    }
}

/// The subject and the number in a version's name.
fn key(name: &str) -> Option<(String, i32)> {
    let (subject, number) = name.split_once("/versions/")?;
    Some((subject.to_owned(), number.parse().ok()?))
}

impl State {
    pub(super) fn version_drafted(&mut self, event: &Event, fact: &VersionDrafted) -> Option<()> {
        let (subject, number) = key(&fact.version)?;
        let content = fact.content.as_ref()?.encode_to_vec();
        let is_new = !self.versions.contains_key(&(subject.clone(), number));
        let others = || self.versions.iter().filter(|((of, _), _)| *of == subject).map(|(_, other)| other);
        // A new one is the next, and the only one under way.
        let next = i32::try_from(others().count()).ok()? + 1;
        if is_new && (number != next || others().any(Version::is_open)) {
            return None;
        }
        let version = self.versions.entry((subject, number)).or_insert_with(|| Version {
            state: "DRAFT",
            content: Vec::new(),
            hash: Vec::new(),
            drafted_by: String::new(),
            drafted_at: event.occurred,
            marketing: None,
            sales: None,
            from: None,
            until: None,
            position: event.position,
            effect: None,
        });
        if !version.is_open() {
            return None;
        }
        version.back_to_draft();
        match fact.cause() {
            DraftCause::Edit => {
                (version.content, version.hash) = (content, fact.content_hash.clone());
                (version.drafted_by, version.drafted_at) = (fact.drafted_by.clone(), event.occurred);
            }
            // It says what it said.
            DraftCause::Withdrawal if version.content == content && version.hash == fact.content_hash => {}
            _ => return None,
        }
        version.position = event.position;
        if fact.version.starts_with(SUBJECT) {
            self.model_said = Some(event.recorded);
        }
        Some(())
    }

    /// Whatever is said of a version, an attribute or a rate changes what leads are judged by.
    pub(super) fn rules_change(&mut self, event: &Event) -> Option<()> {
        if let Some(
            Fact::VersionDrafted(_)
            | Fact::VersionSubmitted(_)
            | Fact::VersionSigned(_)
            | Fact::SignatureWithdrawn(_)
            | Fact::VersionApproved(_)
            | Fact::VersionScheduled(_)
            | Fact::VersionEffective(_)
            | Fact::VersionRetired(_)
            | Fact::AttributeChanged(_)
            | Fact::RateSet(_),
        ) = event.fact
        {
            self.tenant.as_mut()?.rules_position = event.position;
        }
        Some(())
    }

    pub(super) fn version_submitted(&mut self, event: &Event, fact: &VersionSubmitted) -> Option<()> {
        self.at_state(event, &fact.version, "DRAFT")?.state = "IN_REVIEW";
        Some(())
    }

    pub(super) fn version_signed(
        &mut self,
        event: &Event,
        fact: &VersionSigned,
        docket: &mut Docket,
    ) -> Option<()> {
        docket.checked(Law::Agreements, 1);
        if !self.is_active(&fact.signed_by, fact.side())? {
            let place = format_args!("qualification position {}", event.position);
            docket.violated(
                Law::Agreements,
                place,
                "an active user of the side signs",
                fact.signed_by.as_str(),
            );
        }
        let version = self.at_state(event, &fact.version, "IN_REVIEW")?;
        let (by, hash, at) = (fact.signed_by.clone(), fact.content_hash.clone(), event.occurred);
        let signature = version.key(fact.side())?;
        if signature.is_some() {
            return None;
        }
        *signature = Some(Signature { by, hash, at });
        Some(())
    }

    pub(super) fn signature_withdrawn(&mut self, event: &Event, fact: &SignatureWithdrawn) -> Option<()> {
        let version = self.version(event, &fact.version)?;
        let signature = version.key(fact.side())?.take()?;
        if signature.by != fact.signed_by || !version.is_open() {
            return None;
        }
        version.back_to_draft();
        Some(())
    }

    pub(super) fn version_approved(
        &mut self,
        event: &Event,
        fact: &VersionApproved,
        docket: &mut Docket,
    ) -> Option<()> {
        let version = self.at_state(event, &fact.version, "IN_REVIEW")?;
        version.state = "APPROVED";
        let is_signed = version.is_signed() && version.hash == fact.content_hash;
        let signers = [(version.marketing.clone(), Side::Marketing), (version.sales.clone(), Side::Sales)];
        // Edge case 29: afterwards they may leave.
        let mut are_there = true;
        for (signature, side) in signers {
            are_there &= signature.is_some_and(|it| self.is_active(&it.by, side) == Some(true));
        }
        self.judge(event, is_signed && are_there, docket);
        Some(())
    }

    pub(super) fn version_scheduled(&mut self, event: &Event, fact: &VersionScheduled) -> Option<()> {
        let from = instant(fact.effective_from_time.as_ref())?;
        let version = self.at_state(event, &fact.version, "APPROVED")?;
        (version.state, version.from) = ("SCHEDULED", Some(from));
        Some(())
    }

    pub(super) fn version_effective(
        &mut self,
        event: &Event,
        fact: &VersionEffective,
        docket: &mut Docket,
    ) -> Option<()> {
        let version = self.at_state(event, &fact.version, "SCHEDULED")?;
        version.state = "EFFECTIVE";
        let is_agreed = version.is_signed() && fact.signed && version.hash == fact.content_hash;
        let is_in_time = version.from == Some(event.occurred) && event.occurred <= event.recorded;
        let (subject, number) = key(&fact.version)?;
        let content = self.versions.get(&(subject.clone(), number))?.content.clone();
        let effect = self.follows(event, &subject, &content);
        self.version(event, &fact.version)?.effect = Some(effect);
        let others = self.versions.iter().filter(|((of, other), _)| *of == subject && *other != number);
        let follows = |other: &Version| other.until.is_some_and(|until| until <= event.occurred);
        let is_alone = others.fold(true, |alone, (_, other)| alone && follows(other));
        self.judge(event, is_agreed && is_in_time && is_alone, docket);
        Some(())
    }

    pub(super) fn version_retired(&mut self, event: &Event, fact: &VersionRetired) -> Option<()> {
        let version = self.at_state(event, &fact.version, "EFFECTIVE")?;
        (version.state, version.until) = ("RETIRED", Some(event.occurred));
        Some(())
    }

    fn judge(&self, event: &Event, holds: bool, docket: &mut Docket) {
        docket.checked(Law::Agreements, 1);
        if !holds {
            let place = format_args!("qualification position {}", event.position);
            docket.violated(Law::Agreements, place, "two people's signatures, and no other version", "less");
        }
    }

    /// Whether the user whom an event names is there, of that side; the user must be known.
    fn is_active(&self, name: &str, of: Side) -> Option<bool> {
        let user = self.users.get(&UserId::from_slug(self.tenant_id, slug("users", name)?).0)?;
        Some(user.active && user.side == side(of))
    }

    /// The version that an event is about, which it changes.
    fn version(&mut self, event: &Event, name: &str) -> Option<&mut Version> {
        let key = key(name)?;
        if key.0 == SUBJECT {
            self.model_said = Some(event.recorded);
        }
        let version = self.versions.get_mut(&key)?;
        version.position = event.position;
        Some(version)
    }

    /// As [`State::version`]; it must be where the event finds it.
    fn at_state(&mut self, event: &Event, name: &str, state: &str) -> Option<&mut Version> {
        self.version(event, name).filter(|version| version.state == state)
    }
}
