//! Criteria and fit.

mod fit;
mod laws;
mod random;
mod violations;
mod world;
