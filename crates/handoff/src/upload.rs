//! Items through the Import RPC: as many as the service takes, a bounded number of them unanswered, each answer handed
//! back with what its item came with.

use anyhow::{Context, bail};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::{ImportRequest, import_response};
use handoff_runtime::client::Peer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// How many items may wait for their answers: enough that the service always finds a full batch.
const UNANSWERED_MAX: usize = 1_024;
/// How many items may wait to be sent; the connection's own window does the rest.
const UNSENT_MAX: usize = 32;

/// Sends all items; `answered` gets each one's place and what became of it, in the order of the items.
///
/// # Errors
/// When the stream breaks. What was answered is in; sending everything again changes nothing about it.
pub(crate) async fn upload<P>(
    service: &mut QualificationServiceClient<Peer>,
    items: impl Iterator<Item = (P, ImportRequest)>,
    mut answered: impl FnMut(P, import_response::Result),
) -> anyhow::Result<()> {
    let (requests, unsent) = mpsc::channel(UNSENT_MAX);
    let (places, mut unanswered) = mpsc::channel(UNANSWERED_MAX);
    let send = async move {
        for (place, request) in items {
            // A closed channel means that `receive` has ended, and it says why.
            if places.send(place).await.is_err() || requests.send(request).await.is_err() {
                break;
            }
        }
    };
    let receive = async move {
        let mut answers = service.import(ReceiverStream::new(unsent)).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            let place = unanswered.recv().await.context("the service answered an item that was not sent")?;
            answered(place, answer.result.context("the service answered without saying what")?);
        }
        if unanswered.recv().await.is_some() {
            bail!("the service ended the import before it had answered everything; import the file again");
        }
        Ok(())
    };
    tokio::join!(send, receive).1
}
