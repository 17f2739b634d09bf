//! The behaviour score: how many points a lead's activities are worth on a day, why, and on which day that will change.
//!
//! A [`ScoringModel`] is what people write and sign. A [`Scorer`] is the same thing ready to be asked: it says which
//! rules count an activity, and what an [`Engagement`] is worth. An engagement is a small table (rule, local date →
//! count), so recording an activity is one count more on one row per rule, whatever came before, and a score is a pure
//! function of (model, engagement, day). Decay moves at local midnight; nothing has to run at night.
//!
//! Everything is a whole number of thousandths of a point, so an explanation adds up exactly to the score. Nothing
//! here knows fit, gates, guards or stages, and no personal value gets in but the properties that a filter looks at.

mod baseline;
mod crossing;
mod decay;
mod engagement;
mod explanation;
mod half_life;
mod lines;
mod recount;
mod scorer;
mod scoring_model;
mod thresholds;
mod validate;

pub use baseline::Baseline;
pub use crossing::{Crossing, HORIZON_DAYS};
pub use decay::Decay;
pub use engagement::{Adjustment, Engagement, Row, RuleIndex};
pub use explanation::{Line, Subject};
pub use recount::{ByHand, Recount};
pub use scorer::Scorer;
pub use scoring_model::{Bounds, Filter, Group, Publish, Rule, ScoringModel};
pub use thresholds::Thresholds;
