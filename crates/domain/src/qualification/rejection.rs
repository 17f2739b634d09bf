//! Why sales rejects: the default reasons, what each does with the lead and what it blames. The blame splits
//! acceptance into "the criteria were wrong" and the rest, which is how rejections feed back into them (R19).

use crate::word::words;

words! {
    /// What a rejection does with the lead.
    pub enum Disposition {
        /// Back to nurture, with a cool-down.
        Recycle = "RECYCLE",
        /// Out.
        Disqualify = "DISQUALIFY",
        /// The lead is another one twice.
        Merge = "MERGE",
        /// The wrong person got it: back to routing, which is not a rejection.
        ReturnToRouting = "RETURN_TO_ROUTING",
    }

    /// What a rejection blames.
    pub enum Attribution {
        /// The criteria let through what they should not.
        Criteria = "CRITERIA",
        /// The lead's data are wrong or missing.
        Data = "DATA",
        /// The right lead at the wrong time.
        Timing = "TIMING",
        /// The right lead with the wrong person.
        Routing = "ROUTING",
    }

    /// The reasons that every tenant has.
    pub enum RejectionReason {
        /// The organisation is too small or too large.
        WrongSize = "WRONG_SIZE",
        /// The organisation is in another trade.
        WrongVertical = "WRONG_VERTICAL",
        /// The person has no say in it.
        WrongRole = "WRONG_ROLE",
        /// We do not sell there.
        WrongGeography = "WRONG_GEOGRAPHY",
        /// Nothing reaches the person.
        NoVerifiedContact = "NO_VERIFIED_CONTACT",
        /// The lead is there already.
        Duplicate = "DUPLICATE",
        /// There is no money at present.
        NoBudgetNow = "NO_BUDGET_NOW",
        /// There is no need at present.
        NoNeedNow = "NO_NEED_NOW",
        /// It is a customer already.
        ExistingCustomer = "EXISTING_CUSTOMER",
        /// It works for a competitor.
        Competitor = "COMPETITOR",
        /// Somebody else should have got it.
        WrongOwner = "WRONG_OWNER",
        /// None of these: the note says what.
        Other = "OTHER",
    }
}

impl RejectionReason {
    /// What happens with the lead unless the rejection says otherwise.
    pub fn disposition(self) -> Disposition {
        match self {
            Self::ExistingCustomer | Self::Competitor => Disposition::Disqualify,
            Self::WrongOwner => Disposition::ReturnToRouting,
            // A duplicate should be merged; as long as that needs a person to say with whom, it waits in nurture.
            Self::WrongSize
            | Self::WrongVertical
            | Self::WrongRole
            | Self::WrongGeography
            | Self::NoVerifiedContact
            | Self::Duplicate
            | Self::NoBudgetNow
            | Self::NoNeedNow
            | Self::Other => Disposition::Recycle,
        }
    }

    /// What is to blame.
    pub fn attribution(self) -> Attribution {
        match self {
            Self::NoVerifiedContact | Self::Duplicate => Attribution::Data,
            Self::NoBudgetNow | Self::NoNeedNow => Attribution::Timing,
            Self::WrongOwner => Attribution::Routing,
            // OTHER blames the criteria until somebody reads the note and says better: it must not flatter them.
            Self::WrongSize
            | Self::WrongVertical
            | Self::WrongRole
            | Self::WrongGeography
            | Self::ExistingCustomer
            | Self::Competitor
            | Self::Other => Attribution::Criteria,
        }
    }

    /// Whether it says nothing without a note.
    pub fn needs_note(self) -> bool {
        self == Self::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_comes_back_from_its_name() {
        for reason in RejectionReason::ALL {
            assert_eq!(RejectionReason::from_name(reason.as_str()), Some(*reason));
        }
        assert_eq!(RejectionReason::from_name("BECAUSE"), None);
    }

    #[test]
    fn the_defaults_are_those_of_the_domain_model() {
        let of = |reason: RejectionReason| (reason.attribution(), reason.disposition());
        assert_eq!(of(RejectionReason::WrongSize), (Attribution::Criteria, Disposition::Recycle));
        assert_eq!(of(RejectionReason::NoNeedNow), (Attribution::Timing, Disposition::Recycle));
        assert_eq!(of(RejectionReason::Duplicate), (Attribution::Data, Disposition::Recycle));
        assert_eq!(of(RejectionReason::Competitor), (Attribution::Criteria, Disposition::Disqualify));
        assert_eq!(of(RejectionReason::WrongOwner), (Attribution::Routing, Disposition::ReturnToRouting));
        assert!(RejectionReason::Other.needs_note());
    }
}
