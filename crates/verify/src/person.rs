//! Personal values: each belongs to an event of its lead or user, and together they make the person. They are compared
//! by numbers made of them and never shown: a violation names the field, not what is in it.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use handoff_domain::id::{TenantId, UserId};
use handoff_domain::phone;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Payload, TrackMove};
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::person::{self, PersonRow, RecordIdsRow, ValuesRow};
use prost::Message;
use serde_json::Value;
use uuid::Uuid;

use crate::docket::Docket;
use crate::law::Law;
use crate::state::State;
use crate::word::{id, print, slug};

const REFERENCES: Law = Law::PersonReferences;
const STATE: Law = Law::PersonState;

/// The fields whose values somebody may have made sure of.
const MAY_BE_VERIFIED: [&str; 3] = ["email", "phone", "organisation"];
/// The fields of a lead, by their columns; the first three make somebody known (R7).
const FIELDS: [&str; 6] = ["external_id", "email", "phone", "given_name", "family_name", "organisation"];
const MAKE_KNOWN: usize = 3;
/// What stands before the name of a system of record, in which an id makes somebody known too.
const RECORD_IDS: &str = "record_ids.";

/// What the values of one subject come to: a number per field that was said, one for all attributes, one for when they
/// were verified, and one for the ids in systems of record, if there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Portrait {
    fields: [Option<u64>; FIELDS.len()],
    attributes: u64,
    verified: u64,
    /// None once they were compared.
    record_ids: Option<u64>,
    display_name: Option<u64>,
    /// The values that a lead is captured with are among them.
    is_captured: bool,
}

/// The values of the subject that is passing.
#[derive(Debug, Default)]
struct Said {
    values: BTreeMap<String, String>,
    is_captured: bool,
}

impl Said {
    /// Takes in what an event says. Nobody has verified a new value, unless the event says so too.
    fn take(&mut self, fields: Vec<String>, values: Vec<String>) {
        for field in &fields {
            let name = field
                .strip_prefix("attributes.")
                .or_else(|| MAY_BE_VERIFIED.contains(&field.as_str()).then_some(field.as_str()));
            name.and_then(|name| self.values.remove(&format!("verified.{name}")));
        }
        self.values.extend(fields.into_iter().zip(values));
    }

    fn portrait(&self) -> Portrait {
        let of = |field: &str| self.values.get(field).map(print);
        let below = |folder: &str| -> BTreeMap<&str, &str> {
            let all = self.values.iter();
            all.filter_map(|(field, value)| Some((field.strip_prefix(folder)?, value.as_str()))).collect()
        };
        let record_ids = below(RECORD_IDS);
        Portrait {
            record_ids: (!record_ids.is_empty()).then(|| print(&record_ids)),
            fields: FIELDS.map(of),
            attributes: print(&below("attributes.")),
            verified: print(&below("verified.")),
            display_name: of("attributes.display_name"),
            is_captured: self.is_captured,
        }
    }
}

/// Compares values with the log, and persons with values.
pub(crate) async fn compare(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let start = Instant::now();
    let mut portraits = portraits(snapshot, docket).await?;
    docket.took(REFERENCES, start);

    let (start, tenant) = (Instant::now(), snapshot.tenant());
    person::each_user_person(snapshot.tx(), tenant, |row| {
        docket.checked(STATE, 1);
        let said = portraits.remove(&row.user_id);
        let place = format!("user {}", row.user_id);
        let expected = said.map_or((None, None), |it| (it.display_name, it.fields[1]));
        same(&place, "display_name", expected.0, row.display_name.as_ref(), docket);
        same(&place, "email", expected.1, row.email.as_ref(), docket);
    })
    .await?;
    person::each_record_ids(snapshot.tx(), tenant, |row| {
        docket.checked(STATE, 1);
        record_ids_row(portraits.get_mut(&row.lead_id), &row, docket);
    })
    .await?;
    person::each_person(snapshot.tx(), tenant, |row| {
        docket.checked(STATE, 1);
        docket.checked(REFERENCES, 1);
        let place = format!("lead {}", row.lead_id);
        match portraits.remove(&row.lead_id) {
            // Whose person is there was not erased, so what it was captured with must be there too.
            said if state.leads.contains_key(&row.lead_id) && !said.is_some_and(|it| it.is_captured) => {
                docket.violated(REFERENCES, place, "the values that it was captured with", "none");
            }
            Some(said) => person_row(&place, &said, &row, docket),
            None => docket.violated(STATE, place, "no person, the log has no such lead", "a person"),
        }
    })
    .await?;
    for subject in portraits.keys().filter(|subject| state.leads.contains_key(subject)) {
        let place = format!("lead {subject}");
        docket.violated(STATE, place, "a person, or no values of it at all", "values without a person");
    }
    docket.took(STATE, start);
    Ok(())
}

