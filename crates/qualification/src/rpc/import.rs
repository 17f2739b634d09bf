//! Import: leads with their history, an answer per item in the order of the items.
//!
//! The server reads ahead as far as the window, and only then waits for the oldest item: while one batch is being
//! written the next one gathers, and a store that is slow slows the sender down. An item that is refused stops no
//! other. What ends the stream is its sender, or a message that cannot be read at all.

mod item;
mod source;

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use handoff_domain::error::{Error, Facts, Reason, Violation};
use handoff_domain::qualification::Command;
use handoff_proto::common::v1::ErrorReason;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::from_error;
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use crate::app::{App, Call};
use crate::ledger::Told;

/// Items in hand at once: two batches, one that is being written and one that gathers.
const WINDOW: usize = 1_024;

/// The answers.
pub(crate) type Answers = Pin<Box<dyn Stream<Item = Result<pb::ImportResponse, Status>> + Send>>;

pub(crate) fn import(
    app: &App,
    request: Request<Streaming<pb::ImportRequest>>,
) -> Result<Response<Answers>, Status> {
    let call = Call::of(&request)?;
    let app = app.clone();
    let answers = request
        .into_inner()
        .enumerate()
        .map(move |(index, item)| {
            let (app, call) = (app.clone(), call.clone());
            async move {
                let result = match carry_out(&app, &call, item?).await {
                    Ok(imported) => pb::import_response::Result::Imported(imported),
                    Err(error) => pb::import_response::Result::Refused(refused(error)),
                };
                let index = i64::try_from(index).unwrap_or(i64::MAX);
                Ok(pb::ImportResponse { index, result: Some(result) })
            }
        })
        .buffered(WINDOW);
    Ok(Response::new(Box::pin(answers)))
}

async fn carry_out(app: &App, call: &Call, item: pb::ImportRequest) -> Result<pb::ImportedItem, Error> {
    let size = item.encoded_len();
    let command = item::parse(&item, clock::now())?;
    let answer = app.import(call, Command::Import(command), size).await.map_err(in_words_of_the_wire)?;
    let Told::Imported { lead, created, changed } = answer.told else { return Err(Error::Internal) };
    let effect = match (created, changed) {
        (true, _) => pb::ImportEffect::Created,
        (false, true) => pb::ImportEffect::Changed,
        (false, false) => pb::ImportEffect::Unchanged,
    };
    Ok(pb::ImportedItem {
        lead: Collection::Leads.name(lead.0),
        effect: effect.into(),
        position: if changed { answer.position } else { 0 },
    })
}

/// The domain calls the entries of an item `entries`, the request `history`.
fn in_words_of_the_wire(error: Error) -> Error {
    let Error::Invalid(violations) = error else { return error };
    let renamed = violations.into_iter().map(|violation| {
        let field = match violation.field.strip_prefix("entries[") {
            Some(rest) => format!("history[{rest}"),
            None => violation.field,
        };
        Violation { field, ..violation }
    });
    Error::Invalid(renamed.collect())
}

fn refused(error: Error) -> pb::RefusedItem {
    let (reason, facts) = match &error {
        Error::AlreadyExists { reason, facts } | Error::Refused { reason, facts } => {
            (Some(*reason), facts.clone())
        }
        Error::Exhausted { reason } | Error::Busy { reason } => (Some(*reason), Facts::new()),
        _ => (None, Facts::new()),
    };
    let violations = match &error {
        Error::Invalid(violations) => violations
            .iter()
            .map(|found| pb::FieldViolation {
                field: found.field.clone(),
                description: found.description.clone(),
            })
            .collect(),
        _ => Vec::new(),
    };
    let status = from_error(error);
    pb::RefusedItem {
        code: status.code().into(),
        message: status.message().to_owned(),
        reason: reason.map(wire_reason).unwrap_or_default().into(),
        facts,
        violations,
    }
}

fn wire_reason(reason: Reason) -> ErrorReason {
    ErrorReason::from_str_name(&format!("ERROR_REASON_{}", reason.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_number_on_the_wire() {
        for (reason, _) in Reason::ALL {
            assert_ne!(wire_reason(reason), ErrorReason::Unspecified, "{reason:?}");
        }
    }

    #[test]
    fn an_entry_is_named_as_in_the_request() {
        let error = in_words_of_the_wire(Error::invalid("entries[2].note", "is required"));
        assert_eq!(error, Error::invalid("history[2].note", "is required"));
    }
}
