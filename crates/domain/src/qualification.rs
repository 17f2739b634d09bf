//! The write model of the qualification service: leads, their hand-overs, and what came of them.
//!
//! A [`Command`] is decided against a [`State`] by [`decide()`], which gives [`Event`]s or a refusal and changes
//! nothing. [`State::apply`] folds an event; whatever it changed is what the store saves, so the tables are the fold
//! of the log by construction. Nothing here knows a database, a wire format or a clock.

pub mod command;
pub mod decide;
pub mod duplicate;
pub mod event;
pub mod record;
pub mod reevaluation;
pub mod rejection;
pub mod rulebook;
pub mod stage;
pub mod standing;
pub mod state;

pub use command::Command;
pub use decide::{Answer, Context, Decision, decide};
pub use event::Event;
pub use stage::Stage;
pub use state::{Keys, State, needs};
