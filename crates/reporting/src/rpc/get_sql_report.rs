//! GetSqlReport: how many SQLs, how sales decides and why, and what becomes of them (M2, M3, M4, M5, M25).
//!
//! By PERIOD a row holds what happened in its period; by COHORT what became of the MQLs of its period, whenever. M3
//! and M4 are what their names say under either.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::Error;
use handoff_domain::metric::acceptance::{AcceptanceOptions, acceptance_rate};
use handoff_domain::metric::conversion::lead_to_customer;
use handoff_domain::metric::count::{Counting, sql_count};
use handoff_domain::metric::efficiency::{Maturity, efficiency_of_cohort, efficiency_of_period};
use handoff_domain::metric::fact::{Decision, HandoffFact, LeadFact};
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::{Basis, Metric, SkipPolicy, Span};
use handoff_domain::money::{Currency, Money};
use handoff_domain::rollup::cell::Part;
use handoff_domain::rollup::count::{self, Amount, DayOf};
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::reporting::{handoff_fact, lead_fact};
use rust_decimal::Decimal;
use tonic::{Request, Response, Status};

use super::{compute, judged};
use crate::app::{App, Call};
use crate::query::Query;
use crate::report::counts::{Counted, Counts};
use crate::report::sql::{SqlFigures, row};
use crate::report::{
    EVER, Grid, Ground, Served, Table, bases, filter_handoffs, has_a_row, is_of_leads, see_handoffs,
    see_leads, window,
};

const METRICS: [Metric; 5] = [Metric::M2, Metric::M3, Metric::M4, Metric::M5, Metric::M25];

/// The parts of the rollups that the report reads.
const PARTS: [Part; 3] = [Part::Counts, Part::Rejections, Part::Amounts];

/// What a report is computed from.
enum Loaded {
    Facts(Facts),
    Rollups(Counts),
}

/// The facts of the report.
struct Facts {
    handoffs: Vec<HandoffFact>,
    longest_given: Option<i64>,
    leads: Vec<LeadFact>,
}

pub(crate) async fn get_sql_report(
    app: &App,
    request: Request<pb::GetSqlReportRequest>,
) -> Result<Response<pb::GetSqlReportResponse>, Status> {
    let call = Call::of(&request)?;
    let now = clock::now();
    let mut check = Violations::new();
    let query = Query::read(&mut check, request.get_ref().query.as_ref(), now);
    let query = judged(check, query)?;

    let tenant = call.tenant.clone();
    let loaded = app.read(&call, move |tx, id| {
        Box::pin(async move {
            let ground = match Ground::load(tx, &tenant, query, now).await? {
                Ok(ground) => ground,
                Err(missing) => return Ok(Err(missing)),
            };
            if let Some(served) = Served::of(tx, id, &ground).await? {
                let counts = Counts::load(tx, id, &served, &ground, &PARTS).await?;
                return Ok(Ok((ground, Loaded::Rollups(counts))));
            }
            let handoffs = handoff_fact::load_counted_in_span(tx, id, &ground.scope()).await?;
            let given = ground.load_longest_given(tx, id).await?;
            let leads = lead_fact::load_in_span(tx, id, &ground.scope()).await?;
            Ok(Ok((ground, Loaded::Facts(Facts { handoffs, longest_given: given, leads }))))
        })
    });
    let (ground, loaded) = loaded.await?.map_err(from_error)?;
    compute(move || {
        let (table, source) = match loaded {
            Loaded::Rollups(counts) => (table_of_counts(&ground, &counts)?, pb::Source::Rollup),
            Loaded::Facts(facts) => (table(&ground, facts)?, pb::Source::Facts),
        };
        Ok(pb::GetSqlReportResponse {
            basis: Some(ground.basis(&METRICS, source)),
            rows: table.rows.into_iter().map(row).collect(),
            total: Some(row(table.total)),
            cohort_total: table.second_total.map(row),
        })
    })
    .await
}

/// Whether the report has M25: an owner or a team takes hand-overs, not leads.
fn is_about_leads(ground: &Ground) -> bool {
    let query = &ground.query;
    query.filters.iter().map(|filter| filter.dimension).chain(query.breakdown).all(is_of_leads)
}

/// The report from the rollups.
fn table_of_counts(ground: &Ground, counts: &Counts) -> Result<Table<SqlFigures>, Error> {
    let has_a_row =
        |counter| counter <= count::WON || counter == count::CAPTURED || counter == count::CUSTOMERS;
    let grid = Grid::of_values(ground, counts.values(ground, has_a_row))?;
    let by_cell = counts.by_cell(&grid, ground);
    let has_leads = is_about_leads(ground);
    Table::compute(ground, &grid, &bases(ground), |part, basis| {
        let whole;
        let counted = match part.cell {
            Some(cell) => &by_cell[cell.index],
            None => {
                whole = counts.of(part.period, ground);
                &whole
            }
        };
        counted_figures(counted, ground.counting(), has_leads, *basis)
    })
}

