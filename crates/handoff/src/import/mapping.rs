//! The mapping file: which column of an export means what. TOML, read strictly: a key that nobody knows is refused
//! with its place, for a misspelt key would silently lose a column.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::field::Field;
use super::format::FileFormat;
use super::header::ColumnName;
use super::lookup::LookupFields;

/// What a file tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A lead per row, with the milestones that the row has dates of.
    Leads,
    /// An activity per row, of a lead that is there already.
    Activities,
    /// Milestones of leads that are there already: one per row, or a date column for each.
    History,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leads => "leads",
            Self::Activities => "activities",
            Self::History => "history",
        })
    }
}

/// A mapping file. `mappings/` has examples.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the file tells about.
    pub(crate) kind: Kind,
    /// The system that the file comes from, part of every source key: `olist`.
    pub(crate) source: String,
    /// The columns that make a row unique in its source; without them it is a hash of the whole row.
    #[serde(default)]
    pub(crate) key: Vec<ColumnName>,
    /// How the file is written.
    #[serde(default)]
    pub(crate) file: FileFormat,
    /// Other files whose columns belong to the rows, by a name of one's own.
    #[serde(default)]
    pub(crate) lookup: BTreeMap<String, LookupFields>,
    /// The lead: who it is (`leads`), or by what it is known (otherwise).
    pub(crate) lead: LeadFields,
    /// What happened (`activities`).
    pub(crate) activity: Option<EventFields>,
    /// What happened (`leads`, `history`), in the order in which it is to be written.
    #[serde(default)]
    pub(crate) history: Vec<EventFields>,
}

/// The lead's fields, named as in the API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LeadFields {
    /// `leads/{uuid}`; of a lead that is there already.
    pub(crate) name: Option<Field>,
    pub(crate) external_id: Option<Field>,
    /// By system of record.
    pub(crate) record_ids: BTreeMap<String, Field>,
    pub(crate) email: Option<Field>,
    pub(crate) phone: Option<Field>,
    pub(crate) given_name: Option<Field>,
    pub(crate) family_name: Option<Field>,
    pub(crate) organisation: Option<Field>,
    /// B2B, B2C or UNKNOWN.
    pub(crate) kind: Option<Field>,
    pub(crate) persona: Option<Field>,
    /// NONE, CONSENT, COMPETITOR, CUSTOMER or TEST.
    pub(crate) suppression: Option<Field>,
    /// When the lead was captured.
    pub(crate) captured: Option<Field>,
    pub(crate) origin: OriginFields,
    pub(crate) attributes: BTreeMap<String, Field>,
}

/// The first touch.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OriginFields {
    /// MARKETING, SALES_DEVELOPMENT, SALES, PARTNER, REFERRAL or UNKNOWN.
    pub(crate) channel: Option<Field>,
    pub(crate) source: Option<Field>,
    pub(crate) medium: Option<Field>,
    pub(crate) campaign: Option<Field>,
}

/// Which event.
#[derive(Debug, Clone)]
pub(crate) enum EventName {
    /// This one: `"WON"`.
    Word(String),
    /// The one that the row names: `{ column = "stage", translate = { "Closed Won" = "WON" } }`.
    Field(Field),
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A field's short form names a column; here it is the event's own name.
        let field = Field::deserialize(deserializer)?;
        Ok(field.short_form().map(|word| Self::Word(word.to_owned())).unwrap_or(Self::Field(field)))
    }
}

/// What is told about an event; each event takes some of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventFields {
    /// Which milestone of the lead's way; needed in a history, and not in an activity.
    pub(crate) event: Option<EventName>,
    /// When it happened. Without a value the event did not happen.
    pub(crate) at: Field,
    /// It happened only where all of these have a value.
    #[serde(default)]
    pub(crate) if_given: Vec<Field>,
    /// It happened only where none of these has a value.
    #[serde(default)]
    pub(crate) if_missing: Vec<Field>,
    pub(crate) product_line: Option<Field>,
    /// In upper snake case (ACTIVITY).
    #[serde(rename = "type")]
    pub(crate) activity_type: Option<Field>,
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Field>,
    /// The slug of a user (ASSIGNED).
    pub(crate) owner: Option<Field>,
    /// The slug of a user (ACCEPTED, REJECTED).
    pub(crate) decided_by: Option<Field>,
    /// The slug of a user (contacts).
    pub(crate) made_by: Option<Field>,
    /// The code of a reason (REJECTED), any text (DISQUALIFIED, LOST, SQL_RETURNED).
    pub(crate) reason: Option<Field>,
    /// RECYCLE, DISQUALIFY or RETURN_TO_ROUTING; what the reason says when it is left out (REJECTED). RECYCLE, unless it
    /// is DISQUALIFY (SQL_RETURNED).
    pub(crate) disposition: Option<Field>,
    pub(crate) note: Option<Field>,
    /// OUTBOUND or INBOUND (contacts).
    pub(crate) direction: Option<Field>,
    /// `true` or `false` (contacts).
    pub(crate) human: Option<Field>,
    /// PHONE, EMAIL … (contacts).
    pub(crate) medium: Option<Field>,
    /// The value of the deal (OPPORTUNITY_OPENED, WON).
    pub(crate) amount: Option<Field>,
    /// ISO 4217 (OPPORTUNITY_OPENED, WON).
    pub(crate) currency: Option<Field>,
    pub(crate) segment: Option<Field>,
}

/// Why a mapping cannot be used: every line names a place and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError(pub(crate) Vec<String>);

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for MappingError {}

