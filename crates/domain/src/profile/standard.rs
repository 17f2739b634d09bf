//! The attributes that every tenant has: those of the sources (R13, R14) and what B2B teams ask for besides.

use super::{AttributeDefinition, Subject};
use crate::value::ValueType;

use Subject::{Organisation, Person};
use ValueType::{Boolean, Date, List, Money, Number, Text};

/// Key, subject, type and label.
type Row = (&'static str, Subject, ValueType, &'static str);

const PLAIN: [Row; 23] = [
    // R13: B2B.
    ("annual_revenue", Organisation, Money, "Annual revenue"),
    ("employees", Organisation, Number, "Employees"),
    ("industry", Organisation, Text, "Industry or vertical"),
    // R14: B2C. Those that are sensitive stand below.
    ("income_level", Person, Text, "Income level"),
    ("interests", Person, List, "Interests"),
    ("biggest_challenge", Person, Text, "Biggest challenge"),
    // The identity of a lead lies apart, with the personal values; whoever makes a profile repeats it here, so that
    // criteria can ask for a company's own addresses, a telephone number or a list of named accounts.
    ("email", Person, Text, "E-mail address"),
    ("phone", Person, Text, "Telephone number"),
    ("organisation", Organisation, Text, "Name of the organisation"),
    // What B2B teams ask for.
    ("job_title", Person, Text, "Job title"),
    ("seniority", Person, Text, "Seniority"),
    ("department", Person, Text, "Department"),
    ("decision_maker", Person, Boolean, "Decides on purchases"),
    ("language", Person, Text, "Language"),
    ("residence_country", Person, Text, "Country of residence"),
    ("country", Organisation, Text, "Country"),
    ("region", Organisation, Text, "Region"),
    ("city", Organisation, Text, "City"),
    ("website", Organisation, Text, "Website"),
    ("technologies", Organisation, List, "Technologies in use"),
    ("founded_on", Organisation, Date, "Founded on"),
    ("budget", Organisation, Money, "Budget"),
    ("purchase_planned_for", Organisation, Date, "Purchase planned for"),
];

/// Legally sensitive (slip 6).
const SENSITIVE: [Row; 3] = [
    ("gender", Person, Text, "Gender"),
    ("age", Person, Number, "Age in years"),
    ("birth_date", Person, Date, "Date of birth"),
];

pub(super) fn attributes() -> impl Iterator<Item = AttributeDefinition> {
    let rows = PLAIN.iter().map(|row| (row, false)).chain(SENSITIVE.iter().map(|row| (row, true)));
    rows.map(|((key, subject, value_type, label), sensitive)| AttributeDefinition {
        key: key.parse().expect("the keys above are keys; a test reads them"),
        subject: *subject,
        value_type: *value_type,
        sensitive,
        label: (*label).to_owned(),
    })
}
