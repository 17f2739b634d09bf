//! What happened to a row's lead: one entry per date that is there, in the order of the mapping.

use handoff_proto::qualification::v1::{
    ContactDirection, ContactOutcome, HistoryEntry, ImportedAcceptance, ImportedActivity, ImportedAssignment,
    ImportedContact, ImportedDisqualification, ImportedNurture, ImportedOutcome, ImportedQualification,
    ImportedRejection, ImportedReturn, Outcome, RejectionDisposition, history_entry::Entry,
};

use super::amount::{NumberFormat, parse_amount};
use super::field::{Bound, Field};
use super::mapping::{EventFields, EventName, Kind};
use super::plan::{Binder, Cells};

/// A milestone, as mappings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Activity,
    Mql,
    Assigned,
    Accepted,
    Rejected,
    SqlReturned,
    Attempted,
    Connected,
    MeetingHeld,
    OpportunityOpened,
    Won,
    Lost,
    Nurtured,
    Disqualified,
}

impl Event {
    const ALL: [(&'static str, Self); 14] = [
        ("ACTIVITY", Self::Activity),
        ("MQL", Self::Mql),
        ("ASSIGNED", Self::Assigned),
        ("ACCEPTED", Self::Accepted),
        ("REJECTED", Self::Rejected),
        ("SQL_RETURNED", Self::SqlReturned),
        ("ATTEMPTED", Self::Attempted),
        ("CONNECTED", Self::Connected),
        ("MEETING_HELD", Self::MeetingHeld),
        ("OPPORTUNITY_OPENED", Self::OpportunityOpened),
        ("WON", Self::Won),
        ("LOST", Self::Lost),
        ("NURTURED", Self::Nurtured),
        ("DISQUALIFIED", Self::Disqualified),
    ];

    fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(word, _)| *word == text).map(|(_, event)| *event).ok_or_else(|| {
            let words = Self::ALL.map(|(word, _)| word).join(", ");
            format!("{text:?} is no event: one of {words} is needed")
        })
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, event)| *event == self).map_or("", |(word, _)| word)
    }

    /// The fields that say something about it, besides `at` and `product_line`.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Activity => &["type", "properties"],
            Self::Mql => &[],
            Self::Assigned => &["owner"],
            Self::Accepted => &["decided_by"],
            Self::Rejected => &["reason", "disposition", "decided_by", "note"],
            Self::SqlReturned => &["reason", "disposition"],
            Self::Attempted | Self::Connected | Self::MeetingHeld => {
                &["made_by", "direction", "human", "medium"]
            }
            Self::OpportunityOpened | Self::Won => &["amount", "currency"],
            Self::Nurtured => &["segment"],
            Self::Disqualified | Self::Lost => &["reason"],
        }
    }

    /// The fields without which it says too little.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Activity => &["type"],
            Self::Assigned => &["owner"],
            Self::Rejected | Self::SqlReturned => &["reason"],
            _ => &[],
        }
    }
}

/// Which event a row tells.
#[derive(Debug)]
enum Named {
    Fixed(Event),
    ByRow(Option<Bound>),
}

/// An event's fields, bound to a header.
#[derive(Debug)]
pub(crate) struct EntryPlan {
    event: Named,
    /// Tells two entries of one row and event apart in their source keys: the second `WON` is `WON.2`.
    ordinal: usize,
    at: Option<Bound>,
    if_given: Vec<Bound>,
    if_missing: Vec<Bound>,
    product_line: Option<Bound>,
    activity_type: Option<Bound>,
    properties: Vec<(String, Bound)>,
    owner: Option<Bound>,
    decided_by: Option<Bound>,
    made_by: Option<Bound>,
    reason: Option<Bound>,
    disposition: Option<Bound>,
    note: Option<Bound>,
    direction: Option<Bound>,
    human: Option<Bound>,
    medium: Option<Bound>,
    amount: Option<Bound>,
    currency: Option<Bound>,
    segment: Option<Bound>,
    numbers: NumberFormat,
}

