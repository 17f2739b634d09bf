//! Values and the questions that are asked of them.

mod answers;
mod laws;
pub(crate) mod random;
mod violations;
