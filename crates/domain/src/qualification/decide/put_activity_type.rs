//! Having a type of activity with its properties, declared now or before (R8, R9).

use crate::activity::ActivityType;
use crate::error::Error;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::{ActivityTypeChanged, Event};

pub(super) fn put_activity_type(
    draft: &mut Draft<'_, '_>,
    activity_type: &ActivityType,
) -> Result<Answer, Error> {
    draft.tenant()?;
    let types = draft.state().activity_types();
    types.check(activity_type)?;
    if types.get(&activity_type.kind) != Some(activity_type) {
        let event = ActivityTypeChanged { occurred_at: draft.now(), activity_type: activity_type.clone() };
        draft.emit(Event::ActivityTypeChanged(event));
    }
    Ok(Answer::ActivityType(activity_type.kind.clone()))
}
