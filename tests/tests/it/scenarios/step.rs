//! The words of a step. Each is one thing that somebody does, or one thing that must be so:
//!
//! | word | what |
//! |---|---|
//! | `at` | when; the clock of the database is set to it, and stands there until another step says more |
//! | `by`, `refused` | who does it; for which `ErrorReason` it must be refused |
//! | `draft` `document` `change` | writes a version of a subject; `change` puts other texts in places of the document |
//! | `submit` `read` `sign` | what people do with a version; one signs what one has read last |
//! | `schedule` `effective` | at once without a time |
//! | `capture` `kind` `attributes` | a lead, by its e-mail address |
//! | `record` `of` | an activity of a lead |
//! | `accept` | the handoff of a lead that waits for sales |
//! | `expect_version` | its `state`, and by whom it is signed |
//! | `expect_lead` | its `stage`, `since` when, what its handoff says (`trigger`), and what explains it |
//!
//! What is expected is waited for: what leads do is judged a moment later. That something never came is shown by when it did.

use chrono::{DateTime, NaiveDateTime, Utc};
use handoff::yaml::tree::{Content, Node, Place};
use handoff_domain::calendar::local;
use handoff_proto::common::v1::{ErrorReason, VersionState};
use handoff_proto::qualification::v1 as pb;

use super::fields::{Faults, Fields, text, word};
use super::story::Story;

/// The words that say what a step is.
const VERBS: [&str; 10] = [
    "draft",
    "submit",
    "read",
    "sign",
    "schedule",
    "capture",
    "record",
    "accept",
    "expect_version",
    "expect_lead",
];

/// A step, and where it stands.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) place: Place,
    /// The instant to which the clock is set.
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug)]
pub(super) enum What {
    /// Somebody does something, and is refused for that reason if there is one.
    Act { by: String, act: Act, refused: Option<String> },
    /// Something is so.
    Version(ExpectVersion),
    /// Something is so.
    Lead(ExpectLead),
}

/// What somebody does.
#[derive(Debug)]
pub(super) enum Act {
    Draft { subject: String, document: String, change: Vec<(String, String)> },
    Submit { version: String },
    Read { version: String },
    Sign { version: String },
    Schedule { version: String, effective: Option<DateTime<Utc>> },
    Capture { email: String, kind: pb::LeadKind, attributes: Vec<(String, String)> },
    Record { kind: String, of: String },
    Accept { lead: String },
}

/// What must be so of a version; what is none is not looked at.
#[derive(Debug)]
pub(super) struct ExpectVersion {
    pub(super) name: String,
    pub(super) state: Option<VersionState>,
    pub(super) signed_by: Option<Vec<String>>,
}

/// What must be so of a lead; what is none is not looked at.
#[derive(Debug)]
pub(super) struct ExpectLead {
    pub(super) email: String,
    pub(super) stage: Option<pb::Stage>,
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) trigger: Option<pb::QualificationTrigger>,
    pub(super) verdict: Option<pb::VerdictKind>,
    pub(super) lacks: Option<Vec<pb::LackKind>>,
    pub(super) fit: Option<String>,
    pub(super) behaviour: Option<String>,
}

impl Step {
    /// Reads a step of a story, of which everything above it is read.
    pub(super) fn read(node: &Node, story: &Story, faults: &mut Faults) -> Option<Self> {
        let mut fields = Fields::of(node, faults);
        let at = instant(&mut fields, "at", story, faults);
        let before = story.steps.iter().rev().find_map(|step| step.at);
        match (before, at) {
            (None, None) => {
                faults.add(node.place, "at", "is missing: the first step says when the story begins")
            }
            (Some(before), Some(at)) if at < before => {
                faults.add(node.place, "at", "lies before a step above")
            }
            _ => {}
        }
        let verb = VERBS.into_iter().find(|verb| has(node, verb));
        let Some(verb) = verb else {
            faults.add(node.place, "", format!("is no step: it has one of {}", VERBS.join(", ")));
            return None;
        };
        let what = match verb {
            "expect_version" => What::Version(expect_version(&mut fields, story, faults)),
            "expect_lead" => What::Lead(expect_lead(&mut fields, story, faults)),
            verb => {
                let by = fields.needed("by", faults, |name| known(name, story));
                let refused = fields.read("refused", faults, |text| {
                    let reason = word("ErrorReason", "ERROR_REASON", ErrorReason::from_str_name, text);
                    reason.map(|_| text.to_owned())
                });
                What::Act { by, act: act(verb, &mut fields, story, faults), refused }
            }
        };
        fields.end(faults);
        Some(Self { place: node.place, at, what })
    }
}