fn counted_figures(
    counted: &Counted,
    counting: Counting,
    has_leads: bool,
    basis: Basis,
) -> Result<SqlFigures, Error> {
    let (all, skip) = (&counted.all, counting.skip_policy);
    let (sql_count, decided, won_count, converted) = match basis {
        Basis::Period => (all.sqls(skip), all.decided(), all.get(count::WON), count::CUSTOMERS),
        Basis::Cohort => {
            (all.accepted_mqls(skip), all.decided_of_mqls(skip), all.won_mqls(skip), count::CONVERTED)
        }
    };
    // By which days rejections and amounts are kept that the basis counts.
    let by: &[DayOf] = match (basis, skip) {
        (Basis::Period, _) => &[DayOf::Itself],
        (Basis::Cohort, SkipPolicy::Strict) => &[DayOf::Mql],
        (Basis::Cohort, SkipPolicy::ImplyPassed) => &[DayOf::Mql, DayOf::ImpliedMql],
    };
    let sum = |counters: &[i64], place: &dyn Fn(DayOf) -> usize| {
        by.iter().map(|by| counters.get(place(*by)).copied().unwrap_or_default()).sum::<i64>()
    };
    let rejected = counted.rejections.iter().filter_map(|(detail, counters)| {
        let (attribution, reason) = detail.split_once(' ')?;
        Some(((reason, attribution), sum(counters, &count::rejection)))
    });
    let mut won_amounts = Vec::new();
    for (currency, counters) in &counted.amounts {
        let of = |what| sum(counters, &|by| count::amount(by, what));
        if of(Amount::Count) > 0 {
            let currency = currency.parse().map_err(|_| Error::Internal)?;
            let amount = Decimal::from(of(Amount::Units)).checked_add(Decimal::new(of(Amount::Nanos), 9));
            let money = amount.and_then(|amount| Money::new(amount, currency).ok());
            won_amounts.push(money.ok_or(Error::Internal)?);
        }
    }
    let with_expired = AcceptanceOptions { expired_as_not_accepted: true, ..Default::default() };
    let without_routing = AcceptanceOptions { without_routing: true, ..Default::default() };
    let with_overturned = AcceptanceOptions { overturned_as_accepted: true, ..Default::default() };
    Ok(SqlFigures {
        sql_count,
        cohort_efficiency: counted.efficiency_of_cohort(counting, false),
        period_efficiency: counted.efficiency_of_period(counting),
        acceptance_rate: decided.rate_by(AcceptanceOptions::default()),
        acceptance_rate_with_expired: decided.rate_by(with_expired),
        acceptance_rate_without_routing: decided.rate_by(without_routing),
        acceptance_rate_with_overturned: decided.rate_by(with_overturned),
        rejections: most_frequent_first(rejected.filter(|(_, n)| *n > 0).collect()),
        lead_to_customer: has_leads.then(|| Ratio::new(all.get(converted), all.get(count::CAPTURED))),
        won_count,
        won_amounts,
    })
}

/// The report from the facts.
fn table(ground: &Ground, loaded: Facts) -> Result<Table<SqlFigures>, Error> {
    let mut facts = see_handoffs(loaded.handoffs, ground);
    let window = window(&facts, loaded.longest_given, ground);
    filter_handoffs(&mut facts, ground);

    let leads = is_about_leads(ground).then(|| see_leads(loaded.leads, ground));
    let leads = leads.as_deref();

    let with_a_row = facts.iter().filter(|fact| has_a_row(ground, instants(fact)));
    let leads_with_a_row =
        leads.unwrap_or_default().iter().filter(|lead| has_a_row(ground, instants_of_lead(lead)));
    let values = with_a_row.map(|fact| &fact.dimensions).chain(leads_with_a_row.map(|lead| &lead.dimensions));
    let grid = Grid::new(ground, values)?;
    let by_cell = grid.sort(&facts, |fact| &fact.dimensions, instants);
    let all: Vec<_> = facts.iter().collect();
    let leads_by_cell = leads.map(|leads| grid.sort(leads, |lead| &lead.dimensions, instants_of_lead));
    let all_leads: Option<Vec<_>> = leads.map(|leads| leads.iter().collect());
    let computing = Computing { ground, window };
    Table::compute(ground, &grid, &bases(ground), |part, basis| {
        let (facts, leads) = match part.cell {
            Some(cell) => (&by_cell[cell.index], leads_by_cell.as_ref().map(|cells| &cells[cell.index])),
            None => (&all, all_leads.as_ref()),
        };
        computing.figures(facts, leads.map(Vec::as_slice), part.span, *basis)
    })
}

