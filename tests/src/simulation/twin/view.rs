//! What reports must say: the domain's metrics over what its records say.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::calendar::Calendar;
use handoff_domain::metric::acceptance::{AcceptanceOptions, acceptance_rate};
use handoff_domain::metric::attainment::attainment;
use handoff_domain::metric::business_day::per_business_day;
use handoff_domain::metric::clock::{ClockFact, ClockKind, Stop, StopKind};
use handoff_domain::metric::conversion::lead_to_customer;
use handoff_domain::metric::count::{Counting, mql_count, sql_count};
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::efficiency::{
    Maturity, efficiency_of_cohort, efficiency_of_period, maturity_window,
};
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::{Decision, HandoffFact, LeadFact};
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{VelocityQuery, velocity};
use handoff_domain::metric::verdict::{Statistic, VerdictQuery, verdicts};
use handoff_domain::metric::{Basis, SkipPolicy, Span, span_of};
use handoff_domain::sla::{Clock, ClockState};
use handoff_domain::target::Unit;
use handoff_proto::reporting::v1::Verdict;

use super::{Model, passage};
use crate::simulation::figures::{Figures, Row, collect, ratio};
use crate::simulation::generate::ZONE;

const EVER: Span = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;

/// Everything that reports rest on, as it was known at a moment.
#[derive(Debug, Clone)]
pub struct View {
    /// The moment.
    pub at: DateTime<Utc>,
    handoffs: Vec<HandoffFact>,
    leads: Vec<LeadFact>,
    clocks: Vec<ClockFact>,
    calendar: Calendar,
}

/// What is asked of a view besides a row: a report has one instant and one range.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Nothing later has happened.
    pub as_of: DateTime<Utc>,
    /// Of all rows.
    pub range: Span,
    /// What skipped stages count for.
    pub skip_policy: SkipPolicy,
    /// Whether it is broken down by owner: owners take hand-overs, not leads.
    pub by_owner: bool,
}

impl View {
    /// Of what the model knows now.
    pub(super) fn of(model: &Model) -> Self {
        let sla = model.fired();
        let handoffs = passage::passages(&model.state);
        let of_handoffs = handoffs.iter().filter_map(|fact| fact.handoff);
        let clocks = of_handoffs.flat_map(|handoff| sla.clocks_of(handoff));
        Self {
            at: model.now,
            leads: passage::leads(&model.state),
            clocks: clocks.map(fact).collect(),
            calendar: Calendar::new(model.calendar()),
            handoffs,
        }
    }

    /// A row of the MQL report.
    pub fn mql(&self, row: &Row, asked: &Asked) -> Figures {
        let (facts, span) = (self.facts(row, asked.as_of), span_of(&row.period, ZONE));
        let counting = Counting { skip_policy: asked.skip_policy, ..Counting::default() };
        let mqls = |counting| mql_count(&facts, &span, counting);
        let first_time = Counting { first_time: true, ..counting };
        let recorded = Counting { skip_policy: SkipPolicy::Strict, ..counting };
        let window = self.window(asked);
        let cohort = |matured_only| {
            let maturity = Maturity { window, matured_only };
            efficiency_of_cohort(&facts, &span, counting, maturity, asked.as_of)
        };
        let arrivals = facts.iter().filter_map(|fact| counting.mql_at(fact));
        let per_day = per_business_day(arrivals, &row.period, ZONE, &self.calendar, asked.as_of);
        collect([
            ("mql_count", Some(mqls(counting).to_string())),
            ("first_time_mql_count", Some(mqls(first_time).to_string())),
            ("implied_mql_count", Some((mqls(counting) - mqls(recorded)).to_string())),
            ("cohort_efficiency", shown(cohort(false))),
            ("immature_count", Some(cohort(false).n_immature.to_string())),
            ("matured_cohort_efficiency", shown(cohort(true))),
            ("period_efficiency", shown(efficiency_of_period(&facts, &span, counting))),
            ("mql_per_business_day", shown(per_day.rate)),
        ])
    }

