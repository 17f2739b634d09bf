//! Points by hand, and counting anew: what people do to a score, as events, so that an explanation tells of them.

use crate::error::{Error, Violation};
use crate::id::LeadId;
use crate::points::Points;
use crate::qualification::command::{AdjustScore, ResetScore};
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::event::{Event, ManualScoreAdjusted, ScoreBaselineReset};
use crate::qualification::record::Person;

/// The most that is given or taken at once, as of a rule.
const MAX_POINTS: Points = Points::whole(10_000);

pub(super) fn adjust_score(draft: &mut Draft<'_, '_>, command: &AdjustScore) -> Result<Answer, Error> {
    let AdjustScore { lead, points, decay, note } = command;
    let note = note.trim();
    let mut violations = decay.violations("decay");
    let mut check = |holds: bool, field: &str, description: &str| {
        if !holds {
            violations.push(Violation { field: field.to_owned(), description: description.to_owned() });
        }
    };
    check(*points != Points::ZERO, "points", "are given or taken: zero changes nothing");
    check((-MAX_POINTS..=MAX_POINTS).contains(points), "points", "are at most 10000 either way");
    check(!note.is_empty(), "note", "says why: the explanation tells whoever reads it later");
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let lead = draft.lead(lead)?;
    let occurred_at = draft.now();
    let local_date = draft.local_date(occurred_at)?;
    let person = Person { note: Some(note.to_owned()), ..Person::default() };
    let (points, decay) = (*points, *decay);
    draft.emit(Event::ManualScoreAdjusted(ManualScoreAdjusted {
        occurred_at,
        lead,
        local_date,
        points,
        decay,
        person,
    }));
    Ok(Answer::Lead(lead))
}

pub(super) fn reset_score(draft: &mut Draft<'_, '_>, command: &ResetScore) -> Result<Answer, Error> {
    let lead = draft.lead(&command.lead)?;
    set_baseline(draft, lead, Occasion::live(draft.now()))?;
    Ok(Answer::Lead(lead))
}

/// Counts a lead's behaviour anew.
pub(super) fn set_baseline(draft: &mut Draft<'_, '_>, lead: LeadId, occasion: Occasion) -> Result<(), Error> {
    let local_date = draft.local_date(occasion.at)?;
    draft.emit(Event::ScoreBaselineReset(ScoreBaselineReset {
        occurred_at: occasion.at,
        lead,
        local_date,
        imported: occasion.imported,
    }));
    Ok(())
}
