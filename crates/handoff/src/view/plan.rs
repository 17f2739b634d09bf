//! The plan of a goal: every number with why it is right.

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{PlanGoalResponse, PlanStep};
use rust_decimal::Decimal;

use super::{Cell, Column, Grid, View, quantity};

impl View for PlanGoalResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("", "figure"),
            Column::number("it takes", "count"),
            Column::number("at", "each"),
            Column::number("reaches", "reached"),
            Column::number("needed", "needed"),
            Column::number("one less\nreaches", "reached_by_one_less"),
        ]);
        for step in &self.steps {
            grid.push(vec![
                Cell::new(name(step), step.figure.clone()),
                quantity::count(step.count),
                decimal(&step.each),
                decimal(&step.reached),
                decimal(&step.needed),
                decimal(&step.reached_by_one_less),
            ]);
        }
        grid
    }

    fn notes(&self, _zone: Tz) -> Vec<String> {
        let mix = self.mix.iter().map(|mix| {
            let (expected, gap) = (decimal(&mix.expected).shown, decimal(&mix.gap).shown);
            let verdict = if mix.closes { "reaches the goal" } else { "does not reach the goal" };
            format!("The mix {verdict}: it is expected to bring {expected}, which leaves {gap}")
        });
        let metric =
            self.definition.iter().map(|it| format!("{} {}: {}", it.metric, it.display_name, it.formula));
        mix.chain(metric).collect()
    }
}

/// `deals` of `deal_count`.
fn name(step: &PlanStep) -> String {
    match step.figure.strip_suffix("_count") {
        Some(one @ ("sql" | "mql")) => format!("{}s", one.to_uppercase()),
        Some(one) => format!("{one}s"),
        None => step.figure.clone(),
    }
}

/// A decimal with marks between the thousands of its whole part; one that is longer than any amount stays as it is.
fn decimal(text: &str) -> Cell {
    let Ok(number) = text.parse::<Decimal>() else { return Cell::text(text) };
    let Ok(whole) = i64::try_from(number.trunc().abs()) else { return Cell::text(text) };
    let fraction = text.split_once('.').map(|(_, fraction)| format!(".{fraction}")).unwrap_or_default();
    let sign = if number.is_sign_negative() { "-" } else { "" };
    Cell::new(format!("{sign}{}{fraction}", quantity::show_count(whole)), text)
}
