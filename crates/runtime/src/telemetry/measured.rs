//! The body of an answer whose status is still to come: a call ends with its trailers, and not before.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::SizeHint;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes};
use tonic::{Code, Status};

use super::calls::{self, Call};

/// The answer, with its call measured when its status is there: now, or with its body.
pub(crate) fn measured(answer: Response<Body>, call: Call) -> Response<Body> {
    match calls::status(answer.headers()) {
        Some(code) => {
            call.ends(code);
            answer
        }
        None => answer.map(|inner| Body::new(Measured { inner, call: Some(call) })),
    }
}

struct Measured {
    inner: Body,
    /// Gone once its end is known. Where the body is dropped before, the call was given up.
    call: Option<Call>,
}

impl Measured {
    fn ends(&mut self, code: Code) {
        if let Some(call) = self.call.take() {
            call.ends(code);
        }
    }
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        let polled = ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &polled {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    // A protocol without a status has said nothing that is known.
                    self.ends(calls::status(trailers).unwrap_or(Code::Unknown));
                }
            }
            Some(Err(status)) => self.ends(status.code()),
            None => self.ends(Code::Unknown),
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