impl Mapping {
    /// Reads a mapping file's text.
    ///
    /// # Errors
    /// The place (line, column) of what TOML or this format does not know, or the names of what does not fit
    /// together.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text)
            .map_err(|error| MappingError(vec![error.to_string().trim_end().to_owned()]))?;
        let errors = mapping.contradictions();
        if errors.is_empty() { Ok(mapping) } else { Err(MappingError(errors)) }
    }

    /// Reads the files that rows are looked up in; they lie in the folder of the export.
    ///
    /// # Errors
    /// Every row of theirs that cannot be used, by file and line.
    pub fn open_lookups(&mut self, folder: &Path) -> Result<(), MappingError> {
        let mut errors = Vec::new();
        for (name, lookup) in &mut self.lookup {
            let opened = lookup.open(folder, &self.file);
            errors.extend(opened.err().into_iter().flatten().map(|error| format!("lookup.{name}: {error}")));
        }
        if errors.is_empty() { Ok(()) } else { Err(MappingError(errors)) }
    }

    /// What the file tells about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn contradictions(&self) -> Vec<String> {
        let mut errors = Vec::new();
        let mut refuse = |wrong: bool, reason: &str| {
            if wrong {
                errors.push(reason.to_owned());
            }
        };
        let lead = &self.lead;
        let source_fits = !self.source.is_empty()
            && self.source.len() <= 64
            && self.source.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        refuse(!source_fits, "source: 1 to 64 lower-case letters, digits and hyphens are needed: \"my-crm\"");
        if self.kind == Kind::Leads {
            refuse(lead.name.is_some(), "lead.name: new leads get their name from Handoff; use external_id");
            let names = [&lead.external_id, &lead.email, &lead.phone];
            let known = names.iter().any(|name| name.is_some()) || !lead.record_ids.is_empty();
            refuse(
                !known,
                "lead: external_id, email, phone or one of record_ids is needed: a lead must be known (R7)",
            );
            refuse(lead.captured.is_none(), "lead.captured: the time of the first touch is needed");
        } else {
            let ways = [&lead.name, &lead.external_id, &lead.email].into_iter().flatten();
            let ways = ways.chain(lead.record_ids.values()).count();
            refuse(
                ways != 1,
                "lead: one name, external_id, email or record id is needed to find the lead, and only one",
            );
            let described = [
                ("phone", &lead.phone),
                ("given_name", &lead.given_name),
                ("family_name", &lead.family_name),
                ("organisation", &lead.organisation),
                ("kind", &lead.kind),
                ("persona", &lead.persona),
                ("suppression", &lead.suppression),
                ("captured", &lead.captured),
                ("origin.channel", &lead.origin.channel),
                ("origin.source", &lead.origin.source),
                ("origin.medium", &lead.origin.medium),
                ("origin.campaign", &lead.origin.campaign),
            ];
            for (name, field) in described {
                refuse(
                    field.is_some(),
                    &format!("lead.{name}: only a mapping of kind \"leads\" describes leads"),
                );
            }
            refuse(
                !lead.attributes.is_empty(),
                "lead.attributes: only a mapping of kind \"leads\" describes leads",
            );
        }
        for (index, milestone) in self.history.iter().enumerate() {
            refuse(
                milestone.event.is_none(),
                &format!("history[{index}].event: which milestone it is, is needed"),
            );
        }
        let named = self.activity.as_ref().is_some_and(|activity| activity.event.is_some());
        refuse(named, "activity.event: an activity is its own event; its kind is `type`");
        match self.kind {
            Kind::Activities => {
                refuse(
                    self.activity.is_none(),
                    "activity: what happened is needed: [activity] with type and at",
                );
                refuse(
                    !self.history.is_empty(),
                    "history: milestones belong into a mapping of kind \"history\"",
                );
            }
            Kind::Leads | Kind::History => {
                refuse(self.activity.is_some(), "activity: belongs into a mapping of kind \"activities\"");
                let empty = self.kind == Kind::History && self.history.is_empty();
                refuse(empty, "history: at least one [[history]] is needed");
            }
        }
        errors.extend(self.file.contradictions("file"));
        for (name, lookup) in &self.lookup {
            let format = lookup.format.iter();
            errors.extend(format.flat_map(|format| format.contradictions(&format!("lookup.{name}.format"))));
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: &str = "kind = \"leads\"\nsource = \"crm\"\n[lead]\nemail = \"mail\"\ncaptured = \"at\"\n";

    fn error(text: &str) -> String {
        Mapping::from_toml(text).map(|mapping| mapping.kind).unwrap_err().to_string()
    }

    #[test]
    fn the_least_mapping_is_three_columns() {
        assert_eq!(Mapping::from_toml(LEAD).unwrap().kind(), Kind::Leads);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        insta::assert_snapshot!(error(&format!("{LEAD}emial = \"mail\"\n")));
    }

    #[test]
    fn an_unknown_key_of_a_value_is_refused_with_its_place() {
        insta::assert_snapshot!(error(&format!("{LEAD}phone = {{ colum = \"tel\" }}\n")));
    }

    #[test]
    fn an_unknown_key_of_a_milestone_is_refused_with_its_place() {
        insta::assert_snapshot!(error(&format!(
            "{LEAD}[[history]]\nevent = \"WON\"\nat = \"won\"\nammount = \"x\"\n"
        )));
    }

    #[test]
    fn contradictions_are_told_together() {
        insta::assert_snapshot!(error("kind = \"leads\"\nsource = \"My CRM\"\n[lead]\nname = \"id\"\n"));
        insta::assert_snapshot!(error(
            "kind = \"history\"\nsource = \"crm\"\n[lead]\nphone = \"tel\"\n[activity]\nat = \"at\"\n"
        ));
    }
}
