//! Criteria and fit.

mod fit;
mod laws;
pub(crate) mod random;
mod violations;
pub(crate) mod world;
