//! The qualification write model from outside: every verb, the edge cases by their numbers, and the laws.

mod capture;
mod catalogue;
mod contact;
mod decision;
mod directory;
mod dispute;
mod identity;
mod import;
mod laws;
mod loading;
mod merge;
mod nurture;
mod outcome;
mod qualify;
mod reevaluation;
mod routing;
mod set_stage;
mod standing;
mod suppression;
mod tenant;
mod version;
mod world;
