//! Import: leads with their history, an answer per item in the order of the items.
//!
//! The server reads ahead as far as the window and the room that all imports share, and only then waits for the oldest
//! item: while one batch is being written the next one gathers, and a store or a client that is slow slows the sender
//! down. An item that is refused stops no other. What ends the stream is its sender, a message that cannot be read, or
//! what would refuse every further item too: no such tenant, no store, a process that has to end. Items without
//! an answer may then be in or not, and are sent again.

mod item;
mod source;

use std::future;
use std::pin::Pin;

use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use handoff_domain::error::{Error, Facts, Reason, Violation};
use handoff_domain::qualification::Command;
use handoff_proto::common::v1::ErrorReason;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::{from_error, stopping};
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use crate::app::{App, Call, Pending};
use crate::ledger::{Answer, Told};

/// Items of one stream that were read and whose answers were not taken yet. `App` bounds what they may hold while they
/// wait to be written; an answer that waits to be taken is small.
const WINDOW: usize = 10_000;

/// The answers.
pub(crate) type Answers = Pin<Box<dyn Stream<Item = Result<pb::ImportResponse, Status>> + Send>>;

#[expect(clippy::async_yields_async, reason = "items are taken one after the other, and awaited together")]
pub(crate) fn import(
    app: &App,
    request: Request<Streaming<pb::ImportRequest>>,
) -> Result<Response<Answers>, Status> {
    let call = Call::of(&request)?;
    let items = items(request.into_inner(), app.clone());
    let app = app.clone();
    let take_in_turn = move |(index, item)| {
        let (app, call) = (app.clone(), call.clone());
        async move {
            let taken = match item {
                Ok(item) => Ok(take(&app, &call, &item).await),
                Err(status) => Err(status),
            };
            async move { answer(index, taken?.await) }
        }
    };
    let answers = items.enumerate().then(take_in_turn).buffered(WINDOW);
    Ok(Response::new(Box::pin(answers)))
}

/// What the sender sends, until it ends, breaks, or the process has to end. An error is the last of it.
fn items(
    sent: Streaming<pb::ImportRequest>,
    app: App,
) -> impl Stream<Item = Result<pb::ImportRequest, Status>> + Send {
    unfold(Some(sent), move |sent| {
        let app = app.clone();
        async move {
            let mut sent = sent?;
            let next = tokio::select! {
                biased;
                () = app.last_call() => Err(stopping()),
                next = sent.message() => next,
            };
            let rest = next.is_ok().then_some(sent);
            Some((next.transpose()?, rest))
        }
    })
}

/// Gives an item its place in the queue, or knows at once why it gets none.
async fn take(app: &App, call: &Call, item: &pb::ImportRequest) -> Pending {
    match item::parse(item, clock::now()) {
        Ok(command) => app.import(call, Command::Import(command), item.encoded_len()).await,
        Err(error) => Box::pin(future::ready(Err(error))),
    }
}

fn answer(index: usize, result: Result<Answer, Error>) -> Result<pb::ImportResponse, Status> {
    let result = match result.map_err(in_words_of_the_wire).and_then(imported) {
        Ok(imported) => pb::import_response::Result::Imported(imported),
        Err(error) if ends_the_stream(&error) => return Err(from_error(error)),
        Err(error) => pb::import_response::Result::Refused(refused(error)),
    };
    let index = i64::try_from(index).unwrap_or(i64::MAX);
    Ok(pb::ImportResponse { index, result: Some(result) })
}

/// Whether an error says nothing about its item, and would meet the next ones too.
fn ends_the_stream(error: &Error) -> bool {
    match error {
        Error::Refused { reason, .. } => *reason == Reason::TenantNotFound,
        Error::Busy { .. } | Error::Exhausted { .. } | Error::Expired => true,
        _ => false,
    }
}

fn imported(answer: Answer) -> Result<pb::ImportedItem, Error> {
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
