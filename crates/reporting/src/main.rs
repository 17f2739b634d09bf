//! reporting
fn main() {}
