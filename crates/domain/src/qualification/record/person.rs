//! Personal values, apart from everything else: the log and the records refer to them and never hold them, so that
//! erasing a person is deleting these.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::phone;

/// The personal values of a lead or a user, or those that one event set. `None` and an absent attribute mean "not
/// said", never "empty".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The id in the tenant's system of record; unique per tenant.
    pub external_id: Option<String>,
    /// The ids in further systems of record, by system; each unique per tenant and system.
    pub record_ids: BTreeMap<String, String>,
    /// The address as [`Person::normalise_email`] gives it; unique per tenant.
    pub email: Option<String>,
    /// A telephone number, as given.
    pub phone: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// The name of the company that the person works for.
    pub organisation: Option<String>,
    /// Free attributes by name; of an activity, its properties.
    pub attributes: BTreeMap<String, String>,
    /// When somebody last made sure of a value, by the name of its attribute or, of an address, a number and an
    /// organisation, its field; a value without a time was verified by nobody.
    pub verified: BTreeMap<String, DateTime<Utc>>,
    /// What somebody wrote about the person, such as the note of a rejection; belongs to its event alone.
    pub note: Option<String>,
}

impl Person {
    /// Whether anything identifies the person: an address, a number or an id of a system of record. A cookie never
    /// does (R7).
    pub fn is_known(&self) -> bool {
        self.external_id.is_some()
            || !self.record_ids.is_empty()
            || self.email.is_some()
            || self.phone.is_some()
    }

    /// Whether nothing but a telephone number identifies the person.
    pub fn is_known_by_phone_alone(&self) -> bool {
        self.external_id.is_none()
            && self.record_ids.is_empty()
            && self.email.is_none()
            && self.phone.is_some()
    }

    /// Whether it holds nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The form in which addresses are compared and kept: trimmed and in lower case. Dots and tags stay, because only
    /// some providers ignore them.
    pub fn normalise_email(email: &str) -> String {
        email.trim().to_lowercase()
    }

    /// The telephone number as it is compared, if it can be: a number without its country's calling code cannot, because
    /// nobody knows the country.
    pub fn number(&self) -> Option<String> {
        phone::normalise(self.phone.as_deref()?, None).ok()
    }

    /// The value that has a name in a profile: of a field that criteria may ask about, else of an attribute.
    pub fn value(&self, name: &str) -> Option<&str> {
        let field = self.fields().into_iter().find_map(|(field, value)| value.filter(|_| field == name));
        field.or_else(|| self.attributes.get(name).map(String::as_str))
    }

    /// The fields that criteria may ask about, as the standard attributes call them.
    fn fields(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("email", self.email.as_deref()),
            ("phone", self.phone.as_deref()),
            ("organisation", self.organisation.as_deref()),
        ]
    }

    /// The names of all values that criteria may ask about.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields().into_iter().filter_map(|(field, value)| value.map(|_| field));
        fields.chain(self.attributes.keys().map(String::as_str))
    }

    /// The values of `newer` that differ from ours, without the note; absent ones stay as they are. Of the same value
    /// a later verification counts: an old file says nothing new.
    pub fn changes_by(&self, newer: &Self) -> Self {
        let changed = |old: &Option<String>, new: &Option<String>| new.clone().filter(|_| new != old);
        let all_changed = |old: &BTreeMap<String, String>, new: &BTreeMap<String, String>| {
            let changed = new.iter().filter(|(name, value)| old.get(*name) != Some(value));
            changed.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let verified = newer.verified.iter().filter(|(name, at)| {
            self.value(name) != newer.value(name) || self.verified.get(*name).is_none_or(|before| before < at)
        });
        Self {
            external_id: changed(&self.external_id, &newer.external_id),
            record_ids: all_changed(&self.record_ids, &newer.record_ids),
            email: changed(&self.email, &newer.email),
            phone: changed(&self.phone, &newer.phone),
            given_name: changed(&self.given_name, &newer.given_name),
            family_name: changed(&self.family_name, &newer.family_name),
            organisation: changed(&self.organisation, &newer.organisation),
            attributes: all_changed(&self.attributes, &newer.attributes),
            verified: verified.map(|(name, at)| (name.clone(), *at)).collect(),
            note: None,
        }
    }

    /// Takes over every value that `newer` has, but for its note. A new value takes the verification of the one that it
    /// replaces with it.
    pub fn merge(&mut self, newer: &Self) {
        for name in newer.names() {
            self.verified.remove(name);
        }
        self.verified.extend(newer.verified.iter().map(|(name, at)| (name.clone(), *at)));
        let take = |old: &mut Option<String>, new: &Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        let take_all = |old: &mut BTreeMap<String, String>, new: &BTreeMap<String, String>| {
            old.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
        };
        take(&mut self.external_id, &newer.external_id);
        take_all(&mut self.record_ids, &newer.record_ids);
        take(&mut self.email, &newer.email);
        take(&mut self.phone, &newer.phone);
        take(&mut self.given_name, &newer.given_name);
        take(&mut self.family_name, &newer.family_name);
        take(&mut self.organisation, &newer.organisation);
        take_all(&mut self.attributes, &newer.attributes);
    }
}
