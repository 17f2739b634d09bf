//! The law of scores: whatever leads do, late, many times a day, from many callers at once, what is counted of it as it
//! comes equals a count of all of it; and a lead is an MQL or a candidate exactly where the domain's judge says so of that.
//!
//! A history is a list of steps; after each of them everything that is due is waited for, and each lead is looked at.
//! Points by hand have no RPC yet and are not among the steps. The tables are read through the store, because no RPC tells
//! of them.

mod court;
mod rules;
mod tally;

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};

use court::Court;
use tally::Tally;

/// How many leads live in a history.
const LEADS: usize = 2;
/// What leads do. The last counts for nothing.
const TYPES: [&str; 5] = ["EBOOK", "PAGE", "DEMO", "WEBINAR", "OTHER"];
/// On which page; the last is none.
const PAGES: [&str; 4] = ["/pricing", "/Pricing", "/imprint", ""];

/// Something that a lead does.
#[derive(Debug, Clone)]
struct Deed {
    lead: usize,
    kind: usize,
    page: usize,
    days_ago: i64,
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// Leads do things, and all callers tell at once.
    Burst(Vec<Deed>),
    /// Sales has no use for a lead now, if it is handed over.
    Recycle(usize),
    /// The other model takes effect.
    Publish,
    /// Days pass.
    Wait(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let kind = prop_oneof![6 => Just(0_usize), 6 => Just(1_usize), 2 => 2..4_usize, 1 => Just(4_usize)];
    let days_ago = prop_oneof![3 => Just(0_i64), 1 => 1..9_i64];
    (0..LEADS, kind, 0..PAGES.len(), days_ago).prop_map(|(lead, kind, page, days_ago)| Deed {
        lead,
        kind,
        page,
        days_ago,
    })
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => vec(deed(), 1..8).prop_map(Step::Burst),
        3 => (0..LEADS).prop_map(Step::Recycle),
        1 => Just(Step::Publish),
        2 => (1..12_i64).prop_map(Step::Wait),
    ];
    vec(step, 8..24)
}

/// Lives the histories of a runner in one tenant, each with leads of its own.
fn live(mut runner: TestRunner) -> Tally {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    // What is dropped when a history fails needs it too.
    let _guard = runtime.enter();
    let court = RefCell::new(runtime.block_on(Court::open()));
    let lived = runner.run(&history(), |history| {
        runtime.block_on(court.borrow_mut().live(&history));
        Ok(())
    });
    lived.unwrap_or_else(|failure| panic!("{failure}"));
    runtime.block_on(court.into_inner().close())
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() }
}

#[test]
fn what_is_counted_as_it_comes_equals_a_count_of_everything_and_decides_what_the_domain_says() {
    let config = config(24);
    let always_the_same = TestRng::deterministic_rng(config.rng_algorithm);
    let tally = live(TestRunner::new_with_rng(config, always_the_same));
    assert_eq!(tally.never(), [""; 0], "in the histories that are always the same everything happens");
}

#[test]
fn it_does_so_in_histories_that_nobody_has_seen_before() {
    live(TestRunner::new(config(6)));
}
