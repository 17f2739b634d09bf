//! The judge as a whole. `forge` makes keys and tokens, `issuer` answers as an issuer would; time stands where a test
//! puts it.

mod accepted;
mod forge;
mod forgeries;
mod issuer;
mod refused;
mod rotation;
mod sources;

use std::cell::Cell;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::*;

const ISSUER: &str = "https://id.example.com/realms/acme";
const AUDIENCE: &str = "handoff";
/// When the tests begin, in seconds.
const NOON: i64 = 1_800_000_000;

thread_local! {
    static MICROS: Cell<i64> = const { Cell::new(NOON * 1_000_000) };
}

/// The wall clock of the test that runs on this thread.
fn clock() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::microseconds(MICROS.get())
}

/// Puts the wall clock to `seconds` after noon.
fn set_clock(seconds: f64) {
    MICROS.set(NOON * 1_000_000 + (seconds * 1e6) as i64);
}

/// Lets the timers' clock go on at once. Not paused all the time: timers would run out while sockets are waited for.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

fn config(keys: KeySource) -> TokenConfig {
    TokenConfig {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        algorithms: Algorithm::ALL.to_vec(),
        keys,
    }
}

fn key_file(keys: &[Value]) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), json!({ "keys": keys }).to_string()).expect("it can be written");
    file
}

/// A judge who knows `keys`.
async fn judge(keys: &[Value]) -> Tokens {
    let file = key_file(keys);
    Tokens::with_clock(config(KeySource::File(file.path().to_owned())), clock).await.expect("keys")
}

/// What a proper token says.
fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": NOON, "exp": NOON + 300 })
}

/// The proper claims with one more or another one, or, with null, without it.
fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let fields = claims.as_object_mut().expect("claims are an object");
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
    claims
}

#[track_caller]
fn check_refused(verdict: Result<Arc<Claims>, TokenError>, expected: TokenError, what: &str) {
    assert_eq!(verdict.map(|_| "accepted"), Err(expected), "{what}");
}
