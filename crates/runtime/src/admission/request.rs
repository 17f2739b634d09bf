//! The request of a call with one answer, which gets its place when it has come whole. Whoever sends half a request and
//! waits holds nobody else's place; what it holds ends with its deadline.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use handoff_domain::id::TenantId;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

use super::{Admission, Place};

/// The place of a call, once its request has come.
pub(super) type Seat = Arc<Mutex<Option<Place>>>;

/// A request that asks for its place at its end.
pub(super) struct SeatedBody {
    inner: Body,
    tenant: Option<TenantId>,
    admission: Arc<Admission>,
    seat: Seat,
    is_over: bool,
}

impl SeatedBody {
    pub(super) fn new(inner: Body, tenant: Option<TenantId>, admission: Arc<Admission>, seat: Seat) -> Self {
        Self { inner, tenant, admission, seat, is_over: false }
    }
}

impl HttpBody for SeatedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.is_over = match &frame {
            None => true,
            Some(Ok(frame)) => frame.is_trailers(),
            Some(Err(_)) => return Poll::Ready(frame),
        };
        if self.is_over {
            match self.admission.place(self.tenant) {
                Ok(place) => *self.seat.lock().unwrap_or_else(PoisonError::into_inner) = Some(place),
                Err(refusal) => return Poll::Ready(Some(Err(refusal))),
            }
        }
        Poll::Ready(frame)
    }

    // Never before `poll_frame` has said so: whoever trusted it would not ask for the place.
    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
