//! The tenant's vocabulary in a state: its attributes, its types of activity and its rates. Each is loaded whole or not at
//! all, by a flag of [`super::Keys`]; the parts of a state share it.

use std::sync::Arc;

use crate::activity::{ActivityType, ActivityTypes};
use crate::error::Error;
use crate::profile::{AttributeDefinition, Catalogue};
use crate::qualification::event::{ActivityTypeChanged, AttributeChanged, RateSet};
use crate::qualification::state::{Stamp, State};
use crate::rates::{Rate, Rates};

impl State {
    /// The attributes of the tenant, standard and own.
    pub fn catalogue(&self) -> &Catalogue {
        self.records.catalogue.as_deref().unwrap_or(Catalogue::standard())
    }

    /// The types of activity of the tenant, standard and own.
    pub fn activity_types(&self) -> &ActivityTypes {
        self.records.activity_types.as_deref().unwrap_or(ActivityTypes::standard())
    }

    /// The rate that was set for exactly this pair and day.
    pub fn rate(&self, like: Rate) -> Option<Rate> {
        self.records.rates.as_ref()?.get(like.from, like.to, like.day)
    }

    /// Puts in an attribute of the tenant's own, or one that it changed.
    pub fn put_attribute(&mut self, attribute: AttributeDefinition) {
        Arc::make_mut(self.records.catalogue.get_or_insert_default()).insert(attribute);
    }

    /// Puts in a type of activity of the tenant's own, or one that it changed.
    pub fn put_activity_type(&mut self, activity_type: ActivityType) {
        Arc::make_mut(self.records.activity_types.get_or_insert_default()).insert(activity_type);
    }

    /// Puts in a rate.
    pub fn put_rate(&mut self, rate: Rate) {
        Arc::make_mut(self.records.rates.get_or_insert_default()).insert(rate);
    }

    pub(super) fn attribute_changed(&mut self, event: &AttributeChanged, stamp: &Stamp<'_>) {
        self.changes.attributes.insert(event.attribute.key.clone(), stamp.position);
        self.put_attribute(event.attribute.clone());
        self.rules_changed(stamp);
    }

    pub(super) fn activity_type_changed(&mut self, event: &ActivityTypeChanged, stamp: &Stamp<'_>) {
        self.changes.activity_types.insert(event.activity_type.kind.clone(), stamp.position);
        self.put_activity_type(event.activity_type.clone());
    }

    pub(super) fn rate_set(&mut self, event: &RateSet, stamp: &Stamp<'_>) {
        let Rate { from, to, day, rate } = event.rate;
        self.changes.rates.insert((from, to, day), (rate, stamp.position));
        self.put_rate(event.rate);
        self.rules_changed(stamp);
    }

    /// Whether a rate may be set.
    pub(in crate::qualification) fn check_rate(&self, rate: Rate) -> Result<(), Error> {
        self.records.rates.as_deref().unwrap_or(&Rates::default()).check(rate)
    }
}
