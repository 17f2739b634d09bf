//! Having an attribute that criteria may ask about, defined now or before (R13, R14, slip 6).

use crate::error::Error;
use crate::profile::AttributeDefinition;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::{AttributeChanged, Event};

pub(super) fn put_attribute(
    draft: &mut Draft<'_, '_>,
    attribute: &AttributeDefinition,
) -> Result<Answer, Error> {
    draft.tenant()?;
    let catalogue = draft.state().catalogue();
    catalogue.check(attribute)?;
    if catalogue.get(&attribute.key) != Some(attribute) {
        let event = AttributeChanged { occurred_at: draft.now(), attribute: attribute.clone() };
        draft.emit(Event::AttributeChanged(event));
    }
    Ok(Answer::Attribute(attribute.key.clone()))
}
