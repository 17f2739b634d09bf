//! What users have open and whose turn it is: a part of [`super::Roster`]'s places that changes with every handoff.
//!
//! Turns are given by start-time fair queueing (stride scheduling) in exact integers. A pool has a time, which is where the
//! turn of whoever was chosen last began, and each member a pass, before which its next turn does not begin. A member's turn
//! starts at its pass or at the pool's time, whichever is later; the least start is chosen, and its pass becomes the start
//! plus a stride, which is the less the larger the weight. Whoever was away starts at the pool's time: it owes nothing and is
//! owed nothing.
//!
//! **Bound.** While two members are both free, what they get, each divided by its weight, differs by at most one turn of
//! each: |n₁/w₁ − n₂/w₂| ≤ 1/w₁ + 1/w₂, over any number of handoffs from any one to any other.

use std::sync::Arc;

use super::Availability;

/// A multiple of every weight from 1 to 20, so that no stride is rounded. A pool's time lasts for 39 thousand million turns of
/// the least weight.
const STRIDE: i64 = 232_792_560;

/// A turn that somebody took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Where it began: the pool's time from then on.
    pub start: i64,
    /// Where the member's next one begins at the earliest.
    pub pass: i64,
}

/// What users have open, and the turns of every pool, by the places of the roster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    open: Vec<u32>,
    turns: Vec<Arc<Turns>>,
}

/// The turns of one pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Turns {
    /// Its time.
    now: i64,
    passes: Vec<i64>,
}

/// How far a turn moves a member of a weight on.
pub(super) fn stride(weight: u32) -> i64 {
    STRIDE / i64::from(weight.clamp(1, Availability::MAX_WEIGHT))
}

impl Desk {
    /// How many handoffs the user in a place has open.
    pub(super) fn open(&self, seat: usize) -> u32 {
        self.open.get(seat).copied().unwrap_or(0)
    }

    /// Where the next turn of a place would begin.
    pub(super) fn start(&self, rule: usize, seat: usize) -> i64 {
        let Some(turns) = self.turns.get(rule) else { return 0 };
        turns.passes.get(seat).copied().unwrap_or(0).max(turns.now)
    }

    /// Says how many handoffs the user in a place has open.
    pub(super) fn set_open(&mut self, seat: usize, count: u32) {
        *place(&mut self.open, seat) = count;
    }

    /// Notes a turn.
    pub(super) fn took(&mut self, rule: usize, seat: usize, turn: Turn) {
        let turns = Arc::make_mut(place(&mut self.turns, rule));
        turns.now = turns.now.max(turn.start);
        *place(&mut turns.passes, seat) = turn.pass;
    }

    /// The turns of the pools in another order, and of fewer or more of them: `from` says where each was before.
    pub(super) fn rearrange(&mut self, from: impl Iterator<Item = Option<usize>>) {
        let before = |at: Option<usize>| at.and_then(|at| self.turns.get(at).cloned()).unwrap_or_default();
        self.turns = from.map(before).collect();
    }
}

fn place<T: Clone + Default>(all: &mut Vec<T>, at: usize) -> &mut T {
    if all.len() <= at {
        all.resize(at + 1, T::default());
    }
    &mut all[at]
}
