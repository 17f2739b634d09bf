//! The other side of every comparison: SQL written by hand, past the store, and the counts that prove what a part
//! answered. What lies in here is the only code outside the store that speaks to the database, and a test holds it to
//! that: a floor must not stand on what it is the floor of.

pub(crate) mod accept;
pub(crate) mod copy;
pub(crate) mod database;
pub(crate) mod facts;
pub(crate) mod history;
pub(crate) mod leads;
pub(crate) mod queue;
