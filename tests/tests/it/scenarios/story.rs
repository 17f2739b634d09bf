//! A story as it is written: who there is, what they agree on, and what happens.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use handoff::yaml::tree::{self, Content, Node};
use handoff::yaml::{self, Fault};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content as Agreed;

use super::fields::{self, Faults, Fields, word};
use super::step::Step;

/// A story.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) title: String,
    pub(super) zone: Tz,
    pub(super) people: BTreeMap<String, Side>,
    pub(super) documents: BTreeMap<String, Node>,
    pub(super) steps: Vec<Step>,
}

impl Story {
    /// Reads one.
    ///
    /// # Errors
    /// Within, everything that is wrong with it.
    pub(super) fn read(text: &str) -> anyhow::Result<Result<Self, Vec<Fault>>> {
        let root = match tree::parse(text) {
            Ok(root) => root,
            Err(fault) => return Ok(Err(vec![fault])),
        };
        let mut faults = Faults::default();
        let mut fields = Fields::of(&root, &mut faults);
        let title = fields.needed("story", &mut faults, fields::text);
        let zone = fields.read("time_zone", &mut faults, |text| {
            text.parse().map_err(|_| format!("{text} is no time zone: Europe/Rome"))
        });
        let side = |text: &str| word("Side", "SIDE", Side::from_str_name, text);
        let people = fields.map("people", &mut faults, side).into_iter().collect();
        let documents = documents(&mut fields, &mut faults)?;
        let mut story = Self { title, zone: zone.unwrap_or(Tz::UTC), people, documents, steps: Vec::new() };
        for item in fields.items("steps", &mut faults) {
            let step = Step::read(item, &story, &mut faults);
            story.steps.extend(step);
        }
        fields.end(&mut faults);
        faults.0.sort_by_key(|fault| (fault.place.line, fault.place.column));
        Ok(if faults.0.is_empty() { Ok(story) } else { Err(faults.0) })
    }
}

/// What both sides agree on, by what it holds: rules make a scoring model, anything else is criteria.
pub(super) fn content(node: &Node) -> anyhow::Result<Result<Agreed, Vec<Fault>>> {
    let is_model =
        matches!(&node.content, Content::Map(entries) if entries.iter().any(|it| it.key == "rules"));
    Ok(if is_model {
        yaml::message::<pb::ScoringModel>(node)?.map(Agreed::ScoringModel)
    } else {
        yaml::message::<pb::CriteriaSet>(node)?.map(Agreed::CriteriaSet)
    })
}

fn documents(fields: &mut Fields<'_>, faults: &mut Faults) -> anyhow::Result<BTreeMap<String, Node>> {
    let Some(documents) = fields.take("documents") else { return Ok(BTreeMap::new()) };
    let Content::Map(entries) = &documents.value.content else {
        faults.add(documents.place, "documents", "is a mapping of names to documents");
        return Ok(BTreeMap::new());
    };
    for entry in entries {
        for fault in content(&entry.value)?.err().into_iter().flatten() {
            faults.add(fault.place, &format!("documents.{}.{}", entry.key, fault.path), fault.what);
        }
    }
    Ok(entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect())
}
