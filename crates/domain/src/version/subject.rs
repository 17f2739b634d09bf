//! What has versions: three kinds of agreement, of which a tenant has four in all.

use std::fmt;
use std::str::FromStr;

use crate::qualification::record::LeadKind;
use crate::word::words;

words! {
    /// Which leads a criteria set is for. A lead of unknown kind has none: it cannot become an MQL by its score.
    pub enum CriteriaKind {
        /// Leads that stand for a company (R13).
        B2b = "B2B",
        /// Leads that stand for themselves (R14).
        B2c = "B2C",
    }
}

impl CriteriaKind {
    /// The kind of the criteria for leads of a kind.
    pub fn of(kind: LeadKind) -> Option<Self> {
        match kind {
            LeadKind::B2b => Some(Self::B2b),
            LeadKind::B2c => Some(Self::B2c),
            LeadKind::Unknown => None,
        }
    }
}

/// What a version is a version of. Its text is the path below the tenant in resource names: a collection where a
/// tenant has several, a singleton (AIP-156) where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// What makes a lead a good fit.
    CriteriaSet(CriteriaKind),
    /// What its behaviour is worth.
    ScoringModel,
    /// What both sides owe each other.
    Contract,
}

impl Subject {
    /// Every subject with its text.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::CriteriaSet(CriteriaKind::B2b), "criteria-sets/b2b"),
        (Self::CriteriaSet(CriteriaKind::B2c), "criteria-sets/b2c"),
        (Self::ScoringModel, "scoring-model"),
        (Self::Contract, "contract"),
    ];

    /// The text used on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CriteriaSet(CriteriaKind::B2b) => "criteria-sets/b2b",
            Self::CriteriaSet(CriteriaKind::B2c) => "criteria-sets/b2c",
            Self::ScoringModel => "scoring-model",
            Self::Contract => "contract",
        }
    }

    /// The name of one version: `criteria-sets/b2b/versions/3`.
    pub fn version_name(self, number: u32) -> String {
        format!("{self}/versions/{number}")
    }

    /// What a version's name says, if it is one: a version has one name.
    pub fn parse_version_name(name: &str) -> Option<(Self, u32)> {
        let (subject, number) = name.split_once("/versions/")?;
        let (subject, number) = (subject.parse::<Self>().ok()?, number.parse().ok()?);
        (subject.version_name(number) == name).then_some((subject, number))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, UnknownSubject> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(subject, _)| *subject).ok_or(UnknownSubject)
    }
}

/// The text names nothing that has versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSubject;

impl fmt::Display for UnknownSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a subject is criteria-sets/b2b, criteria-sets/b2c, scoring-model or contract")
    }
}

impl std::error::Error for UnknownSubject {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_one_text_and_comes_back_from_it() {
        for (subject, text) in Subject::ALL {
            assert_eq!(subject.to_string(), text);
            assert_eq!(text.parse(), Ok(subject));
            assert!(UnknownSubject.to_string().contains(text), "the refusal names {text}");
        }
        assert_eq!("criteria-sets/B2B".parse::<Subject>(), Err(UnknownSubject));
        assert_eq!(Subject::Contract.version_name(3), "contract/versions/3");
        assert_eq!(Subject::parse_version_name("contract/versions/3"), Some((Subject::Contract, 3)));
        for bad in
            ["contract", "contract/versions/", "contract/versions/03", "contract/versions/+3", "x/versions/3"]
        {
            assert_eq!(Subject::parse_version_name(bad), None, "{bad}");
        }
    }
}
