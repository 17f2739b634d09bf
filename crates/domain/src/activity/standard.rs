//! The types of activity that every tenant has.

use super::ActivityType;
use crate::value::ValueType;

use ValueType::{Number, Text};

/// Name, label and properties.
type Row = (&'static str, &'static str, &'static [(&'static str, ValueType)]);

/// Of everything that has an address on a website.
const CONTENT: &[(&str, ValueType)] = &[("title", Text), ("page", Text), ("topic", Text)];
const REQUEST: &[(&str, ValueType)] = &[("page", Text), ("message", Text), ("product", Text)];
const MAIL: &[(&str, ValueType)] = &[("campaign", Text), ("subject", Text), ("link", Text)];
const TOOL: &[(&str, ValueType)] = &[("name", Text), ("page", Text), ("result", Text)];
const WATCHED: &[(&str, ValueType)] = &[("title", Text), ("topic", Text), ("minutes", Number)];

const TYPES: [Row; 23] = [
    // R8: gated content, given for an address.
    ("EBOOK_DOWNLOADED", "E-book downloaded", CONTENT),
    ("WHITE_PAPER_DOWNLOADED", "White paper downloaded", CONTENT),
    ("CHECKLIST_DOWNLOADED", "Checklist downloaded", CONTENT),
    ("GUIDE_DOWNLOADED", "Guide downloaded", CONTENT),
    ("CASE_STUDY_DOWNLOADED", "Case study downloaded", CONTENT),
    ("CALCULATOR_USED", "Online calculator used", TOOL),
    // R9: it interacts.
    ("POST_READ", "Post read", CONTENT),
    ("CASE_STUDY_READ", "Case study read", CONTENT),
    ("PAGE_VISITED", "Page visited", &[("page", Text), ("title", Text), ("seconds", Number)]),
    ("PRICING_VIEWED", "Prices viewed", &[("page", Text), ("product", Text), ("seconds", Number)]),
    ("EMAIL_OPENED", "E-mail opened", MAIL),
    ("EMAIL_CLICKED", "Link in an e-mail clicked", MAIL),
    ("NEWSLETTER_SUBSCRIBED", "Newsletter subscribed to", MAIL),
    ("UNSUBSCRIBED", "Unsubscribed", MAIL),
    ("WEBINAR_REGISTERED", "Registered for a webinar", WATCHED),
    ("WEBINAR_ATTENDED", "Webinar attended", WATCHED),
    ("VIDEO_WATCHED", "Video watched", WATCHED),
    ("EVENT_ATTENDED", "Event attended", &[("title", Text), ("place", Text)]),
    ("TOOL_USED", "Tool used", TOOL),
    ("TRIAL_STARTED", "Trial started", REQUEST),
    ("DEMO_REQUESTED", "Demo requested", REQUEST),
    ("CONTACT_REQUESTED", "Contact requested", REQUEST),
    ("PRICE_REQUESTED", "Price requested", REQUEST),
];

pub(super) fn types() -> impl Iterator<Item = ActivityType> {
    let key = |name: &str| name.parse().expect("the names above are keys; a test reads them");
    TYPES.iter().map(move |(kind, label, properties)| ActivityType {
        kind: kind.parse().expect("the names above are in upper snake case; a test reads them"),
        label: (*label).to_owned(),
        properties: properties.iter().map(|(name, of)| (key(name), *of)).collect(),
    })
}
