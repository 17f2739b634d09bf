//! Re-evaluations: how far they have come, and the leads that change.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    GetReevaluationResponse, ListReevaluatedLeadsResponse, ListReevaluationsResponse, Reevaluation,
    ReevaluationChange, ReevaluationMode, ReevaluationState,
};

use super::{Cell, Column, Grid, View, quantity, show_count};
use crate::word;

/// Each way in which leads change, with its title.
const WAYS: [(ReevaluationChange, &str, &str); 4] = [
    (ReevaluationChange::Qualifies, "Qualify", "leads_qualify"),
    (ReevaluationChange::Waits, "Wait", "leads_wait"),
    (ReevaluationChange::Leaves, "Leave", "leads_leave"),
    (ReevaluationChange::Later, "Later", "leads_later"),
];

impl View for GetReevaluationResponse {
    fn grid(&self, zone: Tz) -> Grid {
        Grid::record(fields(&self.reevaluation.clone().unwrap_or_default(), zone))
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        let it = self.reevaluation.clone().unwrap_or_default();
        let note = match (it.mode(), it.state()) {
            (ReevaluationMode::Shadow, _) => "They are told of, and nothing happens to them",
            (ReevaluationMode::Capped, ReevaluationState::Done) => {
                "Each was judged; who found no place waits as a candidate for the next business day"
            }
            _ => return Vec::new(),
        };
        vec![note.to_owned()]
    }
}

impl View for ListReevaluationsResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let columns = fields(&Reevaluation::default(), zone).into_iter().map(|(column, _)| column);
        let mut grid = Grid::new(columns.collect());
        for it in &self.reevaluations {
            grid.push(fields(it, zone).into_iter().map(|(_, cell)| cell).collect());
        }
        grid
    }
}

impl View for ListReevaluatedLeadsResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Lead", "lead"),
            Column::text("Change", "change"),
            Column::number("Behaviour", "behaviour_points"),
            Column::text("Judged", "judged"),
        ]);
        for it in &self.leads {
            let judged = if it.judged { "yes" } else { quantity::NONE };
            grid.push(vec![
                Cell::text(&it.lead),
                Cell::text(word::show::<ReevaluationChange>(it.change)),
                Cell::text(&it.behaviour_points),
                Cell::new(judged, it.judged.to_string()),
            ]);
        }
        grid
    }
}

fn fields(it: &Reevaluation, zone: Tz) -> Vec<(Column, Cell)> {
    let judged: i64 = it.tallies.iter().map(|tally| tally.leads_judged).sum();
    let mut fields = vec![
        (Column::text("Version", "version"), Cell::text(&it.version)),
        (Column::text("Mode", "mode"), Cell::text(word::show::<ReevaluationMode>(it.mode))),
        (Column::text("State", "state"), Cell::text(word::show::<ReevaluationState>(it.state))),
        (
            Column::text(format!("In effect from, {zone}"), "effective_time"),
            quantity::time(it.effective_time.as_ref(), zone),
        ),
        (Column::text("Began", "begin_time").shown_if(false), quantity::time(it.begin_time.as_ref(), zone)),
        (Column::text("Ended", "end_time"), quantity::time(it.end_time.as_ref(), zone)),
        (Column::number("Leads", "leads_total"), total(it.leads_total)),
        (Column::number("Evaluated", "leads_evaluated"), quantity::count(it.leads_evaluated)),
    ];
    for (change, title, name) in WAYS {
        let tally = it.tallies.iter().find(|tally| tally.change() == change);
        let leads = tally.map(|tally| tally.leads).unwrap_or_default();
        fields.push((Column::number(title, name), quantity::count(leads)));
    }
    fields.push((Column::number("Judged", "leads_judged"), quantity::count(judged)));
    fields
}

/// Nobody has counted them yet where there are none.
fn total(leads: i64) -> Cell {
    let shown = if leads == 0 { quantity::NONE.to_owned() } else { show_count(leads) };
    Cell::new(shown, leads.to_string())
}

#[cfg(test)]
mod tests {
    use handoff_proto::qualification::v1::{ReevaluatedLead, ReevaluationTally};
    use prost_types::Timestamp;

    use super::*;

    const ZONE: Tz = Tz::Europe__Rome;

    /// 2026-03-30 10:00 in Rome, and so many seconds.
    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds: 1_774_857_600 + seconds, nanos: 0 })
    }

    fn done(number: u32, mode: ReevaluationMode) -> Reevaluation {
        let tally = |change: ReevaluationChange, leads| ReevaluationTally {
            change: change.into(),
            leads,
            leads_judged: if mode == ReevaluationMode::Capped { leads } else { 0 },
        };
        Reevaluation {
            name: format!("scoring-model/versions/{number}/reevaluation"),
            version: format!("scoring-model/versions/{number}"),
            mode: mode.into(),
            state: ReevaluationState::Done.into(),
            effective_time: at(0),
            begin_time: at(1),
            end_time: at(61),
            leads_total: 1_000_000,
            leads_evaluated: 1_000_007,
            tallies: vec![
                tally(ReevaluationChange::Qualifies, 1_200),
                tally(ReevaluationChange::Waits, 4),
                tally(ReevaluationChange::Leaves, 0),
                tally(ReevaluationChange::Later, 31),
            ],
        }
    }

    fn shown(answer: &impl View) -> String {
        let table = answer.grid(ZONE).to_table();
        let mut csv = Vec::new();
        answer.grid(Tz::UTC).write_csv(&mut csv).unwrap();
        format!("{table}\n\n{}\n\n{}", answer.notes(ZONE).join("\n"), String::from_utf8(csv).unwrap())
    }

    #[test]
    fn a_re_evaluation_says_how_many_leads_change_in_which_way() {
        let answer = GetReevaluationResponse { reevaluation: Some(done(3, ReevaluationMode::Capped)) };
        insta::assert_snapshot!("reevaluation", shown(&answer));
    }

    #[test]
    fn re_evaluations_stand_beside_one_another() {
        let under_way = Reevaluation {
            state: ReevaluationState::Evaluating.into(),
            end_time: None,
            leads_total: 0,
            leads_evaluated: 0,
            tallies: Vec::new(),
            ..done(4, ReevaluationMode::Capped)
        };
        let reevaluations = vec![under_way, done(3, ReevaluationMode::Shadow)];
        let answer = ListReevaluationsResponse { reevaluations, next_page_token: String::new() };
        insta::assert_snapshot!("reevaluations", shown(&answer));
    }

    #[test]
    fn leads_that_change_have_their_points() {
        let lead = |number: u32, change: ReevaluationChange, points: &str, judged| ReevaluatedLead {
            lead: format!("leads/019d0000-0000-7000-8000-00000000000{number}"),
            change: change.into(),
            behaviour_points: points.to_owned(),
            judged,
        };
        let leads = vec![
            lead(1, ReevaluationChange::Qualifies, "112.5", true),
            lead(2, ReevaluationChange::Later, "0", false),
        ];
        let answer = ListReevaluatedLeadsResponse { leads, next_page_token: String::new() };
        insta::assert_snapshot!("reevaluated_leads", shown(&answer));
    }
}
