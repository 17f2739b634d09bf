//! Sending a lead to a nurture flow, because somebody of marketing or its tool says so (R12).

use crate::error::Error;
use crate::qualification::command::NurtureLead;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::set_aside::nurture;
use crate::qualification::stage::Stage;

pub(super) fn nurture_lead(draft: &mut Draft<'_, '_>, command: &NurtureLead) -> Result<Answer, Error> {
    draft.only_marketing()?;
    let lead = draft.lead(&command.lead)?;
    let track = draft.dossier(lead).tracks.get(&command.line);
    let is_there = |segment: &str| {
        track.is_some_and(|track| track.stage == Stage::Nurture && track.segment.as_deref() == Some(segment))
    };
    if !is_there(&command.segment) {
        let occasion = Occasion::live(draft.now());
        nurture(draft, lead, &command.line, Some(&command.segment), occasion)?;
    }
    Ok(Answer::Lead(lead))
}
