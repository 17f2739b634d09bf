//! The machine, written down once more from the model's table: which event may lead from where to where, and what a
//! source that skips stages leaves out.

use handoff_proto::qualification::v1::Stage;

/// What moves a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Captured,
    Nurtured,
    Disqualified,
    Qualified,
    Accepted,
    Returned,
    Rejected,
    Withdrawn,
    Overturned,
    Opened,
    Won,
    Lost,
    NewInterest,
    Skipped,
}

/// The stages as they follow on each other. NURTURE and DISQUALIFIED lie beside them, before MQL.
const ORDER: [Stage; 5] = [Stage::Lead, Stage::Mql, Stage::Sql, Stage::Opportunity, Stage::Customer];

/// Whether the table has this step. `from` is unspecified for a track that begins.
pub(super) fn has(way: Way, from: Stage, to: Stage, skipped: &[Stage]) -> bool {
    use Stage::{Customer, Disqualified, Lead, Mql, Nurture, Opportunity, Sql, Unspecified};
    if way == Way::Skipped {
        return !skipped.is_empty() && skipped == left_out(from, to);
    }
    let steps: &[(Stage, Stage)] = match way {
        Way::Captured => &[(Unspecified, Lead)],
        Way::Nurtured => &[(Lead, Nurture)],
        Way::Disqualified => &[(Lead, Disqualified), (Nurture, Disqualified)],
        Way::Qualified => &[(Lead, Mql), (Nurture, Mql)],
        Way::Accepted => &[(Mql, Sql)],
        Way::Returned => &[(Sql, Nurture), (Sql, Disqualified)],
        Way::Rejected => &[(Mql, Nurture), (Mql, Disqualified)],
        Way::Withdrawn => &[(Mql, Nurture)],
        Way::Overturned => &[(Nurture, Mql), (Disqualified, Mql)],
        Way::Opened => &[(Sql, Opportunity)],
        Way::Won => &[(Opportunity, Customer)],
        Way::Lost => &[(Opportunity, Nurture), (Opportunity, Disqualified)],
        Way::NewInterest => &[(Customer, Lead)],
        Way::Skipped => &[],
    };
    skipped.is_empty() && steps.contains(&(from, to))
}

/// What lies between two stages. A deal that was lost unseen leads to NURTURE past everything before CUSTOMER.
fn left_out(from: Stage, to: Stage) -> &'static [Stage] {
    let place = |stage| ORDER.iter().position(|it| *it == stage);
    let end = match to {
        Stage::Nurture => place(Stage::Customer),
        Stage::Sql | Stage::Opportunity | Stage::Customer => place(to),
        _ => None,
    };
    let begin = match from {
        Stage::Nurture | Stage::Disqualified => Some(0),
        other => place(other),
    };
    match (begin, end) {
        (Some(begin), Some(end)) if begin + 1 < end => &ORDER[begin + 1..end],
        _ => &[],
    }
}

/// How advanced a stage is; a lead stands where its most advanced track does.
pub(super) fn rank(stage: Stage) -> u8 {
    match stage {
        Stage::Unspecified | Stage::Merged | Stage::Erased | Stage::Disqualified => 0,
        Stage::Lead => 1,
        Stage::Nurture => 2,
        Stage::Mql => 3,
        Stage::Sql => 4,
        Stage::Opportunity => 5,
        Stage::Customer => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_names_exactly_what_lies_between() {
        use Stage::{Customer, Disqualified, Lead, Mql, Nurture, Opportunity, Sql};
        let check = |from, to, expected: &[Stage]| {
            assert_eq!(left_out(from, to), expected, "{from:?} to {to:?}");
        };
        check(Lead, Customer, &[Mql, Sql, Opportunity]);
        check(Nurture, Opportunity, &[Mql, Sql]);
        check(Disqualified, Sql, &[Mql]);
        check(Mql, Nurture, &[Sql, Opportunity]);
        check(Sql, Nurture, &[Opportunity]);
        check(Opportunity, Nurture, &[]);
        check(Mql, Sql, &[]);
        check(Customer, Lead, &[]);
    }
}
