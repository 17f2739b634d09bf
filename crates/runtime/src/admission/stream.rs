//! The body of a streamed answer, which ends when it brought nothing for long or is old: whoever wants to go on opens the
//! stream again, shows again who it is, and lands where there is room. It is told so by a status of its own.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes};

use super::Place;
use crate::{clock, limits, status};

type Frame = Result<http_body::Frame<Bytes>, Status>;

pub(super) struct LimitedBody {
    inner: Body,
    idle: Duration,
    /// When it has brought nothing for too long, unless something comes.
    idle_at: Instant,
    old_at: Instant,
    /// Fires at one of the two, or too early, since what came has moved the first.
    timer: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
    /// Kept until the end.
    _place: Option<Place>,
}

impl LimitedBody {
    pub(super) fn new(inner: Body, idle: Duration, age: Duration, place: Option<Place>) -> Self {
        let now = Instant::now();
        let (idle_at, old_at) = (now + idle, now + limits::about(age));
        let timer = Box::pin(clock::sleep_until(idle_at.min(old_at)));
        Self { inner, idle, idle_at, old_at, timer, ended: false, _place: place }
    }

    /// Whether it is over by now; wakes the task again when it may be.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        while self.timer.as_mut().poll(context).is_ready() {
            let end = self.idle_at.min(self.old_at);
            if end <= Instant::now() {
                return true;
            }
            self.timer = Box::pin(clock::sleep_until(end));
        }
        false
    }
}

impl HttpBody for LimitedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        // What is there is sent first, but age comes before everything: a busy stream gets old too.
        if this.old_at > Instant::now() {
            let polled = Pin::new(&mut this.inner).poll_frame(context);
            if polled.is_ready() {
                this.idle_at = Instant::now() + this.idle;
                return polled;
            }
        }
        if !this.is_over(context) {
            return Poll::Pending;
        }
        this.ended = true;
        // Whatever it still holds is let go now, and not when the caller has taken the end.
        drop(mem::take(&mut this.inner));
        Poll::Ready(Some(Ok(status::end_of_stream(&status::stream_over()))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}

#[cfg(test)]
mod tests;
