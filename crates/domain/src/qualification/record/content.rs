//! What a version of one of qualification's subjects says, as data. The version itself knows only its lines.

use crate::criteria::CriteriaSet;
use crate::qualification::record::LeadKind;
use crate::score::ScoringModel;
use crate::version::{CriteriaKind, Document, Subject};

/// The content of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Content {
    /// The agreement that nothing of the subject is in effect any more.
    #[default]
    Nothing,
    /// What makes a lead a good fit.
    Criteria(CriteriaSet),
    /// What its behaviour is worth, in canonical order.
    Model(ScoringModel),
}

impl Content {
    /// The lines that people read and sign.
    pub fn document(&self) -> Document {
        match self {
            Self::Nothing => Document::default(),
            Self::Criteria(set) => set.lines().into(),
            Self::Model(model) => model.lines().into(),
        }
    }

    /// Whether it can be said of a subject.
    pub fn fits(&self, subject: Subject) -> bool {
        match (self, subject) {
            (Self::Nothing, Subject::CriteriaSet(_) | Subject::ScoringModel) => true,
            (Self::Criteria(set), Subject::CriteriaSet(CriteriaKind::B2b)) => set.kind == LeadKind::B2b,
            (Self::Criteria(set), Subject::CriteriaSet(CriteriaKind::B2c)) => set.kind == LeadKind::B2c,
            (Self::Model(_), Subject::ScoringModel) => true,
            _ => false,
        }
    }
}
