//! How a re-evaluation goes on, for whoever waits: one line that is written anew on a terminal, and a line for each change
//! elsewhere.

use std::io::{self, IsTerminal};
use std::time::Duration;

use handoff_proto::qualification::v1::{GetReevaluationResponse, Reevaluation, ReevaluationState};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;
use crate::view::show_count;

/// How often it is asked for.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// What was told so far.
#[derive(Debug)]
pub(super) struct Following {
    line: ProgressBar,
    is_terminal: bool,
    told: String,
}

impl Following {
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        let is_terminal = io::stderr().is_terminal();
        Self { line: ProgressBar::new_spinner().with_style(style), is_terminal, told: String::new() }
    }

    /// Tells how far it has come; whether it goes on.
    pub(super) fn tell(&mut self, answer: &GetReevaluationResponse, output: &mut Output<'_>) -> bool {
        let it = answer.reevaluation.clone().unwrap_or_default();
        if it.end_time.is_some() {
            self.line.finish_and_clear();
            return false;
        }
        let words = words(&it);
        if self.is_terminal {
            self.line.set_message(words);
            self.line.tick();
        } else if words != self.told {
            output.say(&words);
            self.told = words;
        }
        true
    }
}

/// `412,000 of 1,000,000 leads evaluated, 1,204 change`.
fn words(it: &Reevaluation) -> String {
    let change: i64 = it.tallies.iter().map(|tally| tally.leads).sum();
    let judged: i64 = it.tallies.iter().map(|tally| tally.leads_judged).sum();
    let (evaluated, change) = (it.leads_evaluated, show_count(change));
    if it.state() == ReevaluationState::Applying {
        let evaluated = show_count(evaluated);
        return format!(
            "{evaluated} leads evaluated, {change} change, {} of them judged",
            show_count(judged)
        );
    }
    // Leads that come meanwhile are looked at too.
    let (evaluated, total) = (show_count(evaluated), show_count(it.leads_total.max(evaluated)));
    format!("{evaluated} of {total} leads evaluated, {change} change")
}

#[cfg(test)]
mod tests {
    use handoff_proto::qualification::v1::ReevaluationTally;
    use prost_types::Timestamp;

    use super::*;

    fn answer(state: ReevaluationState, evaluated: i64, judged: i64) -> GetReevaluationResponse {
        let it = Reevaluation {
            state: state.into(),
            leads_total: 1_000_000,
            leads_evaluated: evaluated,
            tallies: vec![
                ReevaluationTally { leads: 1_200, leads_judged: judged, ..ReevaluationTally::default() },
                ReevaluationTally { leads: 4, ..ReevaluationTally::default() },
            ],
            end_time: (state == ReevaluationState::Done).then(Timestamp::default),
            ..Reevaluation::default()
        };
        GetReevaluationResponse { reevaluation: Some(it) }
    }

    #[test]
    fn each_change_is_told_once_where_there_is_no_terminal() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut out, &mut err);
        let mut following = Following { is_terminal: false, ..Following::new() };
        for (answer, goes_on) in [
            (answer(ReevaluationState::Evaluating, 412_000, 0), true),
            (answer(ReevaluationState::Evaluating, 412_000, 0), true),
            (answer(ReevaluationState::Evaluating, 1_000_007, 0), true),
            (answer(ReevaluationState::Applying, 1_000_007, 256), true),
            (answer(ReevaluationState::Done, 1_000_007, 1_204), false),
        ] {
            assert_eq!(following.tell(&answer, &mut output), goes_on);
        }
        let told = "412,000 of 1,000,000 leads evaluated, 1,204 change\n\
            1,000,007 of 1,000,007 leads evaluated, 1,204 change\n\
            1,000,007 leads evaluated, 1,204 change, 256 of them judged\n";
        assert_eq!((out.as_slice(), String::from_utf8(err).unwrap().as_str()), (&b""[..], told));
    }
}
