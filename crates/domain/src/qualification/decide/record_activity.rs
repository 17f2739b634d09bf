//! Noting what a lead did (R9).

use std::collections::BTreeMap;

use crate::error::Error;
use crate::id::{ActivityId, LeadId};
use crate::qualification::command::RecordActivity;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::event::{ActivityRecorded, Event};
use crate::qualification::record::Person;

pub(super) fn record_activity(draft: &mut Draft<'_, '_>, command: &RecordActivity) -> Result<Answer, Error> {
    let at = draft.occurred("occurred_at", command.occurred_at)?;
    let lead = draft.lead(&command.lead)?;
    note(draft, lead, &command.kind, &command.properties, Occasion::live(at)).map(Answer::Activity)
}

pub(super) fn note(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    kind: &str,
    properties: &BTreeMap<String, String>,
    occasion: Occasion,
) -> Result<ActivityId, Error> {
    if kind.trim().is_empty() {
        return Err(Error::invalid("kind", "says what the lead did, such as EBOOK_DOWNLOAD"));
    }
    let local_date = draft.local_date(occasion.at)?;
    let activity = draft.context.ids.next();
    draft.emit(Event::ActivityRecorded(ActivityRecorded {
        occurred_at: occasion.at,
        activity,
        lead,
        kind: kind.to_owned(),
        local_date,
        imported: occasion.imported,
        source: occasion.source,
        person: Person { attributes: properties.clone(), ..Person::default() },
    }));
    Ok(activity)
}
