//! Explanations: one in full as it is read, and the law that everything adds up.

mod example;
mod laws;
