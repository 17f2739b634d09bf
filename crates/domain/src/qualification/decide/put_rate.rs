//! Having a rate between two currencies from a day on, set now or before.

use crate::error::Error;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::{Event, RateSet};
use crate::rates::Rate;

pub(super) fn put_rate(draft: &mut Draft<'_, '_>, rate: Rate) -> Result<Answer, Error> {
    draft.tenant()?;
    draft.state().check_rate(rate)?;
    if draft.state().rate(rate) != Some(rate) {
        draft.emit(Event::RateSet(RateSet { occurred_at: draft.now(), rate }));
    }
    Ok(Answer::Rate(rate))
}