/// The instants by which a hand-over counts in a period: as an MQL, as decided, as won.
fn instants(fact: &HandoffFact) -> [Option<DateTime<Utc>>; 3] {
    [fact.mql.map(|stamp| stamp.at), fact.end.as_ref().map(|end| end.at), fact.won_at]
}

/// The instants by which a lead does: as captured, as a customer.
fn instants_of_lead(lead: &LeadFact) -> [Option<DateTime<Utc>>; 2] {
    [Some(lead.captured_at), lead.customer_at]
}

struct Computing<'g> {
    ground: &'g Ground,
    /// From which age a hand-over can be judged, the same for all rows.
    window: TimeDelta,
}

impl Computing<'_> {
    fn figures(
        &self,
        facts: &[&HandoffFact],
        leads: Option<&[&LeadFact]>,
        span: &Span,
        basis: Basis,
    ) -> Result<SqlFigures, Error> {
        let (ground, counting) = (self.ground, self.ground.counting());
        let maturity = Maturity { window: self.window, matured_only: false };
        let all = || facts.iter().copied();
        // A cohort is picked by its beginning, and then counts with all that it came to.
        let is_member = |fact: &&HandoffFact| match basis {
            Basis::Period => true,
            Basis::Cohort => counting.mql_at(fact).is_some_and(|at| span.contains(&at)),
        };
        let counted = match basis {
            Basis::Period => span,
            Basis::Cohort => &EVER,
        };
        let members = || all().filter(is_member);
        let accepted = |options| acceptance_rate(members(), counted, options).rate;
        let with_expired = AcceptanceOptions { expired_as_not_accepted: true, ..Default::default() };
        let without_routing = AcceptanceOptions { without_routing: true, ..Default::default() };
        let with_overturned = AcceptanceOptions { overturned_as_accepted: true, ..Default::default() };
        let won = || members().filter(|fact| fact.won_at.is_some_and(|at| counted.contains(&at)));
        Ok(SqlFigures {
            sql_count: sql_count(members(), counted, counting),
            cohort_efficiency: efficiency_of_cohort(all(), span, counting, maturity, ground.as_of),
            period_efficiency: efficiency_of_period(all(), span, counting),
            acceptance_rate: accepted(AcceptanceOptions::default()),
            acceptance_rate_with_expired: accepted(with_expired),
            acceptance_rate_without_routing: accepted(without_routing),
            acceptance_rate_with_overturned: accepted(with_overturned),
            rejections: rejections(members(), counted),
            lead_to_customer: leads.map(|leads| lead_to_customer(leads.iter().copied(), span, basis)),
            won_count: won().count() as u64,
            won_amounts: sums(won().filter_map(|fact| fact.won_amount))?,
        })
    }
}

/// Why sales rejects.
fn rejections<'f>(facts: impl Iterator<Item = &'f HandoffFact>, span: &Span) -> Vec<pb::RejectionCount> {
    let mut counts = BTreeMap::<(&str, &str), i64>::new();
    for end in facts.filter_map(|fact| fact.end.as_ref()).filter(|end| span.contains(&end.at)) {
        if let Decision::Rejected { reason, attribution } = &end.decision {
            *counts.entry((reason, attribution.as_str())).or_default() += 1;
        }
    }
    most_frequent_first(counts)
}

/// Rejections by reason and attribution as they are shown.
fn most_frequent_first(counts: BTreeMap<(&str, &str), i64>) -> Vec<pb::RejectionCount> {
    let counted = counts.into_iter().map(|((reason, attribution), count)| pb::RejectionCount {
        reason: reason.to_owned(),
        attribution: attribution.to_owned(),
        count,
    });
    let mut counted: Vec<_> = counted.collect();
    // Stable: equals stay in the order of their names.
    counted.sort_by_key(|rejections| std::cmp::Reverse(rejections.count));
    counted
}

/// Sums by currency: amounts of different currencies are never added.
fn sums(amounts: impl Iterator<Item = Money>) -> Result<Vec<Money>, Error> {
    let mut sums = BTreeMap::<Currency, Decimal>::new();
    for money in amounts {
        let sum = sums.entry(money.currency()).or_default();
        *sum = sum.checked_add(money.amount()).ok_or(Error::Internal)?;
    }
    sums.into_iter().map(|(currency, sum)| Money::new(sum, currency).map_err(|_| Error::Internal)).collect()
}
