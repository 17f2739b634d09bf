//! The passages that a report is about: those that it counts, or all that were under way. Where their lead was merged they
//! are the survivor's, and what waited for its MQL waits no more: the survivor does.

use handoff_domain::id::TenantId;
use handoff_domain::metric::fact::HandoffFact;

use super::Passage;
use super::row::Columns;
use crate::error::StoreError;
use crate::reporting::Scope;
use crate::tx::Tx;

/// The facts of passages that became an MQL, ended that stage, had its end overturned or were won in the span: what counts
/// and ratios need.
/// Tests are left out.
pub async fn load_counted_in_span(
    tx: &mut Tx,
    tenant: TenantId,
    scope: &Scope,
) -> Result<Vec<HandoffFact>, StoreError> {
    let rows = sqlx::query_as!(
        Columns,
        r#"-- handoff_fact::load_counted_in_span
        select known_from as "known_from!", lead_id as "lead_id!", product_line as "product_line!", cycle as "cycle!",
            passage as "passage!", is_test as "is_test!", imported as "imported!", handoff_id, captured_at, mql_at,
            mql_implied as "mql_implied!", assigned_at, ended_at, overturned_at, decision, reason, attribution, first_attempt_at,
            first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount, won_currency, lost_at, origin,
            source, medium, campaign, kind, persona, owner, team, merged_into
        from (
            select now.*
            from reporting.handoff_fact as now
            where tenant_id = $1 and known_to is null and known_from <= $4
            union all
            select past.*
            from reporting.handoff_fact as past
            where tenant_id = $1 and known_to > $4 and known_from <= $4
        ) as known
        where not is_test and (merged_into is null or mql_at is not null)
            and ((mql_at >= $2 and mql_at < $3) or (ended_at >= $2 and ended_at < $3)
                or (overturned_at >= $2 and overturned_at < $3) or (won_at >= $2 and won_at < $3))"#,
        tenant.0,
        scope.span.start,
        scope.span.end,
        scope.known_at,
    )
    .fetch_all(tx.connection())
    .await?;
    facts(rows)
}

/// The facts of passages with any instant before the end of the span that were not over before its start: what
/// velocities need, because who still waits counts too. Tests are left out.
pub async fn load_alive_in_span(
    tx: &mut Tx,
    tenant: TenantId,
    scope: &Scope,
) -> Result<Vec<HandoffFact>, StoreError> {
    let rows = sqlx::query_as!(
        Columns,
        r#"-- handoff_fact::load_alive_in_span
        select known_from as "known_from!", lead_id as "lead_id!", product_line as "product_line!", cycle as "cycle!",
            passage as "passage!", is_test as "is_test!", imported as "imported!", handoff_id, captured_at, mql_at,
            mql_implied as "mql_implied!", assigned_at, ended_at, overturned_at, decision, reason, attribution, first_attempt_at,
            first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount, won_currency, lost_at, origin,
            source, medium, campaign, kind, persona, owner, team, merged_into
        from (
            select now.*
            from reporting.handoff_fact as now
            where tenant_id = $1 and known_to is null and known_from <= $4
            union all
            select past.*
            from reporting.handoff_fact as past
            where tenant_id = $1 and known_to > $4 and known_from <= $4
        ) as known
        where not is_test and (merged_into is null or mql_at is not null) and began_at < $3 and (until_at >= $2 or until_at is null)"#,
        tenant.0,
        scope.span.start,
        scope.span.end,
        scope.known_at,
    )
    .fetch_all(tx.connection())
    .await?;
    facts(rows)
}

fn facts(rows: Vec<Columns>) -> Result<Vec<HandoffFact>, StoreError> {
    let counted = |row| {
        let Passage { merged_into, mut fact, .. } = Passage::try_from(row)?;
        fact.lead = merged_into.unwrap_or(fact.lead);
        Ok(fact)
    };
    rows.into_iter().map(counted).collect()
}
