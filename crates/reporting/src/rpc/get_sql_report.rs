//! GetSqlReport: how many SQLs, how sales decides and why, and what becomes of them (M2, M3, M4, M5, M25).
//!
//! By PERIOD a row holds what happened in its period; by COHORT what became of the MQLs of its period, whenever. M3
//! and M4 are what their names say under either.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::Error;
use handoff_domain::metric::acceptance::{AcceptanceOptions, acceptance_rate};
use handoff_domain::metric::clock::ClockKind;
use handoff_domain::metric::conversion::lead_to_customer;
use handoff_domain::metric::count::sql_count;
use handoff_domain::metric::efficiency::{Maturity, efficiency_of_cohort, efficiency_of_period};
use handoff_domain::metric::fact::{Decision, HandoffFact, LeadFact};
use handoff_domain::metric::{Basis, Metric, Span};
use handoff_domain::money::{Currency, Money};
use handoff_domain::qualification::rejection::Attribution;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::reporting::{clock_fact, handoff_fact, lead_fact};
use rust_decimal::Decimal;
use tonic::{Request, Response, Status};

use super::{compute, judged};
use crate::app::{App, Call};
use crate::query::Query;
use crate::report::sql::{SqlFigures, row};
use crate::report::{
    EVER, Grid, Ground, Table, bases, filter_handoffs, has_a_row, is_of_leads, see_handoffs, see_leads,
    window,
};

const METRICS: [Metric; 5] = [Metric::M2, Metric::M3, Metric::M4, Metric::M5, Metric::M25];

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
            let handoffs = handoff_fact::load_counted_in_span(tx, id, &ground.scope()).await?;
            let range = ground.scope_of_range();
            let given = clock_fact::load_longest_given(tx, id, &range, ClockKind::Decide).await?;
            let leads = lead_fact::load_in_span(tx, id, &ground.scope()).await?;
            Ok(Ok((ground, Facts { handoffs, longest_given: given, leads })))
        })
    });
    let (ground, facts) = loaded.await?.map_err(from_error)?;
    compute(move || {
        let table = table(&ground, facts)?;
        Ok(pb::GetSqlReportResponse {
            basis: Some(ground.basis(&METRICS)),
            rows: table.rows.into_iter().map(row).collect(),
            total: Some(row(table.total)),
            cohort_total: table.second_total.map(row),
        })
    })
    .await
}

/// The report from the facts.
fn table(ground: &Ground, loaded: Facts) -> Result<Table<SqlFigures>, Error> {
    let mut facts = see_handoffs(loaded.handoffs, ground);
    let window = window(&facts, loaded.longest_given, ground);
    filter_handoffs(&mut facts, ground);

    // An owner or a team takes hand-overs, not leads: broken down or filtered by one there is no M25.
    let query = &ground.query;
    let mut asked = query.filters.iter().map(|filter| filter.dimension).chain(query.breakdown);
    let leads = asked.all(is_of_leads).then(|| see_leads(loaded.leads, ground));
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
        let won = || members().filter(|fact| fact.won_at.is_some_and(|at| counted.contains(&at)));
        Ok(SqlFigures {
            sql_count: sql_count(members(), counted, counting),
            cohort_efficiency: efficiency_of_cohort(all(), span, counting, maturity, ground.as_of),
            period_efficiency: efficiency_of_period(all(), span, counting),
            acceptance_rate: accepted(AcceptanceOptions::default()),
            acceptance_rate_with_expired: accepted(with_expired),
            acceptance_rate_without_routing: accepted(without_routing),
            rejections: rejections(members(), counted),
            lead_to_customer: leads.map(|leads| lead_to_customer(leads.iter().copied(), span, basis)),
            won_count: won().count() as u64,
            won_amounts: sums(won().filter_map(|fact| fact.won_amount))?,
        })
    }
}

/// Why sales rejects, the most frequent reason first.
fn rejections<'f>(facts: impl Iterator<Item = &'f HandoffFact>, span: &Span) -> Vec<pb::RejectionCount> {
    let mut counts = BTreeMap::<(&str, Attribution), i64>::new();
    for end in facts.filter_map(|fact| fact.end.as_ref()).filter(|end| span.contains(&end.at)) {
        if let Decision::Rejected { reason, attribution } = &end.decision {
            *counts.entry((reason, *attribution)).or_default() += 1;
        }
    }
    let counted = counts.into_iter().map(|((reason, attribution), count)| pb::RejectionCount {
        reason: reason.to_owned(),
        attribution: attribution.to_string(),
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
