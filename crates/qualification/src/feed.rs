//! Streams that follow a tenant's log from a position: a page behind it, the next one, and so on, and then whatever is
//! written, within about a second. What a page holds is the business of the RPC that streams it.
//!
//! It wakes when a batch of this process was committed and looks once a second anyway, because other processes write too.
//! It reads nothing ahead of a caller who does not keep up, and through the connections that nobody waits for.

use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_runtime::status::from_error;
use handoff_store::error::StoreError;
use handoff_store::log;
use handoff_store::tx::Tx;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use crate::app::App;

/// How often a page is asked for without being woken.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks: commits that come faster than this are found together.
const BREATH: Duration = Duration::from_millis(10);
/// Messages that may wait for a caller, besides what its connection's window holds.
const MESSAGES_AHEAD: usize = 2;

/// What is streamed.
pub(crate) type Messages<M> = Pin<Box<dyn Stream<Item = Result<M, Status>> + Send>>;

/// What lies behind a position.
#[derive(Debug)]
pub(crate) struct Page<M> {
    /// The message, with this page's position in it.
    pub(crate) message: M,
    /// Whether it says more than the position.
    pub(crate) is_news: bool,
    /// Up to where it is complete.
    pub(crate) position: i64,
    /// Whether there is more already.
    pub(crate) more: bool,
}

/// Reads the page behind a position.
pub(crate) trait Source: Send + 'static {
    /// What is streamed.
    type Message: Send + 'static;

    /// The page behind `after`, in one snapshot.
    fn page(&self, after: i64) -> impl Future<Output = Result<Page<Self::Message>, Error>> + Send;
}

/// Streams what `source` has behind `after`. The first message comes at once, whether or not it says anything: whoever has it
/// is known to be followed from there.
pub(crate) fn follow<S: Source>(app: &App, after: i64, source: S) -> Response<Messages<S::Message>> {
    let (messages, stream) = mpsc::channel(MESSAGES_AHEAD);
    let app = app.clone();
    // A task of its own, as a transaction lives in no future that a caller can cancel. It ends with its receiver.
    tokio::spawn(async move {
        let end = tokio::select! {
            end = run(&app, after, source, &messages) => end,
            // Its end, and no failure: whoever comes back with the last position misses nothing.
            () = app.asked_to_stop() => None,
            () = messages.closed() => None,
        };
        if let Some(error) = end {
            let _ = messages.send(Err(from_error(error))).await;
        }
    });
    Response::new(Box::pin(ReceiverStream::new(stream)))
}

/// The error to end with; none if nobody listens any more.
async fn run<S: Source>(
    app: &App,
    mut after: i64,
    source: S,
    messages: &mpsc::Sender<Result<S::Message, Status>>,
) -> Option<Error> {
    let mut changed = app.background().appended();
    let mut is_first = true;
    loop {
        let looked = Instant::now();
        // Seen before the page is read: what is committed after that wakes us again.
        changed.mark_unchanged();
        // Room first: what is read is never older than the wait for a slow caller, and nothing piles up.
        let room = messages.reserve().await.ok()?;
        let page = match source.page(after).await {
            Ok(page) => page,
            Err(error) => return Some(error),
        };
        after = page.position;
        if page.is_news || page.more || std::mem::take(&mut is_first) {
            room.send(Ok(page.message));
        } else {
            drop(room);
        }
        if !page.more {
            let _ = timeout_at(looked + LOOK, changed.changed()).await;
            let _ = timeout_at(looked + BREATH, std::future::pending::<()>()).await;
        }
    }
}

/// A caller that has seen more than there is belongs to another database, or this one was restored from a backup.
///
/// # Errors
/// `after` lies behind the end of the log.
pub(crate) fn refuse_the_future(after: i64, head: i64) -> Result<(), Error> {
    if after <= head {
        return Ok(());
    }
    Err(Error::invalid("after_position", format!("lies beyond the end of the log, which is at {head}")))
}

/// The position at the end of a tenant's log, which may not have begun.
pub(crate) async fn head(tx: &mut Tx, tenant: TenantId) -> Result<i64, StoreError> {
    Ok(log::load_head(tx, tenant).await?.map_or(0, |head| head.position))
}
