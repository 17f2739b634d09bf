//! The tenant's vocabulary: attributes, types of activity and rates. What was signed relies on types, so an event that changes
//! one does not fit what came before it.

use std::time::Instant;

use handoff_proto::event::v1::{ActivityTypeChanged, AttributeChanged, RateSet};
use handoff_proto::qualification::v1::ValueType;
use handoff_store::error::StoreError;
use handoff_store::verify::Snapshot;
use handoff_store::verify::catalogue::{self, ActivityTypeRow, AttributeRow, CurrencyRateRow};
use serde_json::{Map, Value};

use super::State;
use super::compare::Seen;
use crate::docket::{Docket, compare};
use crate::event::Event;
use crate::law::Law;

impl State {
    pub(super) fn attribute_changed(&mut self, event: &Event, fact: &AttributeChanged) -> Option<()> {
        let attribute = fact.attribute.as_ref()?;
        let row = AttributeRow {
            key: attribute.key.clone(),
            subject: attribute.subject().as_str_name().strip_prefix("ATTRIBUTE_SUBJECT_")?.to_owned(),
            value_type: value_type(attribute.value_type())?,
            sensitive: attribute.sensitive,
            label: attribute.label.clone(),
            position: event.position,
        };
        let keeps = |old: &AttributeRow| {
            let stays_sensitive = row.sensitive || !old.sensitive;
            row.subject == old.subject && row.value_type == old.value_type && stays_sensitive
        };
        let fits = self.attributes.get(&row.key).is_none_or(keeps);
        self.attributes.insert(row.key.clone(), row);
        fits.then_some(())
    }

    pub(super) fn activity_type_changed(&mut self, event: &Event, fact: &ActivityTypeChanged) -> Option<()> {
        let declared = fact.activity_type.as_ref()?;
        let mut properties = Map::new();
        for (name, of) in &declared.properties {
            properties.insert(name.clone(), Value::from(value_type(ValueType::try_from(*of).ok()?)?));
        }
        let old = self.activity_types.get(&declared.r#type).and_then(|old| old.properties.as_object());
        let fits = old.is_none_or(|old| old.iter().all(|(name, of)| properties.get(name) == Some(of)));
        let row = ActivityTypeRow {
            kind: declared.r#type.clone(),
            label: declared.label.clone(),
            properties: Value::Object(properties),
            position: event.position,
        };
        self.activity_types.insert(row.kind.clone(), row);
        fits.then_some(())
    }

    pub(super) fn rate_set(&mut self, event: &Event, fact: &RateSet) -> Option<()> {
        let rate = fact.currency_rate.as_ref()?;
        let row = CurrencyRateRow {
            from_currency: rate.from_currency_code.clone(),
            to_currency: rate.to_currency_code.clone(),
            day: rate.effective_date.parse().ok()?,
            rate: rate.rate.parse().ok()?,
            position: event.position,
        };
        self.currency_rates.insert(place(&row), row);
        Some(())
    }
}

fn value_type(of: ValueType) -> Option<String> {
    let name = of.as_str_name().strip_prefix("VALUE_TYPE_")?;
    (of != ValueType::Unspecified).then(|| name.to_owned())
}

/// Which rate it is.
fn place(row: &CurrencyRateRow) -> String {
    format!("{} {} {}", row.from_currency, row.to_currency, row.day)
}

/// Compares the three tables with the fold.
pub(super) async fn rows(
    snapshot: &mut Snapshot,
    state: &State,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    const LAW: Law = Law::StateCatalogue;
    let (start, tenant) = (Instant::now(), snapshot.tenant());
    let mut seen = Seen::new(LAW, "attribute", state.attributes.keys());
    catalogue::each_attribute(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.key, docket) {
            let place = format!("attribute {}", found.key);
            compare!(docket, LAW, place, state.attributes[&found.key], found; subject, value_type, sensitive, label,
                position);
        }
    })
    .await?;
    seen.end(docket);
    let mut seen = Seen::new(LAW, "activity type", state.activity_types.keys());
    catalogue::each_activity_type(snapshot.tx(), tenant, |found| {
        if seen.is_known(&found.kind, docket) {
            let place = format!("activity type {}", found.kind);
            compare!(docket, LAW, place, state.activity_types[&found.kind], found; label, properties, position);
        }
    })
    .await?;
    seen.end(docket);
    let mut seen = Seen::new(LAW, "rate", state.currency_rates.keys());
    catalogue::each_currency_rate(snapshot.tx(), tenant, |found| {
        let key = place(&found);
        if seen.is_known(&key, docket) {
            compare!(docket, LAW, format!("rate {key}"), state.currency_rates[&key], found; rate, position);
        }
    })
    .await?;
    seen.end(docket);
    docket.took(LAW, start);
    Ok(())
}