impl EntryPlan {
    /// Binds a mapping's events to a header.
    pub(crate) fn bind_all<'m>(
        events: impl Iterator<Item = &'m EventFields>,
        kind: Kind,
        binder: &mut Binder<'_>,
    ) -> Vec<Self> {
        let mut plans: Vec<Self> = Vec::new();
        for (index, fields) in events.enumerate() {
            let place =
                if kind == Kind::Activities { "activity".to_owned() } else { format!("history[{index}]") };
            binder.entry = Some(index);
            let mut plan = Self::bind(fields, &place, binder);
            plan.ordinal = 1 + plans.iter().filter(|before| before.event.is_like(&plan.event)).count();
            plans.push(plan);
        }
        binder.entry = None;
        plans
    }

    fn bind(fields: &EventFields, place: &str, binder: &mut Binder<'_>) -> Self {
        let event = match &fields.event {
            None => Named::Fixed(Event::Activity),
            Some(EventName::Field(field)) => Named::ByRow(binder.bind(place, "event", &Some(field.clone()))),
            Some(EventName::Word(word)) => match Event::parse(word) {
                Ok(event) => Named::Fixed(event),
                Err(error) => {
                    binder.errors.push(format!("{place}.event: {error}"));
                    Named::ByRow(None)
                }
            },
        };
        if let Named::Fixed(event) = event {
            check_fields(event, fields, place, &mut binder.errors);
        }
        Self {
            event,
            ordinal: 1,
            at: binder.bind(place, "at", &Some(fields.at.clone())),
            if_given: bind_conditions(place, "if_given", &fields.if_given, binder),
            if_missing: bind_conditions(place, "if_missing", &fields.if_missing, binder),
            product_line: binder.bind(place, "product_line", &fields.product_line),
            activity_type: binder.bind(place, "type", &fields.activity_type),
            properties: binder.bind_map(&format!("{place}.properties"), &fields.properties),
            owner: binder.bind(place, "owner", &fields.owner),
            decided_by: binder.bind(place, "decided_by", &fields.decided_by),
            made_by: binder.bind(place, "made_by", &fields.made_by),
            reason: binder.bind(place, "reason", &fields.reason),
            disposition: binder.bind(place, "disposition", &fields.disposition),
            note: binder.bind(place, "note", &fields.note),
            direction: binder.bind(place, "direction", &fields.direction),
            human: binder.bind(place, "human", &fields.human),
            medium: binder.bind(place, "medium", &fields.medium),
            amount: binder.bind(place, "amount", &fields.amount),
            currency: binder.bind(place, "currency", &fields.currency),
            segment: binder.bind(place, "segment", &fields.segment),
            numbers: binder.places.file.numbers(),
        }
    }

    /// What the row tells about this event; `None` when it did not happen, or something is wrong with it.
    pub(crate) fn entry(&self, item_key: &str, cells: &mut Cells<'_>) -> Option<HistoryEntry> {
        let given = |field: &Bound| field.text(cells.row()).is_some();
        if !self.if_given.iter().all(given) || self.if_missing.iter().any(given) {
            return None;
        }
        let event = match &self.event {
            Named::Fixed(event) => *event,
            Named::ByRow(field) => cells.parsed(field, Event::parse)?,
        };
        let occur_time = cells.time(self.at.as_ref()?)?;
        let ordinal = if self.ordinal == 1 { String::new() } else { format!(".{}", self.ordinal) };
        Some(HistoryEntry {
            occur_time: Some(occur_time),
            product_line: cells.text(&self.product_line),
            entry: Some(self.content(event, cells)),
            source_key: format!("{item_key}/{}{ordinal}", event.word()),
        })
    }

    fn content(&self, event: Event, cells: &mut Cells<'_>) -> Entry {
        match event {
            Event::Activity => Entry::Activity(ImportedActivity {
                r#type: self.needed(&self.activity_type, "type", cells),
                properties: cells.texts(&self.properties),
            }),
            Event::Mql => Entry::Qualified(ImportedQualification {}),
            Event::Assigned => {
                Entry::Assigned(ImportedAssignment { owner: user(self.needed(&self.owner, "owner", cells)) })
            }
            Event::Accepted => {
                Entry::Accepted(ImportedAcceptance { decided_by: user(cells.text(&self.decided_by)) })
            }
            Event::Rejected => Entry::Rejected(ImportedRejection {
                reason: self.needed(&self.reason, "reason", cells),
                decided_by: user(cells.text(&self.decided_by)),
                note: cells.text(&self.note),
                disposition: cells.word::<RejectionDisposition>(&self.disposition).into(),
            }),
            Event::SqlReturned => Entry::Returned(ImportedReturn {
                disposition: cells.word::<RejectionDisposition>(&self.disposition).into(),
                reason: self.needed(&self.reason, "reason", cells),
            }),
            Event::Attempted => self.contact(ContactOutcome::Attempted, cells),
            Event::Connected => self.contact(ContactOutcome::Connected, cells),
            Event::MeetingHeld => self.contact(ContactOutcome::MeetingHeld, cells),
            Event::OpportunityOpened => self.outcome(Outcome::OpportunityOpened, cells),
            Event::Won => self.outcome(Outcome::Won, cells),
            Event::Lost => self.outcome(Outcome::Lost, cells),
            Event::Nurtured => Entry::Nurtured(ImportedNurture { segment: cells.text(&self.segment) }),
            Event::Disqualified => {
                Entry::Disqualified(ImportedDisqualification { reason: cells.text(&self.reason) })
            }
        }
    }

    /// A contact; unless the mapping says otherwise a person of ours tried to reach the lead by phone.
    fn contact(&self, outcome: ContactOutcome, cells: &mut Cells<'_>) -> Entry {
        let direction = match cells.word(&self.direction) {
            ContactDirection::Unspecified => ContactDirection::Outbound,
            given => given,
        };
        let human = cells.parsed(&self.human, |text| {
            text.parse::<bool>().map_err(|_| format!("{text:?} is neither \"true\" nor \"false\""))
        });
        let medium = match cells.text(&self.medium) {
            empty if empty.is_empty() => "PHONE".to_owned(),
            given => given,
        };
        Entry::Contact(ImportedContact {
            outcome: outcome.into(),
            direction: direction.into(),
            human: human.unwrap_or(true),
            medium,
            made_by: user(cells.text(&self.made_by)),
        })
    }

    /// What became of the lead; only what the event takes is said about it.
    fn outcome(&self, outcome: Outcome, cells: &mut Cells<'_>) -> Entry {
        let (mut amount, mut reason) = (None, String::new());
        if outcome == Outcome::Lost {
            reason = cells.text(&self.reason);
        } else {
            let currency = cells.text(&self.currency);
            amount = cells.parsed(&self.amount, |text| parse_amount(text, &currency, &self.numbers));
        }
        Entry::Outcome(ImportedOutcome { outcome: outcome.into(), amount, reason })
    }

    /// A text without which the event says too little.
    fn needed(&self, field: &Option<Bound>, name: &str, cells: &mut Cells<'_>) -> String {
        match field {
            Some(field) => cells.required_text(field),
            None => {
                // The row named the event, so only now it shows that the mapping lacks the field.
                cells.refuse(None, format!("the mapping does not say what {name:?} is"));
                String::new()
            }
        }
    }
}

