//! handoff
fn main() {}
