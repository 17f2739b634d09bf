//! Routing: plans rule by rule, and why a hand-over goes where it does.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    ExplainRoutingResponse, GetRoutingPlanResponse, LeadKind, LeftOut, LeftOutReason, OriginChannel,
    PutRoutingPlanResponse, Routing, RoutingCondition, RoutingMethod, RoutingPlan, RoutingPool,
    SetAvailabilityResponse, SetTeamCalendarResponse, User, routing_rule,
};

use super::{Cell, Column, Grid, View, quantity};
use crate::word;

impl View for PutRoutingPlanResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        plan(&self.plan.clone().unwrap_or_default())
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        vec![format!("Routing plan {}.", self.number)]
    }
}

impl View for GetRoutingPlanResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        plan(&self.plan.clone().unwrap_or_default())
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        vec![format!("Routing plan {}.", self.number)]
    }
}

fn plan(plan: &RoutingPlan) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Rule", "rule"),
        Column::text("Called", "label"),
        Column::text("About", "when"),
        Column::text("To", "to"),
        Column::text("How", "method"),
    ]);
    for rule in &plan.rules {
        let (to, method) = match &rule.to {
            Some(routing_rule::To::Pool(pool)) => described(pool),
            Some(routing_rule::To::KeepOwner(keep)) if keep.attribute.is_empty() => {
                ("whoever owned what was accepted last".to_owned(), "KEEP_OWNER".to_owned())
            }
            Some(routing_rule::To::KeepOwner(keep)) => {
                (format!("the user in {}", keep.attribute), "KEEP_OWNER".to_owned())
            }
            None => Default::default(),
        };
        let when = condition(rule.when.as_ref());
        grid.push(vec![
            Cell::text(&rule.key),
            Cell::text(&rule.label),
            Cell::text(when),
            Cell::text(to),
            Cell::text(method),
        ]);
    }
    let (to, method) = plan.otherwise.as_ref().map(described).unwrap_or_default();
    grid.push(vec![
        Cell::text("default"),
        Cell::text("everything else"),
        Cell::text(""),
        Cell::text(to),
        Cell::text(method),
    ]);
    grid
}

fn described(pool: &RoutingPool) -> (String, String) {
    let names: Vec<&str> = pool.teams.iter().chain(&pool.users).map(String::as_str).collect();
    (names.join(", "), word::show::<RoutingMethod>(pool.method))
}

fn condition(condition: Option<&RoutingCondition>) -> String {
    let Some(condition) = condition else { return String::new() };
    let kinds = condition.kinds.iter().map(|kind| word::show::<LeadKind>(*kind));
    let channels = condition.channels.iter().map(|channel| word::show::<OriginChannel>(*channel));
    let parts = [
        condition.product_lines.join(" or "),
        kinds.collect::<Vec<_>>().join(" or "),
        channels.collect::<Vec<_>>().join(" or "),
    ];
    let attributes = condition.attributes.iter().map(|asked| asked.attribute.clone());
    parts.into_iter().chain(attributes).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

impl View for ExplainRoutingResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("User", "user"),
            Column::text("Left out", "left_out"),
            Column::number("Open", "open_handoffs"),
            Column::text("Free", "free_time"),
        ]);
        for candidate in &self.candidates {
            grid.push(vec![
                Cell::text(&candidate.user),
                Cell::text(word::show::<LeftOutReason>(candidate.left_out)),
                quantity::count(candidate.open_handoffs.into()),
                quantity::time(candidate.free_time.as_ref(), zone),
            ]);
        }
        grid
    }

    fn notes(&self, zone: Tz) -> Vec<String> {
        let Some(now) = &self.now else {
            return vec!["There is no routing plan: somebody has to assign it.".to_owned()];
        };
        let asked = self.rules.iter().map(|rule| {
            let applies = if rule.applies { "applies" } else { "does not apply" };
            format!("Rule {} {applies}.", rule.rule)
        });
        let goes = if self.owner.is_empty() {
            format!("Nobody is free: {}.", sentence(now, zone))
        } else {
            format!("It would go to {} now: {}.", self.owner, sentence(now, zone))
        };
        let last = self.last.iter().map(|last| format!("When it was last routed: {}.", sentence(last, zone)));
        asked.chain([goes]).chain(last).collect()
    }
}

/// What a plan said of a hand-over.
fn sentence(routing: &Routing, zone: Tz) -> String {
    let method = word::show::<RoutingMethod>(routing.method);
    let mut parts = vec![format!("plan {}, rule {}, {method}", routing.plan, routing.rule)];
    let LeftOut { inactive, returned, absent, off_hours, full } = routing.left_out.unwrap_or_default();
    let counts = [
        (inactive, "inactive"),
        (returned, "gave it back"),
        (absent, "away"),
        (off_hours, "not at work"),
        (full, "full"),
    ];
    let out: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    if !out.is_empty() {
        parts.push(out.join(", "));
    }
    if routing.free_time.is_some() {
        parts.push(format!("somebody is free at {}", quantity::show_time(routing.free_time.as_ref(), zone)));
    }
    parts.join("; ")
}

impl View for SetAvailabilityResponse {
    fn grid(&self, zone: Tz) -> Grid {
        let user: User = self.user.clone().unwrap_or_default();
        let availability = user.availability.unwrap_or_default();
        let capacity = if availability.capacity == 0 {
            "no bound".to_owned()
        } else {
            availability.capacity.to_string()
        };
        let calendar = if availability.calendar.is_empty() { "its team's" } else { &availability.calendar };
        let absences: Vec<String> = (availability.absences.iter())
            .map(|absence| {
                let time = |time| quantity::show_time(time, zone);
                format!("{} to {}", time(absence.start_time.as_ref()), time(absence.end_time.as_ref()))
            })
            .collect();
        Grid::record(vec![
            (Column::text("User", "name"), Cell::text(user.name)),
            (Column::text("Hours", "calendar"), Cell::text(calendar)),
            (Column::text("Open hand-overs at most", "capacity"), Cell::text(capacity)),
            (Column::text("Weight", "weight"), Cell::text(availability.weight.to_string())),
            (Column::text("Away", "absences"), Cell::text(absences.join(", "))),
        ])
    }
}

impl View for SetTeamCalendarResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let team = self.team.clone().unwrap_or_default();
        let calendar = if team.calendar.is_empty() { "the tenant's" } else { &team.calendar };
        Grid::record(vec![
            (Column::text("Team", "name"), Cell::text(&team.name)),
            (Column::text("Hours", "calendar"), Cell::text(calendar)),
        ])
    }
}