/// The portraits of all subjects. The values come subject by subject.
async fn portraits(
    snapshot: &mut Snapshot,
    docket: &mut Docket,
) -> Result<HashMap<Uuid, Portrait>, StoreError> {
    let tenant = snapshot.tenant();
    let mut portraits = HashMap::new();
    let mut passing: Option<(Uuid, Said)> = None;
    person::each_values(snapshot.tx(), tenant, |row| {
        docket.checked(REFERENCES, row.fields.len() as u64);
        if passing.as_ref().is_some_and(|(subject, _)| *subject != row.subject)
            && let Some((subject, said)) = passing.take()
        {
            portraits.insert(subject, said.portrait());
        }
        let (_, said) = passing.get_or_insert_with(|| (row.subject, Said::default()));
        let place = format!("values of {} at qualification position {}", row.subject, row.position);
        let makes_person = match belongs(&row, tenant) {
            Ok(makes_person) => makes_person,
            Err((expected, found)) => return docket.violated(REFERENCES, place, expected, found),
        };
        let known =
            |field: &String| FIELDS[..MAKE_KNOWN].contains(&field.as_str()) || field.starts_with(RECORD_IDS);
        said.is_captured |= row.kind.as_deref() == Some("LeadCaptured") && row.fields.iter().any(known);
        if makes_person {
            said.take(row.fields, row.values);
        }
    })
    .await?;
    portraits.extend(passing.map(|(subject, said)| (subject, said.portrait())));
    Ok(portraits)
}

/// Whether values say who their subject is, or only something of it; or what should be where they stand, and what is.
fn belongs(row: &ValuesRow, tenant: TenantId) -> Result<bool, (&'static str, &'static str)> {
    let payload = row.payload.as_deref().and_then(|bytes| Payload::decode(bytes).ok());
    let fact = payload.and_then(|payload| payload.fact).ok_or(("an event at that position", "none"))?;
    let (subject, makes_person) = match &fact {
        Fact::LeadCaptured(fact) => (id(&fact.lead_id), true),
        Fact::LeadAttributesChanged(fact) => (id(&fact.lead_id), true),
        Fact::ActivityRecorded(fact) => (id(&fact.lead_id), false),
        Fact::ManualScoreAdjusted(fact) => (id(&fact.lead_id), false),
        Fact::HandoffReturned(fact) => (id(&fact.lead_id), false),
        Fact::HandoffRejected(fact) => (of_step(fact.r#move.as_ref()), false),
        Fact::HandoffWithdrawn(fact) => (of_step(fact.r#move.as_ref()), false),
        Fact::HandoffDisputed(fact) => (id(&fact.lead_id), false),
        Fact::DisputeResolved(fact) => (id(&fact.lead_id), false),
        Fact::UserChanged(fact) => {
            (slug("users", &fact.user).map(|user| UserId::from_slug(tenant, user).0), true)
        }
        _ => (None, false),
    };
    if subject == Some(row.subject) {
        Ok(makes_person)
    } else {
        Err(("an event about it that can have such values", "another event"))
    }
}

/// The lead whose track moves.
fn of_step(step: Option<&TrackMove>) -> Option<Uuid> {
    id(&step?.lead_id)
}

fn record_ids_row(said: Option<&mut Portrait>, row: &RecordIdsRow, docket: &mut Docket) {
    let expected = said.and_then(|said| said.record_ids.take());
    if expected.is_none() || expected != texts(&row.record_ids).map(|all| print(&all)) {
        let place = format!("lead {}, record_ids", row.lead_id);
        docket.violated(STATE, place, "as its events say", "others");
    }
}

fn person_row(place: &str, said: &Portrait, row: &PersonRow, docket: &mut Docket) {
    if said.record_ids.is_some() {
        docket.violated(STATE, format_args!("{place}, record_ids"), "as its events say", "none");
    }
    let columns =
        [&row.external_id, &row.email, &row.phone, &row.given_name, &row.family_name, &row.organisation];
    for ((field, expected), found) in FIELDS.iter().zip(said.fields).zip(columns) {
        same(place, field, expected, found.as_ref(), docket);
    }
    // The number as it is compared is nothing that anybody said, and follows from what was.
    let compared = row.phone.as_deref().and_then(|phone| phone::normalise(phone, None).ok());
    if compared != row.phone_number {
        docket.violated(
            STATE,
            format_args!("{place}, phone_number"),
            "the number that was given, as it is compared",
            "another",
        );
    }
    for (column, expected, found) in
        [("attributes", said.attributes, &row.attributes), ("verified", said.verified, &row.verified)]
    {
        if texts(found).map(|all| print(&all)) != Some(expected) {
            docket.violated(STATE, format_args!("{place}, {column}"), "as its events say", "others");
        }
    }
}

/// An object of texts.
fn texts(object: &Value) -> Option<BTreeMap<&str, &str>> {
    object.as_object()?.iter().map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
}

fn same(place: &str, field: &str, expected: Option<u64>, found: Option<&String>, docket: &mut Docket) {
    if expected != found.map(print) {
        docket.violated(STATE, format_args!("{place}, {field}"), "as its events say", "another value");
    }
}
