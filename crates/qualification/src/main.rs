//! qualification
fn main() {}
