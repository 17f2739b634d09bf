//! Versions and the two-key approval: how an agreement comes about, what is refused, what is in effect, and the laws.

mod agreement;
mod effect;
mod laws;
mod refusal;
mod signer;
mod world;