fn has(node: &Node, key: &str) -> bool {
    matches!(&node.content, Content::Map(entries) if entries.iter().any(|entry| entry.key == key))
}

fn act(verb: &'static str, fields: &mut Fields<'_>, story: &Story, faults: &mut Faults) -> Act {
    let what = fields.needed(verb, faults, text);
    match verb {
        "draft" => {
            let document = fields.needed("document", faults, |name| {
                let known = story.documents.contains_key(name);
                known.then(|| name.to_owned()).ok_or_else(|| format!("{name} is none of the documents"))
            });
            let change = fields.map("change", faults, text);
            Act::Draft { subject: what, document, change }
        }
        "submit" => Act::Submit { version: what },
        "read" => Act::Read { version: what },
        "sign" => Act::Sign { version: what },
        "schedule" => Act::Schedule { version: what, effective: instant(fields, "effective", story, faults) },
        "capture" => {
            let of_word = |text: &str| word("LeadKind", "LEAD_KIND", pb::LeadKind::from_str_name, text);
            let kind = fields.read("kind", faults, of_word).unwrap_or_default();
            Act::Capture { email: what, kind, attributes: fields.map("attributes", faults, text) }
        }
        "record" => Act::Record { kind: what, of: fields.needed("of", faults, text) },
        _ => Act::Accept { lead: what },
    }
}

fn expect_version(fields: &mut Fields<'_>, story: &Story, faults: &mut Faults) -> ExpectVersion {
    let name = fields.needed("expect_version", faults, text);
    let state = fields.read("state", faults, |text| {
        word("VersionState", "VERSION_STATE", VersionState::from_str_name, text)
    });
    let signed_by = fields.list("signed_by", faults, |text| known(text, story));
    ExpectVersion { name, state, signed_by }
}

fn expect_lead(fields: &mut Fields<'_>, story: &Story, faults: &mut Faults) -> ExpectLead {
    use pb::{LackKind, QualificationTrigger, Stage, VerdictKind};
    ExpectLead {
        email: fields.needed("expect_lead", faults, text),
        stage: fields.read("stage", faults, |text| word("Stage", "STAGE", Stage::from_str_name, text)),
        since: instant(fields, "since", story, faults),
        trigger: fields.read("trigger", faults, |text| {
            let (of, prefix) = ("QualificationTrigger", "QUALIFICATION_TRIGGER");
            word(of, prefix, QualificationTrigger::from_str_name, text)
        }),
        verdict: fields.read("verdict", faults, |text| {
            word("VerdictKind", "VERDICT_KIND", VerdictKind::from_str_name, text)
        }),
        lacks: fields
            .list("lacks", faults, |text| word("LackKind", "LACK_KIND", LackKind::from_str_name, text)),
        fit: fields.read("fit", faults, text),
        behaviour: fields.read("behaviour", faults, text),
    }
}

fn known(name: &str, story: &Story) -> Result<String, String> {
    let people = || story.people.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let known = story.people.contains_key(name);
    known.then(|| name.to_owned()).ok_or_else(|| format!("{name} is none of the people: {}", people()))
}

/// A time of the tenant's zone. Its weekday must be the date's, because that is what people read.
fn instant(
    fields: &mut Fields<'_>,
    key: &'static str,
    story: &Story,
    faults: &mut Faults,
) -> Option<DateTime<Utc>> {
    let local = fields.read(key, faults, |text| {
        NaiveDateTime::parse_from_str(text, "%a %Y-%m-%d %H:%M")
            .map_err(|_| "is a weekday, date and time that go together: Mon 2026-03-30 08:00".to_owned())
    });
    local.map(|local| local::to_utc(story.zone, local))
}
