//! Values and the questions that are asked of them.

mod answers;
mod laws;
mod random;
mod violations;
