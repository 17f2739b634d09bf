//! What leads do, by type: the standard types (R8, R9), which every tenant has, and its own. A type declares some
//! properties with their types.
//!
//! What is not declared is allowed: an activity of a type that nobody declared, and properties that its type does not
//! have, hold plain text. So a new event of a website needs no ceremony, and a rule that asks a typed question of it
//! gets UNKNOWN, until it is declared. An activity is recorded whatever its properties hold, because what a lead did is a
//! fact and must not be lost for a wrong detail: a text that is no value of the declared type is UNKNOWN too.

mod standard;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::error::{Error, Violation};
use crate::profile::{AttributeKey, LABEL, is_label};
use crate::value::{Value, ValueType};

/// The name of a type: upper-case letters, digits and underscores, at most 64 characters: `EBOOK_DOWNLOADED`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivityKind(String);

impl ActivityKind {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActivityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ActivityKind {
    type Err = InvalidActivityKind;

    fn from_str(text: &str) -> Result<Self, InvalidActivityKind> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidActivityKind) }
    }
}

/// The text cannot name a type of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidActivityKind;

impl fmt::Display for InvalidActivityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is in upper snake case, such as EBOOK_DOWNLOADED, and has at most 64 characters")
    }
}

impl std::error::Error for InvalidActivityKind {}

/// A declared type of activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityType {
    /// Its name.
    pub kind: ActivityKind,
    /// What people call it, of 1 to 100 characters; may change.
    pub label: String,
    /// The types of its properties; more may be added, none changes or goes.
    pub properties: BTreeMap<AttributeKey, ValueType>,
}

impl ActivityType {
    /// The most properties that a type declares, which is as many as an activity may have.
    pub const MAX_PROPERTIES: usize = 64;
}

/// The declared types of a tenant: the standard ones and its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityTypes(BTreeMap<ActivityKind, ActivityType>);

impl Default for ActivityTypes {
    /// The standard types.
    fn default() -> Self {
        Self(standard::types().map(|declared| (declared.kind.clone(), declared)).collect())
    }
}

static STANDARD: LazyLock<ActivityTypes> = LazyLock::new(ActivityTypes::default);

impl ActivityTypes {
    /// The most declared types of a tenant, with the standard ones.
    pub const MAX_TYPES: usize = 500;

    /// The types of a tenant that has said nothing.
    pub fn standard() -> &'static Self {
        &STANDARD
    }

    /// The standard types with a tenant's own, and with what it changed of them.
    pub fn with(own: impl IntoIterator<Item = ActivityType>) -> Self {
        let mut types = Self::default();
        own.into_iter().for_each(|declared| types.insert(declared));
        types
    }

    /// The type with this name, if it is declared.
    pub fn get(&self, kind: &ActivityKind) -> Option<&ActivityType> {
        self.0.get(kind)
    }

    /// Every declared type, by name.
    pub fn iter(&self) -> impl Iterator<Item = &ActivityType> {
        self.0.values()
    }

    /// Declares a type, or changes the label of one and adds properties to it.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every reason: a label that is no label, too many properties, a property that it has and
    /// that is left out or gets another type, or one type too many.
    pub fn define(&mut self, new: ActivityType) -> Result<(), Error> {
        self.check(&new)?;
        self.insert(new);
        Ok(())
    }

    /// Puts in a type as it was declared once, in place of the one that was there.
    pub fn insert(&mut self, declared: ActivityType) {
        self.0.insert(declared.kind.clone(), declared);
    }

    /// Whether a type may be declared, or be changed, like this.
    ///
    /// # Errors
    /// As [`ActivityTypes::define`].
    pub fn check(&self, new: &ActivityType) -> Result<(), Error> {
        let mut violations = Vec::new();
        let mut check = |holds: bool, field: String, description: String| {
            if !holds {
                violations.push(Violation { field: format!("activity_type.{field}"), description });
            }
        };
        check(is_label(&new.label), "label".to_owned(), LABEL.to_owned());
        let most = ActivityType::MAX_PROPERTIES;
        let count = new.properties.len();
        check(count <= most, "properties".to_owned(), format!("a type declares at most {most} properties"));
        match self.get(&new.kind) {
            Some(old) => old.properties.iter().for_each(|(name, of)| {
                let description = format!(
                    "is {of} and stays so, because rules that were signed rely on it: send it too, and call what is \
                     another property by another name"
                );
                check(new.properties.get(name) == Some(of), format!("properties.{name}"), description);
            }),
            None => {
                let most = Self::MAX_TYPES;
                let description = format!("a tenant declares at most {most} types of activity");
                check(self.0.len() < most, "type".to_owned(), description);
            }
        }
        Error::of_violations(violations)
    }

    /// The type of a property: as declared, else TEXT.
    pub fn property_type(&self, kind: &ActivityKind, name: &AttributeKey) -> ValueType {
        let declared = self.get(kind).and_then(|declared| declared.properties.get(name));
        declared.copied().unwrap_or(ValueType::Text)
    }

    /// The properties of an activity with their types. Blank ones are absent; a name that is no key is nobody's
    /// property, and a text that is no value of the declared type is left out (it may have come before the declaration).
    pub fn read(
        &self,
        kind: &ActivityKind,
        sent: &BTreeMap<String, String>,
    ) -> BTreeMap<AttributeKey, Value> {
        let typed = sent.iter().filter_map(|(name, text)| {
            let name: AttributeKey = name.parse().ok()?;
            let value = Value::parse(self.property_type(kind, &name), text).ok()?;
            Some((name, value))
        });
        typed.collect()
    }
}
