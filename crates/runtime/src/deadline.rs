//! Until when a caller wants its answer. A unary call always has a deadline: the caller's, capped by what its proto says of
//! the method, or ours. A stream has one only if its caller gave one.
//!
//! `guard` answers DEADLINE_EXCEEDED itself. tonic's own timer would answer CANCELLED, which meshes retry and which
//! says that the caller gave up, not that time did.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use handoff_domain::error::Error;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::limits::UNARY_DEADLINE;
use crate::{clock, status};

/// The header of the gRPC protocol.
pub const HEADER: &str = "grpc-timeout";

/// Until when the answer is wanted; possibly never said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of a request; none for a stream whose caller gave none.
    pub fn of<T>(request: &Request<T>) -> Self {
        request.extensions().get::<Self>().copied().unwrap_or(Self(None))
    }

    /// No deadline.
    pub fn none() -> Self {
        Self(None)
    }

    /// The instant, as the store's reads and batches take it.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// What is left of it: for onward calls.
    pub fn remaining(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// The deadline of a call that arrives at `now`, of a method that may take as long as `max`; a stream may for ever.
    ///
    /// # Errors
    /// The header cannot be read; going on without the deadline that was meant would be worse.
    pub(crate) fn for_call(headers: &HeaderMap, max: Option<Duration>, now: Instant) -> Result<Self, Status> {
        let given = match headers.get(HEADER) {
            None => None,
            Some(value) => Some(parse(value).ok_or_else(|| {
                status::from_error(Error::invalid(
                    HEADER,
                    "a timeout is one to eight digits and a unit out of H, M, S, m, u, n, such as 500m",
                ))
            })?),
        };
        let allowed = match max {
            Some(max) => Some(given.unwrap_or(UNARY_DEADLINE).min(max)),
            None => given,
        };
        // A stream's timeout may be so long that no instant carries it: as good as none.
        Ok(Self(allowed.and_then(|allowed| now.checked_add(allowed))))
    }

    /// Waits until it has passed; for ever if there is none.
    pub(crate) async fn passed(self) {
        let Some(at) = self.0 else { return std::future::pending().await };
        let mut timer = pin!(clock::sleep_until(at));
        // tonic sets a timer of its own from the same header, a moment later. The clock is asked at every poll, so
        // that this one wins even if the other one is what woke the task.
        poll_fn(|context| if Instant::now() >= at { Poll::Ready(()) } else { timer.as_mut().poll(context) })
            .await;
    }
}

fn parse(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3_600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    const MAX: Option<Duration> = Some(Duration::from_secs(15));

    fn allowed(header: Option<&'static str>, max: Option<Duration>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        if let Some(text) = header {
            headers.insert(HEADER, HeaderValue::from_static(text));
        }
        let now = Instant::now();
        let deadline = Deadline::for_call(&headers, max, now).expect("it can be read");
        deadline.instant().map(|at| at - now)
    }

    #[test]
    fn a_unary_call_takes_ten_seconds_unless_it_says_otherwise() {
        assert_eq!(allowed(None, MAX), Some(Duration::from_secs(10)));
        assert_eq!(allowed(Some("250m"), MAX), Some(Duration::from_millis(250)));
        assert_eq!(allowed(Some("15S"), MAX), MAX);
        assert_eq!(allowed(Some("0S"), MAX), Some(Duration::ZERO));
    }

    #[test]
    fn a_unary_call_takes_at_most_what_its_method_may() {
        for long in ["16S", "15001m", "2M", "99999999H"] {
            assert_eq!(allowed(Some(long), MAX), MAX, "{long}");
        }
        assert_eq!(allowed(None, Some(Duration::from_secs(5))), Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_stream_has_its_callers_deadline_or_none() {
        assert_eq!(allowed(None, None), None);
        assert_eq!(allowed(Some("2H"), None), Some(Duration::from_secs(7_200)));
    }

    #[test]
    fn a_timeout_that_cannot_be_read_is_refused() {
        for bad in ["", "S", "5", "5s", "-5S", "+5S", "123456789S", "5 S", "1.5S"] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_static(bad));
            let refusal = Deadline::for_call(&headers, MAX, Instant::now()).expect_err(bad);
            assert_eq!(refusal.code(), Code::InvalidArgument, "{bad}");
        }
    }
}
