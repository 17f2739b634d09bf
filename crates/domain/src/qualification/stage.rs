//! The machine: which stages there are and which event may move a track from one to the next. Guards that look at
//! anything but the stage are in `decide`.

use crate::word::words;

words! {
    /// How far a lead has come on a product line.
    pub enum Stage {
        /// Known, and nothing more (R6).
        Lead = "LEAD",
        /// In the care of marketing until it is ready (R12).
        Nurture = "NURTURE",
        /// Out.
        Disqualified = "DISQUALIFIED",
        /// Handed over to sales (R1).
        Mql = "MQL",
        /// Accepted by sales (R2).
        Sql = "SQL",
        /// A deal is in the making.
        Opportunity = "OPPORTUNITY",
        /// It bought.
        Customer = "CUSTOMER",
    }

    /// What moves a track; one per kind of event that does.
    pub enum Transition {
        /// LeadCaptured.
        Captured = "CAPTURED",
        /// LeadNurtured.
        Nurtured = "NURTURED",
        /// LeadDisqualified.
        Disqualified = "DISQUALIFIED",
        /// LeadQualified.
        Qualified = "QUALIFIED",
        /// HandoffAccepted.
        Accepted = "ACCEPTED",
        /// HandoffRejected with disposition RECYCLE, or HandoffWithdrawn.
        Recycled = "RECYCLED",
        /// HandoffRejected with disposition DISQUALIFY.
        RejectedForGood = "REJECTED_FOR_GOOD",
        /// DisputeResolved, overturned.
        Overturned = "OVERTURNED",
        /// OpportunityOpened.
        Opened = "OPENED",
        /// OpportunityWon.
        Won = "WON",
        /// OpportunityLost.
        Lost = "LOST",
        /// SqlReturned.
        Returned = "RETURNED",
        /// NewInterest.
        NewInterest = "NEW_INTEREST",
        /// StageSkipped: the source knows more than we saw.
        Skipped = "SKIPPED",
    }
}

impl Stage {
    /// The way that a lead goes when nothing is skipped; NURTURE is a waiting room beside it.
    const LADDER: [Self; 5] = [Self::Lead, Self::Mql, Self::Sql, Self::Opportunity, Self::Customer];

    /// How advanced it is; a lead's stage is the most advanced of its tracks.
    pub fn rank(self) -> u8 {
        match self {
            Self::Disqualified => 0,
            Self::Lead => 1,
            Self::Nurture => 2,
            Self::Mql => 3,
            Self::Sql => 4,
            Self::Opportunity => 5,
            Self::Customer => 6,
        }
    }

    /// The stages that a move to `to` leaves out, in order. Empty for a single step and for every move back.
    pub fn skipped_to(self, to: Self) -> Vec<Self> {
        let between = |stage: &Self| {
            let from = self.rank().max(Self::Nurture.rank());
            stage.rank() > from && stage.rank() < to.rank()
        };
        Self::LADDER.into_iter().filter(between).collect()
    }
}

impl Transition {
    /// Whether a track at `from` (`None`: not there yet) may be moved to `to` by this.
    pub fn allows(self, from: Option<Stage>, to: Stage) -> bool {
        use Stage::{Customer, Disqualified, Lead, Mql, Nurture, Opportunity, Sql};
        match self {
            Self::Captured => from.is_none() && to == Lead,
            Self::Nurtured => (from, to) == (Some(Lead), Nurture),
            Self::Disqualified => matches!((from, to), (Some(Lead | Nurture), Disqualified)),
            Self::Qualified => matches!((from, to), (Some(Lead | Nurture), Mql)),
            Self::Accepted => (from, to) == (Some(Mql), Sql),
            Self::Recycled => (from, to) == (Some(Mql), Nurture),
            Self::RejectedForGood => (from, to) == (Some(Mql), Disqualified),
            Self::Overturned => matches!((from, to), (Some(Nurture | Disqualified), Mql)),
            Self::Opened => (from, to) == (Some(Sql), Opportunity),
            Self::Won => (from, to) == (Some(Opportunity), Customer),
            Self::Lost => matches!((from, to), (Some(Opportunity), Nurture | Disqualified)),
            Self::Returned => matches!((from, to), (Some(Sql), Nurture | Disqualified)),
            Self::NewInterest => (from, to) == (Some(Customer), Lead),
            Self::Skipped => {
                // A deal that was lost unseen was an opportunity too: such a skip leads past it and back to NURTURE.
                let past = if to == Nurture { Customer } else { to };
                let leads_on = matches!(past, Sql | Opportunity | Customer);
                leads_on && from.is_some_and(|from| !from.skipped_to(past).is_empty())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_names_what_was_left_out_in_order() {
        assert_eq!(Stage::Lead.skipped_to(Stage::Customer), [Stage::Mql, Stage::Sql, Stage::Opportunity]);
        assert_eq!(Stage::Nurture.skipped_to(Stage::Opportunity), [Stage::Mql, Stage::Sql]);
        assert_eq!(Stage::Mql.skipped_to(Stage::Customer), [Stage::Sql, Stage::Opportunity]);
        assert_eq!(Stage::Disqualified.skipped_to(Stage::Sql), [Stage::Mql]);
        assert!(Stage::Mql.skipped_to(Stage::Sql).is_empty());
        assert!(Stage::Customer.skipped_to(Stage::Lead).is_empty());
    }

    #[test]
    fn a_single_step_is_never_a_skip_and_a_skip_never_a_single_step() {
        for from in Stage::ALL {
            // To NURTURE there are both: LeadNurtured, and a deal that was lost unseen.
            for to in Stage::ALL.iter().filter(|to| **to != Stage::Nurture) {
                let steps = Transition::ALL.iter().filter(|t| **t != Transition::Skipped);
                let stepped = steps.filter(|t| t.allows(Some(*from), *to)).count() > 0;
                assert!(!(stepped && Transition::Skipped.allows(Some(*from), *to)), "{from} to {to}");
            }
        }
    }

    #[test]
    fn nothing_leaves_customer_but_new_interest() {
        for transition in Transition::ALL.iter().filter(|t| **t != Transition::NewInterest) {
            assert!(
                !Stage::ALL.iter().any(|to| transition.allows(Some(Stage::Customer), *to)),
                "{transition}"
            );
        }
    }
}
