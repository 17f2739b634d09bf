//! Nothing personal leaves by a side door: marked addresses and numbers in headers, paths, bodies and panics are in no log,
//! span, metric or answer's details.
//!
//! `tracestate` is not tried: W3C has it handed on as it is, to whoever records the trace.

use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::raw::{self, HEAD, IDENTITY, SUBSCRIBE};
use crate::stub::{World, subscription};
use crate::telemetry_seen::{Seen, all_metrics};
use prost::Message;

/// Their parts too: an address that is cut in two is still one.
const MARKS: [&str; 4] = ["canary.mail", "4915777000042", "1577 7000042", "1577-7000042"];
const PERSONAL: [&str; 4] =
    ["canary.mail@example.com", "+4915777000042", "004915777000042", "0049 1577 7000042"];

#[track_caller]
fn check(what: &str, text: &str) {
    for mark in MARKS {
        assert!(!text.contains(mark), "{what} holds {mark}: {text}");
    }
}

fn check_answer(what: &str, status: &Status) {
    check(what, status.message());
    check(what, &String::from_utf8_lossy(status.details()));
    check(what, &format!("{:?}", status.get_error_details()));
}

#[tokio::test]
async fn nothing_personal_is_in_logs_spans_metrics_or_details() {
    let seen = Seen::all();
    let world = World::start().await;
    let address = world.running.address;
    let mut codes = Vec::new();
    for personal in PERSONAL {
        let path = format!("/{}", personal.replace(' ', "-"));
        let [tenant, user, side] = IDENTITY;
        let named =
            |name| [tenant, user, side].map(|(key, value)| (key, if key == name { personal } else { value }));
        let with = |name| [&IDENTITY[..], &[(name, personal)]].concat();
        let panics = format!("panic for {personal}");
        type Sent<'t> = (&'t str, Vec<(&'t str, &'t str)>, Vec<u8>);
        let calls: Vec<Sent<'_>> = vec![
            // Headers that are read.
            (HEAD, with("x-request-id"), raw::head_of("")),
            (HEAD, with("x-request-id"), vec![0xff; 8]),
            (HEAD, with("grpc-timeout"), raw::head_of("")),
            (HEAD, with("authorization"), raw::head_of("")),
            (HEAD, with("traceparent"), raw::head_of("")),
            (HEAD, named("handoff-tenant").to_vec(), raw::head_of("")),
            (HEAD, named("handoff-user").to_vec(), raw::head_of("")),
            (HEAD, named("handoff-side").to_vec(), raw::head_of("")),
            (HEAD, with("handoff-roles"), raw::head_of("")),
            // Headers that are not.
            (HEAD, with("user-agent"), raw::head_of("")),
            (HEAD, with("x-note"), raw::head_of("")),
            // Paths.
            (&path, IDENTITY.to_vec(), vec![]),
            // Bodies: heard, not to be decoded, and quoted by a defect.
            (HEAD, IDENTITY.to_vec(), raw::head_of(personal)),
            (HEAD, IDENTITY.to_vec(), personal.as_bytes().to_vec()),
            (HEAD, IDENTITY.to_vec(), raw::head_of(&panics)),
            (SUBSCRIBE, IDENTITY.to_vec(), subscription(&panics).encode_to_vec()),
        ];
        for (path, headers, body) in calls {
            let status = raw::call(address, path, &headers, body).await;
            check_answer(&format!("the answer to {path} {headers:?}"), &status);
            codes.push(status.code());
        }
    }
    for code in [Code::Ok, Code::Internal, Code::InvalidArgument, Code::Unauthenticated, Code::Unimplemented]
    {
        assert!(codes.contains(&code), "{code:?} was among the answers: {codes:?}");
    }
    let log = seen.log();
    assert!(log.contains("panicked"), "{log}");
    check("the log", &log);
    let spans = seen.spans();
    assert!(spans.len() >= codes.len(), "{} of {}", spans.len(), codes.len());
    check("a span", &format!("{spans:?}"));
    check("a metric", &all_metrics());
}
