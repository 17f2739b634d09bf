//! sla
fn main() {}
