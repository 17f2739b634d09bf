//! What is known of a person and its organisation, typed: the attributes that criteria ask about (R13, R14), and the
//! catalogue that says which there are. A tenant adds attributes of its own without a migration; an attribute never
//! changes its type, and what is sensitive stays so (slip 6).

mod catalogue;
mod key;
mod standard;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::qualification::record::Person;
use crate::value::Value;

pub use catalogue::{AttributeDefinition, Catalogue, Subject};
pub use key::{AttributeKey, InvalidKey};

pub(crate) use catalogue::{LABEL, is_label};
pub(crate) use key::is_key;

/// A value and when somebody last made sure of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The value, of the type that the catalogue says.
    pub value: Value,
    /// When it was last verified; absent: never, or nobody says.
    pub verified_at: Option<DateTime<Utc>>,
}

/// What is known of a lead, by attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile(BTreeMap<AttributeKey, Attribute>);

impl Profile {
    /// What is known of a person, as criteria ask for it: its attributes that the catalogue has, typed as it says, and
    /// its address, number and organisation. Free text is nobody's attribute, and so is a text that is no value of its
    /// attribute's type: it came before the attribute was defined.
    pub fn of(person: &Person, catalogue: &Catalogue) -> Self {
        let typed = person.names().filter_map(|name| {
            let definition = catalogue.get(&name.parse().ok()?)?;
            let value = Value::parse(definition.value_type, person.value(name)?).ok()?;
            let verified_at = person.verified.get(name).copied();
            Some((definition.key.clone(), Attribute { value, verified_at }))
        });
        typed.collect()
    }

    /// The attribute with this key, if it is known.
    pub fn get(&self, key: &AttributeKey) -> Option<&Attribute> {
        self.0.get(key)
    }

    /// Adds an attribute, in place of the one that was there.
    pub fn insert(&mut self, key: AttributeKey, attribute: Attribute) {
        self.0.insert(key, attribute);
    }

    /// Every attribute, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeKey, &Attribute)> {
        self.0.iter()
    }
}

impl FromIterator<(AttributeKey, Attribute)> for Profile {
    fn from_iter<I: IntoIterator<Item = (AttributeKey, Attribute)>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}
