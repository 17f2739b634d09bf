//! Which attributes a tenant has.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{AttributeKey, standard};
use crate::error::{Error, Violation};
use crate::value::{Value, ValueType};
use crate::word::words;

words! {
    /// Whom an attribute describes.
    pub enum Subject {
        /// The person.
        Person = "PERSON",
        /// The organisation that the person works for.
        Organisation = "ORGANISATION",
    }
}

/// What an attribute is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeDefinition {
    /// Its name in documents and requests.
    pub key: AttributeKey,
    /// Whom it describes; never changes.
    pub subject: Subject,
    /// What it holds; never changes, because criteria that were signed rely on it.
    pub value_type: ValueType,
    /// Whether it is legally sensitive, as age and gender are; may be set and never cleared.
    pub sensitive: bool,
    /// What people call it, trimmed, of 1 to [`AttributeDefinition::MAX_LABEL_CHARS`] characters; may change.
    pub label: String,
}

impl AttributeDefinition {
    /// The longest label, in characters.
    pub const MAX_LABEL_CHARS: usize = 100;
}

/// The attributes of a tenant: the standard ones and its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue(BTreeMap<AttributeKey, AttributeDefinition>);

impl Default for Catalogue {
    /// The standard attributes, which every tenant has.
    fn default() -> Self {
        Self(standard::attributes().map(|definition| (definition.key.clone(), definition)).collect())
    }
}

static STANDARD: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

impl Catalogue {
    /// The most attributes of a tenant, with the standard ones.
    pub const MAX_ATTRIBUTES: usize = 500;

    /// The attributes of a tenant that has said nothing.
    pub fn standard() -> &'static Self {
        &STANDARD
    }

    /// The standard attributes with a tenant's own, and with what it changed of them.
    pub fn with(own: impl IntoIterator<Item = AttributeDefinition>) -> Self {
        let mut catalogue = Self::default();
        own.into_iter().for_each(|attribute| catalogue.insert(attribute));
        catalogue
    }

    /// The attribute with this key.
    pub fn get(&self, key: &AttributeKey) -> Option<&AttributeDefinition> {
        self.0.get(key)
    }

    /// Every attribute, by key.
    pub fn iter(&self) -> impl Iterator<Item = &AttributeDefinition> {
        self.0.values()
    }

    /// Adds an attribute, or changes the label of one and marks it sensitive. Saying the same again changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every reason: another type or subject than it has, sensitive no more, a label that is no
    /// label, or one attribute too many.
    pub fn define(&mut self, definition: AttributeDefinition) -> Result<(), Error> {
        self.check(&definition)?;
        self.insert(definition);
        Ok(())
    }

    /// Puts in an attribute as it was defined once, in place of the one that was there.
    pub fn insert(&mut self, definition: AttributeDefinition) {
        self.0.insert(definition.key.clone(), definition);
    }

    /// Whether an attribute may be defined, or be changed, like this.
    ///
    /// # Errors
    /// As [`Catalogue::define`].
    pub fn check(&self, new: &AttributeDefinition) -> Result<(), Error> {
        let mut violations = Vec::new();
        let mut check = |holds: bool, field: &str, description: String| {
            if !holds {
                violations.push(Violation { field: format!("attribute.{field}"), description });
            }
        };
        check(is_label(&new.label), "label", LABEL.to_owned());
        let Some(old) = self.get(&new.key) else {
            let most = Self::MAX_ATTRIBUTES;
            check(self.0.len() < most, "key", format!("a tenant has at most {most} attributes"));
            return Error::of_violations(violations);
        };
        let other = "define another attribute with a key of its own";
        let (is, who) = (old.value_type, old.subject);
        check(new.value_type == is, "value_type", format!("is {is} and does not change: {other}"));
        check(new.subject == who, "subject", format!("is {who} and does not change: {other}"));
        let stays = "is true and stays so: criteria that name it were signed as such".to_owned();
        check(new.sensitive || !old.sensitive, "sensitive", stays);
        Error::of_violations(violations)
    }

    /// Texts by name as they are kept: those of attributes in the one form of their values, free text as it is, and blank
    /// ones not at all. `field` is where they stand in the request.
    ///
    /// # Errors
    /// Every text that is no value of its attribute's type. It is never repeated: it may be personal.
    pub fn tidy(
        &self,
        field: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Vec<Violation>> {
        let (mut kept, mut violations) = (BTreeMap::new(), Vec::new());
        for (name, text) in texts.iter().filter(|(_, text)| !text.trim().is_empty()) {
            let definition = name.parse().ok().and_then(|key| self.get(&key));
            match definition.map(|definition| Value::parse(definition.value_type, text)) {
                None => drop(kept.insert(name.clone(), text.clone())),
                Some(Ok(value)) => drop(kept.insert(name.clone(), value.to_text())),
                Some(Err(invalid)) => violations.push(Violation {
                    field: format!("{field}.{name}"),
                    description: format!("{invalid}; leave it out where it is not known"),
                }),
            }
        }
        if violations.is_empty() { Ok(kept) } else { Err(violations) }
    }
}

/// Whether a text can be a label.
pub(crate) fn is_label(text: &str) -> bool {
    let chars = text.chars().count();
    text.trim() == text && (1..=AttributeDefinition::MAX_LABEL_CHARS).contains(&chars)
}

/// What a label is.
pub(crate) const LABEL: &str = "has 1 to 100 characters, without blanks around them";