impl Named {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(a), Self::Fixed(b)) => a == b,
            // They could name the same event.
            _ => true,
        }
    }
}

fn bind_conditions(place: &str, name: &str, fields: &[Field], binder: &mut Binder<'_>) -> Vec<Bound> {
    let bind = |field: &Field| binder.bind(place, name, &Some(field.clone()));
    fields.iter().filter_map(bind).collect()
}

/// A user's name from a slug; names stay as they are.
fn user(slug: String) -> String {
    if slug.is_empty() || slug.starts_with("users/") { slug } else { format!("users/{slug}") }
}

/// A field that says nothing about the event is a mistake, and so is one that is missing.
fn check_fields(event: Event, fields: &EventFields, place: &str, errors: &mut Vec<String>) {
    let given = [
        ("type", fields.activity_type.is_some()),
        ("properties", !fields.properties.is_empty()),
        ("owner", fields.owner.is_some()),
        ("decided_by", fields.decided_by.is_some()),
        ("made_by", fields.made_by.is_some()),
        ("reason", fields.reason.is_some()),
        ("disposition", fields.disposition.is_some()),
        ("note", fields.note.is_some()),
        ("direction", fields.direction.is_some()),
        ("human", fields.human.is_some()),
        ("medium", fields.medium.is_some()),
        ("amount", fields.amount.is_some()),
        ("currency", fields.currency.is_some()),
        ("segment", fields.segment.is_some()),
    ];
    for (name, is_given) in given {
        if is_given && !event.fields().contains(&name) {
            errors.push(format!("{place}.{name}: says nothing about {}", event.word()));
        }
        if !is_given && event.needed().contains(&name) {
            errors.push(format!("{place}.{name}: is needed for {}", event.word()));
        }
    }
    if fields.amount.is_some() != fields.currency.is_some() {
        errors.push(format!("{place}: amount and currency belong together"));
    }
}
