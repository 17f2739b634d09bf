//! Turns at a pool's connections, fair among those who want one. Each tenant's reads and each tenant's writes are a party;
//! parties that wait take turns, whatever number of transactions each of them has waiting, and no tenant's party has more
//! than three quarters of all turns. So whoever comes while another tenant keeps the pool busy finds a connection free, or
//! waits for the next that gets free. What belongs to no tenant may have them all.
//!
//! First come, first served would let a tenant with hundreds of reads under way stand before everybody else's.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use handoff_domain::id::TenantId;
use tokio::sync::oneshot;

/// Those who share what they get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// The reads of a tenant, or of what belongs to none.
    Reads(Option<TenantId>),
    /// The writes of a tenant: its callers' batches do not stand behind its reports.
    Writes(TenantId),
}

/// Turns. Cheap to clone; all clones share them.
#[derive(Clone)]
pub(super) struct Turns {
    state: Arc<Mutex<State>>,
    /// How many there are.
    number: usize,
}

/// A turn. It goes to the next when it is dropped.
pub(super) struct Turn {
    turns: Turns,
    party: Party,
}

struct State {
    free: usize,
    /// Those who have a turn or wait for one.
    parties: HashMap<Party, Standing>,
    /// The parties that wait and have fewer turns than they may, the next one first.
    next: VecDeque<Party>,
}

