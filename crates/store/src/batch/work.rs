//! What of a batch is still to be run, and in which groups: one at first; halves of it, and halves of those, once the
//! database refused something that is in it, until the command that it refuses stands alone. It runs nothing itself.
//!
//! Groups keep the order of their commands and are run in it. One command in `n` that is refused costs about
//! `2 log2 n` transactions, and where everything is refused it stops after [`FAILURES_IN_A_ROW`].

use crate::error::Remedy;

/// So many refused transactions in a row mean that the database is broken and not a command. In the largest batch the
/// first command alone, if it is refused, makes ten.
const FAILURES_IN_A_ROW: usize = 32;
/// How often a batch is run again because its connection was lost. The next connection is tested or new, so more than
/// one says that the server is not there.
const RUNS_AGAIN: usize = 2;

/// The commands that wait for their transaction, by their places in the batch.
pub(super) struct Work {
    /// The groups, the next one last.
    groups: Vec<Vec<usize>>,
    failures_in_a_row: usize,
    runs_again: usize,
}

impl Work {
    /// All of them, as one group.
    pub(super) fn new(commands: Vec<usize>) -> Self {
        Self { groups: vec![commands], failures_in_a_row: 0, runs_again: RUNS_AGAIN }
    }

    /// What to run now.
    pub(super) fn next(&mut self) -> Option<Vec<usize>> {
        loop {
            let group = self.groups.pop()?;
            if !group.is_empty() {
                return Some(group);
            }
        }
    }

    /// A group had no failure; `left` of it are still to be run, before anything else.
    pub(super) fn went_well(&mut self, left: Vec<usize>) {
        self.failures_in_a_row = 0;
        self.groups.push(left);
    }

    /// A group failed. Gives the commands that are not run again: they fail with it.
    pub(super) fn failed(&mut self, group: Vec<usize>, remedy: Remedy) -> Vec<usize> {
        match remedy {
            Remedy::RunAgain if self.runs_again > 0 => {
                self.runs_again -= 1;
                self.groups.push(group);
                return Vec::new();
            }
            Remedy::Halve => {
                self.failures_in_a_row += 1;
                if self.failures_in_a_row < FAILURES_IN_A_ROW {
                    if group.len() == 1 {
                        return group;
                    }
                    let (first, second) = group.split_at(group.len() / 2);
                    self.groups.extend([second.to_vec(), first.to_vec()]);
                    return Vec::new();
                }
            }
            Remedy::RunAgain | Remedy::Wait => {}
        }
        let rest = std::mem::take(&mut self.groups);
        group.into_iter().chain(rest.into_iter().rev().flatten()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `0..count` against a database that refuses every transaction with one of `poison`; gives what it did, what
    /// was refused, and the number of transactions.
    fn run(count: usize, poison: &[usize]) -> (Vec<usize>, Vec<usize>, usize) {
        let mut work = Work::new((0..count).collect());
        let (mut done, mut refused, mut transactions) = (Vec::new(), Vec::new(), 0);
        while let Some(group) = work.next() {
            transactions += 1;
            if group.iter().any(|command| poison.contains(command)) {
                refused.extend(work.failed(group, Remedy::Halve));
            } else {
                done.extend(group);
                work.went_well(Vec::new());
            }
        }
        (done, refused, transactions)
    }

    fn check(count: usize, poison: &[usize], at_most: usize) {
        let (done, refused, transactions) = run(count, poison);
        let others: Vec<usize> = (0..count).filter(|command| !poison.contains(command)).collect();
        assert_eq!(done, others, "all others, in their order");
        assert_eq!(refused, poison);
        assert!(transactions <= at_most, "{transactions} transactions for {poison:?} of {count}");
    }

    #[test]
    fn what_is_refused_stands_alone_in_the_end_and_all_others_are_done_in_order() {
        check(1, &[0], 1);
        check(2, &[1], 3);
        check(7, &[3], 7);
        for place in [0, 1, 255, 256, 511] {
            check(512, &[place], 2 * 9 + 1);
        }
        check(512, &[0, 1, 2, 3], 2 * 9 + 7);
        check(512, &[17, 200, 201, 444], 4 * 2 * 9);
        let every_eighth: Vec<usize> = (0..512).step_by(8).collect();
        check(512, &every_eighth, 64 * 2 * 4);
    }

    #[test]
    fn where_everything_is_refused_it_stops() {
        let all: Vec<usize> = (0..512).collect();
        let (done, refused, transactions) = run(512, &all);
        assert_eq!((done, refused, transactions), (vec![], all, FAILURES_IN_A_ROW));
    }

    #[test]
    fn a_lost_connection_is_worth_two_more_runs() {
        let mut work = Work::new(vec![0, 1]);
        for _ in 0..RUNS_AGAIN {
            let group = work.next().expect("it is run again");
            assert!(work.failed(group, Remedy::RunAgain).is_empty());
        }
        let group = work.next().expect("it is run again");
        assert_eq!(work.failed(group, Remedy::RunAgain), [0, 1]);
        assert_eq!(work.next(), None);
    }

    #[test]
    fn what_waits_fails_too_once_there_is_no_database() {
        let mut work = Work::new(vec![0, 1, 2, 3]);
        let group = work.next().expect("all of them");
        assert!(work.failed(group, Remedy::Halve).is_empty());
        let group = work.next().expect("the first half");
        assert_eq!(work.failed(group, Remedy::Wait), [0, 1, 2, 3]);
        assert_eq!(work.next(), None);
    }

    #[test]
    fn what_a_run_leaves_comes_next() {
        let mut work = Work::new(vec![0, 1, 2, 3]);
        let group = work.next().expect("all of them");
        assert!(work.failed(group, Remedy::Halve).is_empty());
        let group = work.next().expect("the first half");
        work.went_well(group[1..].to_vec());
        assert_eq!(work.next(), Some(vec![1]));
        assert_eq!(work.next(), Some(vec![2, 3]));
    }
}