    /// A row of the SQL report.
    pub fn sql(&self, row: &Row, asked: &Asked) -> Figures {
        let (all, span) = (self.facts(row, asked.as_of), span_of(&row.period, ZONE));
        let counting = Counting { skip_policy: asked.skip_policy, ..Counting::default() };
        // A cohort is picked by its beginning, and then counts with all that it came to.
        let is_member = |fact: &&HandoffFact| counting.mql_at(fact).is_some_and(|at| span.contains(&at));
        let (facts, counted): (Vec<&HandoffFact>, &Span) = match row.basis {
            Basis::Period => (all.iter().collect(), &span),
            Basis::Cohort => (all.iter().filter(is_member).collect(), &EVER),
        };
        let facts = || facts.iter().copied();
        let maturity = Maturity { window: TimeDelta::zero(), matured_only: false };
        let rate = |options| acceptance_rate(facts(), counted, options).rate;
        let without_routing = AcceptanceOptions { without_routing: true, ..AcceptanceOptions::default() };
        let with_overturned =
            AcceptanceOptions { overturned_as_accepted: true, ..AcceptanceOptions::default() };
        let leads: Vec<LeadFact> =
            self.leads.iter().filter_map(|lead| lead.clone().as_of(asked.as_of)).collect();
        let converted = || lead_to_customer(&leads, &span, row.basis);
        let won: Vec<_> =
            facts().filter(|fact| fact.won_at.is_some_and(|at| counted.contains(&at))).collect();
        let mut figures = collect([
            ("sql_count", Some(sql_count(facts(), counted, counting).to_string())),
            ("cohort_efficiency", shown(efficiency_of_cohort(&all, &span, counting, maturity, asked.as_of))),
            ("period_efficiency", shown(efficiency_of_period(&all, &span, counting))),
            ("acceptance_rate", shown(rate(AcceptanceOptions::default()))),
            ("acceptance_rate_without_routing", shown(rate(without_routing))),
            ("acceptance_rate_with_overturned", shown(rate(with_overturned))),
            ("lead_to_customer", (!asked.by_owner).then(converted).and_then(shown)),
            ("won_count", Some(won.len().to_string())),
        ]);
        for end in facts().filter_map(|fact| fact.end.as_ref()).filter(|end| counted.contains(&end.at)) {
            if let Decision::Rejected { reason, .. } = &end.decision {
                add(&mut figures, format!("rejections.{reason}"), 1);
            }
        }
        for amount in won.iter().filter_map(|fact| fact.won_amount) {
            let (units, nanos) = amount.to_units_nanos();
            let nanos = u64::try_from(units).unwrap_or_default() * 1_000_000_000
                + u64::try_from(nanos).unwrap_or_default();
            add(&mut figures, format!("won_nanos.{}", amount.currency()), nanos);
        }
        figures
    }

    /// A row of the velocity report.
    pub fn velocity(&self, row: &Row, asked: &Asked, pair: (Milestone, Milestone), unit: Unit) -> Figures {
        let (facts, span) = (self.facts(row, asked.as_of), span_of(&row.period, ZONE));
        let clocks =
            self.clocks.iter().filter(|clock| facts.iter().any(|it| it.handoff == Some(clock.handoff)));
        let clocks: Vec<ClockFact> = clocks.filter_map(|clock| clock.clone().as_of(asked.as_of)).collect();
        let query = VelocityQuery {
            from: pair.0,
            to: pair.1,
            span: &span,
            basis: row.basis,
            ruler: self.ruler(unit),
            limits: &[],
            as_of: asked.as_of,
        };
        let logged: Logged = clocks.iter().collect();
        let measured = velocity(&facts, &logged, &query);
        let show = |value: Option<Exact>| value.map(|value| length(value, unit));
        let is_clocked = pair == (Milestone::Mql, Milestone::Decided);
        let attained = match row.basis {
            Basis::Period => attainment(&clocks, ClockKind::Decide, &span, asked.as_of),
            Basis::Cohort => {
                let began = clocks.iter().filter(|clock| span.contains(&clock.started_at));
                attainment(began, ClockKind::Decide, &EVER, asked.as_of)
            }
        };
        let mut figures = collect([
            ("sample_count", Some(measured.n.to_string())),
            ("invalid_count", Some(measured.invalid_n.to_string())),
            ("mean", show(measured.mean)),
            ("median", show(measured.median)),
            ("p75", show(measured.p75)),
            ("p90", show(measured.p90)),
            ("max", show(measured.max.map(Exact::whole))),
            ("open_count", Some(measured.open.n.to_string())),
            ("open_oldest", show(measured.open.oldest.map(Exact::whole))),
            ("median_with_waiting", show(measured.median_with_waiting)),
            ("sla_attainment", is_clocked.then(|| attained.rate()).and_then(shown)),
        ]);
        if is_clocked {
            let query = VerdictQuery {
                span: &span,
                basis: row.basis,
                statistic: Statistic::Mean,
                calendar: &self.calendar,
                as_of: asked.as_of,
            };
            for verdict in verdicts(&facts, &clocks, &query) {
                let value = verdict.figure.map(|figure| length(figure, verdict.target.unit()));
                let word = match verdict.judgement {
                    None => Verdict::Unspecified,
                    Some(judgement) if judgement.is_adhering => Verdict::Adhering,
                    Some(_) => Verdict::NotAdhering,
                };
                let told = format!(
                    "{} in {}, {}",
                    verdict.velocity.n,
                    value.unwrap_or_default(),
                    word.as_str_name()
                );
                figures.insert("verdict".to_owned(), told);
            }
        }
        figures
    }

