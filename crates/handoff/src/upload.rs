//! Items through the Import RPC: as many as the service takes, a bounded number of them unanswered, each answer handed
//! back with what its item came with.
//!
//! A stream that breaks is opened again, and what has no answer yet is sent again: source keys make an item repeatable.
//! What it refuses to do is to guess: an item that was sent twice says so, for its first answer is lost.

use std::collections::VecDeque;
use std::error::Error as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::{StreamExt, stream};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::{ImportRequest, ImportResponse, import_response};
use handoff_runtime::client::Peer;
use handoff_runtime::retry::Delays;
use handoff_runtime::shutdown::Shutdown;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// How many items may wait for their answers: as many as the service reads ahead of them.
const UNANSWERED_MAX: usize = 10_000;
/// How many bytes of them: they are kept, to be sent again.
const UNANSWERED_BYTES_MAX: usize = 32 << 20;
/// Items that are sent together share frames. One frame each, and a service that leaves them unread for a while closes
/// the connection: h2 answers some three thousand small frames in its memory with ENHANCE_YOUR_CALM.
const SENT_TOGETHER: usize = 100;
/// How many times as many may wait to be sent; the connection's own window does the rest.
const UNSENT_MAX: usize = 2;
/// The longest wait before the next try.
const DELAY_MAX: Duration = Duration::from_secs(2);

/// What became of an item.
pub(crate) struct Answer {
    pub(crate) result: import_response::Result,
    /// Whether it was sent before the stream broke and had no answer then. If it comes out unchanged, that may be the
    /// work of the first time.
    pub(crate) sent_again: bool,
}

/// Whoever has items to upload.
pub(crate) trait Source {
    /// What an item comes with.
    type Place;

    /// The next item; asked for when there is room for it.
    fn next(&mut self) -> Option<(Self::Place, ImportRequest)>;

    /// An answer, in the order of the items. After a [`ControlFlow::Break`] no further item is asked for; those that were sent are
    /// still answered.
    fn answered(&mut self, place: Self::Place, answer: Answer) -> ControlFlow<()>;

    /// The stream broke, and will be opened again.
    fn broke(&mut self, why: &Status);

    /// It goes on.
    fn goes_on(&mut self);
}

/// Uploads all items of `source`. `patience` is how long a service may be away, or answer nothing, before it is given
/// up; none at all for whoever does not want to wait.
///
/// # Errors
/// When the service is away for too long, or refuses the stream as such. What was answered is in; sending everything
/// again changes nothing about it.
pub(crate) async fn upload<S: Source>(
    service: &mut QualificationServiceClient<Peer>,
    source: &mut S,
    patience: Duration,
) -> anyhow::Result<()> {
    let mut upload =
        Upload { source, unanswered: VecDeque::new(), bytes: 0, is_read: false, answers: 0, broken: false };
    let mut delays = Delays::up_to(DELAY_MAX);
    let (mut answers, mut heard) = (0, Instant::now());
    loop {
        let Err(failure) = upload.stream(service).await else { return Ok(()) };
        let status = match failure.downcast::<Status>() {
            Ok(status) if passes(&status) => status,
            Ok(status) => return Err(status.into()),
            Err(failure) => return Err(failure),
        };
        if upload.answers > answers {
            (answers, heard) = (upload.answers, Instant::now());
            delays.reset();
        }
        if heard.elapsed() >= patience {
            return Err(status.into());
        }
        if !upload.broken {
            upload.broken = true;
            upload.source.broke(&status);
        }
        Shutdown::new().pause(delays.next()).await;
    }
}

/// Whether the same stream may go well later: the service is away, stops, or is too busy, or the connection broke. What
/// a connection's end looks like depends on the moment, but only then has a status a cause on our side of the wire.
fn passes(status: &Status) -> bool {
    status.source().is_some() || matches!(status.code(), Code::Unavailable | Code::ResourceExhausted)
}

struct Unanswered<P> {
    place: P,
    request: ImportRequest,
    bytes: usize,
    sent: bool,
    sent_again: bool,
}

