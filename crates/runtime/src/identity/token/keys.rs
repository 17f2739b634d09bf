//! The issuer's keys, kept in memory and kept fresh. An address is asked every ten minutes, a file is looked at every
//! 30 s, both only while tokens come; a key that is not known has them read at once. However many ask for that, it
//! happens at most every 30 s, and those who come while it happens wait for the same reading. A new set replaces the
//! old one whole; as long as none comes, the old one goes on working, however old it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::error::KeysError;
use super::jwk::KeySet;
use super::source::{KeySource, Source, Stamp};
use super::verified::{Digest, sha256};

/// Between two readings, also when the first failed: strangers who make up keys must not make us flood the issuer.
const AGAIN: Duration = Duration::from_secs(30);
/// A key that an issuer withdrew works no longer than this, if the issuer can be asked.
const ADDRESS_FRESH: Duration = Duration::from_secs(600);
/// Looking at a file costs nothing.
const FILE_FRESH: Duration = AGAIN;

/// The keys in force.
pub(super) struct Keys {
    origin: KeySource,
    source: Source,
    held: RwLock<Held>,
    /// That of the held set. Apart, because every call asks for it.
    generation: AtomicU64,
    reading: Mutex<Reading>,
    /// When keys are next read without being asked for, in milliseconds since `epoch`. Apart for the same reason.
    due: AtomicU64,
    epoch: Instant,
}

#[derive(Default)]
struct Held {
    set: Arc<KeySet>,
    /// Of the document that the set was read from: the same words are the same keys, and what they verified holds.
    digest: Option<Digest>,
    stamp: Option<Stamp>,
}

#[derive(Default)]
struct Reading {
    started: Option<Instant>,
    /// Closed when it has ended, however.
    ended: Option<watch::Receiver<()>>,
}

impl Keys {
    /// Reads the keys for the first time. An address may fail at that; then the first token asks again.
    pub(super) async fn new(origin: KeySource) -> Result<Arc<Self>, KeysError> {
        let keys = Arc::new(Self {
            source: Source::new(&origin)?,
            origin,
            held: RwLock::default(),
            generation: AtomicU64::new(0),
            reading: Mutex::default(),
            due: AtomicU64::new(0),
            epoch: Instant::now(),
        });
        let started = Instant::now();
        match (keys.renew().await, &keys.origin) {
            (Ok(()), KeySource::File(_)) if keys.current().len() == 0 => return Err(KeysError::NoneUsable),
            (Ok(()), _) => keys.lock_reading().started = Some(started),
            (Err(failure), KeySource::File(_)) => return Err(failure),
            (Err(failure), KeySource::Address(_)) => keys.warn(&failure),
        }
        Ok(keys)
    }

    /// The set in force.
    pub(super) fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).set)
    }

    /// Which set is in force.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Has the keys read again if it is time. Nobody waits for it.
    pub(super) fn keep_fresh(self: &Arc<Self>) {
        if self.since_epoch(Instant::now()) >= self.due.load(Ordering::Relaxed) {
            self.start_reading();
        }
    }

    /// Waits until keys were read that were not read before; false if it is too early for that.
    pub(super) async fn renewed(self: &Arc<Self>) -> bool {
        let Some(mut ended) = self.start_reading() else { return false };
        // Nothing is ever sent: an error is the end that is waited for.
        let _ = ended.changed().await;
        true
    }

    /// Joins the reading that is going on or starts one, unless the last one began less than 30 s ago.
    fn start_reading(self: &Arc<Self>) -> Option<watch::Receiver<()>> {
        let now = Instant::now();
        let mut reading = self.lock_reading();
        if let Some(ended) = &reading.ended
            && ended.has_changed().is_ok()
        {
            return Some(ended.clone());
        }
        if reading.started.is_some_and(|started| now < started + AGAIN) {
            return None;
        }
        let (end, ended) = watch::channel(());
        *reading = Reading { started: Some(now), ended: Some(ended.clone()) };
        self.due.store(self.since_epoch(now + AGAIN), Ordering::Relaxed);
        // A task of its own: a caller that gives up must not end what others wait for and what is not tried again soon.
        let keys = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(failure) = keys.renew().await {
                keys.warn(&failure);
            }
            drop(end);
        });
        Some(ended)
    }

    async fn renew(&self) -> Result<(), KeysError> {
        let started = Instant::now();
        let (stamp, before) = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            (held.stamp, held.digest)
        };
        if let Some((document, stamp)) = self.source.read(stamp).await? {
            let digest = Some(sha256(&document));
            let replacement =
                if digest == before { None } else { Some(KeySet::parse(&document, self.generation() + 1)?) };
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            held.stamp = stamp;
            if let Some(set) = replacement {
                report(&set);
                self.generation.store(set.generation(), Ordering::Release);
                held.digest = digest;
                held.set = Arc::new(set);
            }
        }
        let fresh_for = match self.origin {
            KeySource::File(_) => FILE_FRESH,
            KeySource::Address(_) => ADDRESS_FRESH,
        };
        self.due.store(self.since_epoch(started + fresh_for), Ordering::Relaxed);
        Ok(())
    }

    fn since_epoch(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_millis()).unwrap_or(u64::MAX)
    }

    fn warn(&self, failure: &KeysError) {
        tracing::warn!(
            from = ?self.origin,
            error = failure.one_line(),
            "the issuer's keys cannot be read; those that are known go on working"
        );
    }

    fn lock_reading(&self) -> MutexGuard<'_, Reading> {
        // A panic elsewhere leaves a time and a channel.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(set: &KeySet) {
    if set.len() == 0 {
        tracing::warn!("the issuer has no key that could be used: no token is accepted");
    } else {
        tracing::info!(keys = set.len(), "the issuer's keys were read");
    }
}