    /// The hand-overs of a row, as they stood at an instant.
    fn facts(&self, row: &Row, as_of: DateTime<Utc>) -> Vec<HandoffFact> {
        let is_of_row = |fact: &&HandoffFact| {
            let owner = fact.dimensions.get(Dimension::Owner).unwrap_or_default();
            row.value.as_ref().is_none_or(|value| value == owner)
        };
        self.handoffs.iter().filter(is_of_row).map(|fact| fact.clone().as_of(as_of)).collect()
    }

    /// W of a report.
    fn window(&self, asked: &Asked) -> TimeDelta {
        let facts = self.handoffs.iter().map(|fact| fact.clone().as_of(asked.as_of));
        let is_decided =
            |fact: &HandoffFact| fact.end.as_ref().is_some_and(|end| asked.range.contains(&end.at));
        let decided: Vec<HandoffFact> = facts.filter(is_decided).collect();
        maturity_window(&decided, self.clocks.iter().filter(|clock| asked.range.contains(&clock.due_at)))
    }

    fn ruler(&self, unit: Unit) -> Ruler<'_> {
        match unit {
            Unit::Business => Ruler::Business(&self.calendar),
            Unit::Calendar => Ruler::Calendar,
            Unit::BusinessDays => Ruler::BusinessDays(&self.calendar),
            Unit::CalendarDays => Ruler::CalendarDays(ZONE),
        }
    }
}

fn fact(clock: &Clock) -> ClockFact {
    let kind = match clock.state {
        ClockState::Running => None,
        ClockState::Met => Some(StopKind::Met),
        ClockState::MetLate => Some(StopKind::MetLate),
        ClockState::Cancelled => Some(StopKind::Cancelled),
    };
    let stop = kind.zip(clock.ended_at);
    ClockFact {
        clock: clock.id,
        kind: ClockKind::Decide,
        handoff: clock.handoff,
        target: clock.target,
        started_at: clock.started_at,
        due_at: clock.due_at,
        stop: stop.map(|(kind, at)| Stop { at, kind, elapsed: clock.elapsed.unwrap_or_default() }),
        breached_at: clock.breached_at,
    }
}

fn shown(value: Ratio) -> Option<String> {
    Some(ratio(value.numerator, value.denominator))
}

/// A length as reports write it: in seconds or days.
fn length(value: Exact, unit: Unit) -> String {
    let per_one = match unit {
        Unit::Business | Unit::Calendar => 1_000_000,
        Unit::BusinessDays | Unit::CalendarDays => 1,
    };
    let value = Exact::new(value.numerator(), value.denominator() * per_one).expect("not over zero");
    value.to_decimal(12).normalize().to_string()
}

fn add(figures: &mut Figures, name: String, more: u64) {
    let so_far: u64 = figures.get(&name).and_then(|count| count.parse().ok()).unwrap_or_default();
    figures.insert(name, (so_far + more).to_string());
}
