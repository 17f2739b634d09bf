//! Streams that are silent and streams that are old, on a clock that stands still.

use std::future::poll_fn;

use http_body_util::StreamBody;
use tokio::sync::mpsc;
use tokio::time::advance;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Code;

use super::*;

const IDLE: Duration = Duration::from_secs(60);
const AGE: Duration = Duration::from_secs(600);

/// A stream that brings what is sent.
fn stream() -> (mpsc::UnboundedSender<&'static str>, LimitedBody) {
    let (sender, sent) = mpsc::unbounded_channel();
    let frames = UnboundedReceiverStream::new(sent)
        .map(|text: &str| Ok::<_, Status>(http_body::Frame::data(Bytes::from_static(text.as_bytes()))));
    (sender, LimitedBody::new(Body::new(StreamBody::new(frames)), IDLE, AGE, None))
}

/// What there is now: nothing, data, or the end with its status.
async fn now(body: &mut LimitedBody) -> Option<Result<Bytes, Status>> {
    let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut *body).poll_frame(context))).await;
    let Poll::Ready(Some(frame)) = polled else { return None };
    let frame = frame.expect("no error of its own");
    Some(match frame.into_data() {
        Ok(data) => Ok(data),
        Err(frame) => {
            let trailers = frame.into_trailers().expect("data or trailers");
            Err(Status::from_header_map(&trailers).expect("a status"))
        }
    })
}

fn check_over(end: Option<Result<Bytes, Status>>) {
    let status = end.expect("it is over").expect_err("no data");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status::is_stream_over(&status), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_ends_when_its_time_is_up_and_not_before() {
    let (_sender, mut body) = stream();
    advance(IDLE - Duration::from_millis(1)).await;
    assert!(now(&mut body).await.is_none());
    advance(Duration::from_millis(1)).await;
    check_over(now(&mut body).await);
    assert!(body.is_end_stream());
    assert!(now(&mut body).await.is_none(), "the end comes once");
}

#[tokio::test(start_paused = true)]
async fn every_message_gives_it_the_whole_time_again() {
    let (sender, mut body) = stream();
    for _ in 0..5 {
        advance(IDLE - Duration::from_millis(1)).await;
        sender.send("x").expect("it listens");
        assert_eq!(now(&mut body).await.expect("it came").expect("data"), "x");
        assert!(now(&mut body).await.is_none());
    }
    advance(IDLE).await;
    check_over(now(&mut body).await);
}

#[tokio::test(start_paused = true)]
async fn a_busy_stream_ends_at_its_age_give_or_take_a_tenth() {
    let (sender, mut body) = stream();
    let (opened, step) = (Instant::now(), Duration::from_millis(100));
    let age = loop {
        sender.send("x").expect("it listens");
        match now(&mut body).await.expect("something came") {
            Ok(_) => advance(step).await,
            end => {
                check_over(Some(end));
                break opened.elapsed();
            }
        }
    };
    assert!(age >= AGE * 9 / 10 && age <= AGE * 11 / 10 + step, "{age:?}");
    assert!(sender.is_closed(), "what it held is let go");
}

/// Without being polled by anything else: the timer wakes whoever waits.
#[tokio::test(start_paused = true)]
async fn whoever_waits_is_woken_for_the_end() {
    let (_sender, mut body) = stream();
    let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
    assert!(frame.expect("the end").expect("no error of its own").is_trailers());
}