struct Upload<'s, S: Source> {
    source: &'s mut S,
    unanswered: VecDeque<Unanswered<S::Place>>,
    /// Of the unanswered.
    bytes: usize,
    /// Whether the source has no more.
    is_read: bool,
    answers: u64,
    broken: bool,
}

impl<S: Source> Upload<'_, S> {
    /// One stream, from the first item without an answer to the end.
    async fn stream(&mut self, service: &mut QualificationServiceClient<Peer>) -> anyhow::Result<()> {
        for item in &mut self.unanswered {
            item.sent_again |= item.sent;
        }
        let (requests, unsent) = mpsc::channel(UNSENT_MAX);
        let unsent = ReceiverStream::new(unsent).flat_map(stream::iter::<Vec<ImportRequest>>);
        let mut answers = service.import(unsent).await?.into_inner();
        let mut requests = Some(requests);
        // How many of the unanswered are on their way.
        let mut sent = 0;
        loop {
            if requests.is_some() && sent == self.unanswered.len() && self.is_read {
                // Nothing more to send: the service answers what it has, and ends.
                requests = None;
            }
            let room = sent < self.unanswered.len() || self.has_room();
            tokio::select! {
                permit = reserve(requests.clone()), if requests.is_some() && room => match permit {
                    Some(permit) => {
                        let together = self.requests(sent);
                        sent += together.len();
                        drop(permit.send(together));
                    }
                    // The call has ended, and its answers say why.
                    None => requests = None,
                },
                answer = answers.message() => match answer? {
                    Some(answer) => {
                        self.take(answer)?;
                        sent = sent.checked_sub(1).context("the service answered an item that was not sent")?;
                    }
                    None if self.unanswered.is_empty() && self.is_read => return Ok(()),
                    None => {
                        let early = "the service ended the import before it had answered everything";
                        return Err(Status::unavailable(early).into());
                    }
                },
            }
        }
    }

    /// Whether as many new items may be on their way as are sent together.
    fn has_room(&self) -> bool {
        !self.is_read
            && self.unanswered.len() + SENT_TOGETHER <= UNANSWERED_MAX
            && self.bytes < UNANSWERED_BYTES_MAX
    }

    /// The items from this place on that are sent together; fewer than may be at the end of what there is or of the room.
    fn requests(&mut self, from: usize) -> Vec<ImportRequest> {
        let mut together = Vec::with_capacity(SENT_TOGETHER);
        while together.len() < SENT_TOGETHER {
            let next = from + together.len();
            if next == self.unanswered.len() && (self.is_read || self.bytes >= UNANSWERED_BYTES_MAX) {
                break;
            }
            let Some(request) = self.request(next) else { break };
            together.push(request);
        }
        together
    }

    /// The item at this place among the unanswered, read from the source where it is the next; `None` at the end.
    fn request(&mut self, index: usize) -> Option<ImportRequest> {
        if index == self.unanswered.len() {
            let Some((place, request)) = self.source.next() else {
                self.is_read = true;
                return None;
            };
            let bytes = request.encoded_len();
            self.bytes += bytes;
            self.unanswered.push_back(Unanswered { place, request, bytes, sent: false, sent_again: false });
        }
        let item = self.unanswered.get_mut(index)?;
        item.sent = true;
        Some(item.request.clone())
    }

    fn take(&mut self, answer: ImportResponse) -> anyhow::Result<()> {
        let item = self.unanswered.pop_front().context("the service answered an item that was not sent")?;
        let result = answer.result.context("the service answered without saying what")?;
        self.bytes -= item.bytes;
        self.answers += 1;
        if self.broken {
            self.broken = false;
            self.source.goes_on();
        }
        if self.source.answered(item.place, Answer { result, sent_again: item.sent_again }).is_break() {
            self.is_read = true;
        }
        Ok(())
    }
}

async fn reserve<T>(requests: Option<mpsc::Sender<T>>) -> Option<mpsc::OwnedPermit<T>> {
    requests?.reserve_owned().await.ok()
}

#[cfg(test)]
mod tests;
