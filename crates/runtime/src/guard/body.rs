//! The body of a streamed answer. It ends with a status of ours when the caller's deadline passes, the drain is over
//! or the stream panics; a bare end would look like success or a lost connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes};
use tracing::Span;

use super::report;
use crate::deadline::Deadline;
use crate::request::CallId;
use crate::status;

type Frame = Result<http_body::Frame<Bytes>, Status>;

pub(super) struct GuardedBody {
    inner: Body,
    end: Pin<Box<dyn Future<Output = Status> + Send>>,
    ended: bool,
    id: CallId,
    span: Span,
}

impl GuardedBody {
    pub(super) fn new(
        inner: Body,
        deadline: Deadline,
        cut: CancellationToken,
        id: CallId,
        span: Span,
    ) -> Self {
        let end = Box::pin(async move {
            tokio::select! {
                () = deadline.passed() => status::deadline_exceeded(),
                () = cut.cancelled() => status::stopping(),
            }
        });
        Self { inner, end, ended: false, id, span }
    }

    fn finish(&mut self, status: &Status) -> Poll<Option<Frame>> {
        self.ended = true;
        Poll::Ready(Some(Ok(status::end_of_stream(status))))
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        let span = this.span.clone();
        let _entered = span.enter();
        let id = this.id.clone();
        id.enter(|| {
            // The end comes first: a stream that always has something to say must not outlive it.
            if let Poll::Ready(status) = this.end.as_mut().poll(context) {
                return this.finish(&status);
            }
            match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut this.inner).poll_frame(context))) {
                Ok(polled) => polled,
                Err(panic) => {
                    report(&*panic);
                    this.finish(&status::internal())
                }
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}