#[derive(Default)]
struct Standing {
    held: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

impl Turns {
    /// So many.
    pub(super) fn new(number: usize) -> Self {
        let state = State { free: number, parties: HashMap::new(), next: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)), number }
    }

    /// How many turns a party may have. What belongs to no tenant is the process's own.
    fn most(&self, party: Party) -> usize {
        match party {
            Party::Reads(None) => self.number,
            Party::Reads(Some(_)) | Party::Writes(_) => (self.number * 3 / 4).max(1),
        }
    }

    /// Waits for a turn. Whoever stops waiting has none.
    pub(super) async fn take(&self, party: Party) -> Turn {
        let (sender, turn) = oneshot::channel();
        {
            let mut state = self.lock();
            let standing = state.parties.entry(party).or_default();
            standing.waiting.push_back(sender);
            if standing.waiting.len() == 1 && standing.held < self.most(party) {
                state.next.push_back(party);
            }
        }
        self.hand_out();
        // A sender is only dropped unused when its receiver is gone.
        turn.await.expect("whoever waits is handed a turn")
    }

    /// Gives free turns to those who wait.
    fn hand_out(&self) {
        while let Some((waiting, party)) = self.next() {
            // Whoever has just stopped waiting leaves the turn to be dropped here, which hands it on.
            let _ = waiting.send(Turn { turns: self.clone(), party });
        }
    }

    /// Who gets a turn that is free.
    fn next(&self) -> Option<(oneshot::Sender<Turn>, Party)> {
        let mut state = self.lock();
        while state.free > 0 {
            let party = state.next.pop_front()?;
            let Some(standing) = state.parties.get_mut(&party) else { continue };
            // Those who do not wait any more are passed over.
            let next =
                std::iter::from_fn(|| standing.waiting.pop_front()).find(|waiting| !waiting.is_closed());
            standing.held += usize::from(next.is_some());
            let (held, is_waiting) = (standing.held, !standing.waiting.is_empty());
            if is_waiting && held < self.most(party) {
                state.next.push_back(party);
            } else if !is_waiting && held == 0 {
                state.parties.remove(&party);
            }
            if let Some(waiting) = next {
                state.free -= 1;
                return Some((waiting, party));
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        {
            let mut state = self.turns.lock();
            state.free += 1;
            if let Some(standing) = state.parties.get_mut(&self.party) {
                standing.held -= 1;
                let (held, is_waiting) = (standing.held, !standing.waiting.is_empty());
                // It had as many as it may, and so was not among the next.
                if is_waiting && held + 1 == self.turns.most(self.party) {
                    state.next.push_back(self.party);
                } else if !is_waiting && held == 0 {
                    state.parties.remove(&self.party);
                }
            }
        }
        self.turns.hand_out();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;

    /// Somebody who waits; named by the party.
    type Waiting = (&'static str, BoxFuture<'static, Turn>);

    fn party(name: &str) -> Party {
        Party::Reads(Some(TenantId::from_slug(name)))
    }

    /// Comes for a turn, and does not go on before others have.
    fn come(turns: &Turns, name: &'static str) -> (Option<Turn>, Waiting) {
        let turns = turns.clone();
        let mut waiting = async move { turns.take(party(name)).await }.boxed();
        let turn = (&mut waiting).now_or_never();
        (turn, (name, waiting))
    }

    /// Those who wait get their turns as they are given; says in which order.
    fn serve(mut held: VecDeque<Turn>, mut waiting: Vec<Waiting>) -> Vec<&'static str> {
        let mut order = Vec::new();
        while held.pop_front().is_some() {
            waiting.retain_mut(|(name, turn)| match turn.now_or_never() {
                Some(turn) => {
                    order.push(*name);
                    held.push_back(turn);
                    false
                }
                None => true,
            });
        }
        assert!(waiting.is_empty(), "{} still wait", waiting.len());
        order
    }

    #[test]
    fn a_tenant_with_one_read_does_not_wait_for_another_with_many() {
        let turns = Turns::new(1);
        let (held, _) = come(&turns, "hot");
        let mut waiting: Vec<Waiting> = (0..256).map(|_| come(&turns, "hot").1).collect();
        waiting.push(come(&turns, "quiet").1);
        let order = serve(held.into_iter().collect(), waiting);
        assert_eq!(order.len(), 257);
        assert_eq!(order[0], "quiet", "whoever has had a turn waits for those who have not");
    }

    #[test]
    fn those_who_wait_take_turns_whatever_they_have_waiting() {
        let turns = Turns::new(1);
        let (held, _) = come(&turns, "a");
        let waiting = ["a", "a", "a", "a", "b", "b", "c"].map(|name| come(&turns, name).1);
        let order = serve(held.into_iter().collect(), waiting.into());
        assert_eq!(order, ["b", "c", "a", "b", "a", "a", "a"]);
    }

    #[test]
    fn a_party_has_three_quarters_of_all_turns_and_not_one_more() {
        let turns = Turns::new(12);
        let (mut held, mut waiting) = (VecDeque::new(), Vec::new());
        for _ in 0..20 {
            let (turn, rest) = come(&turns, "hot");
            match turn {
                Some(turn) => held.push_back(turn),
                None => waiting.push(rest),
            }
        }
        assert_eq!((held.len(), waiting.len()), (9, 11));
        let others: Vec<Turn> = (0..3).filter_map(|_| come(&turns, "quiet").0).collect();
        assert_eq!(others.len(), 3, "whoever comes finds the rest free");
        assert!(come(&turns, "third").0.is_none(), "and then none is left");
        assert_eq!(serve(held, waiting).len(), 11);
    }

    #[test]
    fn what_belongs_to_no_tenant_may_have_all_turns() {
        let turns = Turns::new(12);
        let held: Vec<Turn> =
            (0..13).filter_map(|_| turns.clone().take(Party::Reads(None)).now_or_never()).collect();
        assert_eq!(held.len(), 12);
    }

    #[test]
    fn a_tenants_writes_do_not_stand_behind_its_reads() {
        let turns = Turns::new(1);
        let acme = TenantId::from_slug("acme");
        let (held, _) = come(&turns, "acme");
        let mut waiting: Vec<Waiting> = (0..9).map(|_| come(&turns, "acme").1).collect();
        let other = turns.clone();
        let mut writes = async move { other.take(Party::Writes(acme)).await }.boxed();
        assert!((&mut writes).now_or_never().is_none());
        waiting.push(("writes", writes));
        let order = serve(held.into_iter().collect(), waiting);
        assert_eq!((order[0], order.len()), ("writes", 10));
    }

    #[test]
    fn whoever_stops_waiting_takes_nothing_away() {
        let turns = Turns::new(2);
        let (first, _) = come(&turns, "a");
        let (second, _) = come(&turns, "b");
        let gone: Vec<Waiting> = ["a", "a", "b", "c"].map(|name| come(&turns, name).1).into();
        let (_, stays) = come(&turns, "c");
        drop(gone);
        drop(first);
        // It is on its way to somebody who leaves without having taken it.
        let (_, leaves) = come(&turns, "a");
        drop(second);
        drop(leaves);
        assert_eq!(serve(VecDeque::from([stays.1.now_or_never().expect("its turn")]), Vec::new()), [""; 0]);
        let state = turns.lock();
        assert_eq!((state.free, state.parties.len()), (2, 0), "all turns are back, and nobody is remembered");
    }
}
