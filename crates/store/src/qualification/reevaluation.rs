//! Re-evaluations: what follows for the leads of today after a version took effect, how far that has come, and which leads
//! change. A tenant has one under way at most; a later one takes its place.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::points::Points;
use handoff_domain::qualification::reevaluation::{Change, Finding, Mode, Progress, Reevaluation};
use handoff_domain::version::Subject;

use super::{count, stored_count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// Which: the version that took effect.
pub type Key = (Subject, u32);

/// Ends the one that is under way, if one is: another version took effect.
pub async fn supersede(tx: &mut Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"-- reevaluation::supersede
        update qualification.reevaluation
        set state = 'SUPERSEDED', ended_at = $2
        where tenant_id = $1 and state in ('EVALUATING', 'APPLYING')"#,
        tenant.0,
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Begins one, in place of whichever is under way.
pub async fn begin(
    tx: &mut Tx,
    tenant: TenantId,
    (subject, number): Key,
    mode: Mode,
    effective_from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    supersede(tx, tenant, now).await?;
    let done = sqlx::query!(
        r#"-- reevaluation::begin
        insert into qualification.reevaluation (tenant_id, subject, number, mode, state, effective_from, begun_at,
            leads_evaluated)
        values ($1, $2, $3, $4, 'EVALUATING', $5, $6, 0)"#,
        tenant.0,
        subject.as_str(),
        stored_count("reevaluation.number", number)?,
        mode.as_str(),
        effective_from,
        now,
    )
    .execute(tx.connection())
    .await?;
    wrote("reevaluation", done.rows_affected(), 1)
}

struct Row {
    subject: String,
    number: i32,
    mode: String,
    state: String,
    effective_from: DateTime<Utc>,
    begun_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    last_lead_id: Option<Uuid>,
    leads_total: Option<i64>,
    leads_evaluated: i64,
}

impl Row {
    fn read(self) -> Result<Reevaluation, StoreError> {
        let leads = |leads: i64| {
            u64::try_from(leads).map_err(|_| StoreError::defect("reevaluation counts less than no leads"))
        };
        Ok(Reevaluation {
            subject: word("reevaluation.subject", &self.subject, |text| text.parse().ok())?,
            number: count("reevaluation.number", self.number)?,
            mode: word("reevaluation.mode", &self.mode, Mode::from_name)?,
            progress: word("reevaluation.state", &self.state, Progress::from_name)?,
            effective_from: self.effective_from,
            begun_at: self.begun_at,
            ended_at: self.ended_at,
            last: self.last_lead_id.map(LeadId),
            total: self.leads_total.map(leads).transpose()?,
            evaluated: leads(self.leads_evaluated)?,
        })
    }
}

/// The one that is under way.
pub async fn under_way(tx: &mut Tx, tenant: TenantId) -> Result<Option<Reevaluation>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"-- reevaluation::under_way
        select subject, number, mode, state, effective_from, begun_at, ended_at, last_lead_id, leads_total, leads_evaluated
        from qualification.reevaluation
        where tenant_id = $1 and state in ('EVALUATING', 'APPLYING')"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(Row::read).transpose()
}

/// The one of a version.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    (subject, number): Key,
) -> Result<Option<Reevaluation>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"-- reevaluation::load
        select subject, number, mode, state, effective_from, begun_at, ended_at, last_lead_id, leads_total, leads_evaluated
        from qualification.reevaluation
        where tenant_id = $1 and subject = $2 and number = $3"#,
        tenant.0,
        subject.as_str(),
        stored_count("reevaluation.number", number)?,
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(Row::read).transpose()
}

/// At most `limit` of them, the latest first, from the one after `before` on.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    before: Option<(DateTime<Utc>, Subject, u32)>,
    limit: i64,
) -> Result<Vec<Reevaluation>, StoreError> {
    let (at, subject, number) = match before {
        Some((at, subject, number)) => {
            (Some(at), Some(subject.as_str()), Some(stored_count("reevaluation.number", number)?))
        }
        None => (None, None, None),
    };
    let rows = sqlx::query_as!(
        Row,
        r#"-- reevaluation::list
        select subject, number, mode, state, effective_from, begun_at, ended_at, last_lead_id, leads_total, leads_evaluated
        from qualification.reevaluation
        where tenant_id = $1 and ($2::timestamptz is null or (effective_from, subject, number) < ($2, $3, $4))
        order by effective_from desc, subject desc, number desc
        limit $5"#,
        tenant.0,
        at,
        subject,
        number,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// How many leads change in which way, and how many of those were judged for it since.
pub type Tally = BTreeMap<Change, (u64, u64)>;

/// What each of these re-evaluations found; one that found nothing is not among them.
pub async fn tallies(
    tx: &mut Tx,
    tenant: TenantId,
    keys: &[Key],
) -> Result<BTreeMap<Key, Tally>, StoreError> {
    let subjects: Vec<_> = keys.iter().map(|(subject, _)| subject.as_str().to_owned()).collect();
    let numbers = keys.iter().map(|(_, number)| stored_count("reevaluation.number", *number));
    let numbers: Vec<_> = numbers.collect::<Result<_, _>>()?;
    let rows = sqlx::query!(
        r#"-- reevaluation::tallies
        select f.subject, f.number, f.change, count(*) as "found!", count(*) filter (where f.is_applied) as "applied!"
        from unnest($2::text[], $3::integer[]) as n(subject, number)
            join qualification.reevaluation_finding as f
                on f.tenant_id = $1 and f.subject = n.subject and f.number = n.number
        group by f.subject, f.number, f.change"#,
        tenant.0,
        &subjects,
        &numbers,
    )
    .fetch_all(tx.connection())
    .await?;
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    for row in rows {
        let subject = word("reevaluation_finding.subject", &row.subject, |text| text.parse().ok())?;
        let change = word("reevaluation_finding.change", &row.change, Change::from_name)?;
        let tally = tallies.entry((subject, count("reevaluation_finding.number", row.number)?)).or_default();
        tally.insert(change, (row.found.unsigned_abs(), row.applied.unsigned_abs()));
    }
    Ok(tallies)
}

/// At most `limit` of the leads that change, those with the most points first, from the one after `after` on.
pub async fn findings(
    tx: &mut Tx,
    tenant: TenantId,
    (subject, number): Key,
    after: Option<(Points, LeadId)>,
    limit: i64,
) -> Result<Vec<Finding>, StoreError> {
    let (points, lead) = after.map_or((None, None), |(points, lead)| (Some(points.milli()), Some(lead.0)));
    let rows = sqlx::query!(
        r#"-- reevaluation::findings
        select lead_id, change, points_milli, is_applied
        from qualification.reevaluation_finding
        where tenant_id = $1 and subject = $2 and number = $3
            and ($4::bigint is null or points_milli < $4 or (points_milli = $4 and lead_id > $5))
        order by points_milli desc, lead_id
        limit $6"#,
        tenant.0,
        subject.as_str(),
        stored_count("reevaluation.number", number)?,
        points,
        lead,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Finding {
                lead: LeadId(row.lead_id),
                change: word("reevaluation_finding.change", &row.change, Change::from_name)?,
                points: Points::from_milli(row.points_milli),
                is_applied: row.is_applied,
            })
        })
        .collect()
}

/// At most `limit` of those that were not judged for it yet, those with the most points first.
pub async fn open_findings(
    tx: &mut Tx,
    tenant: TenantId,
    (subject, number): Key,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let leads = sqlx::query_scalar!(
        r#"-- reevaluation::open_findings
        select lead_id
        from qualification.reevaluation_finding
        where tenant_id = $1 and subject = $2 and number = $3 and not is_applied
        order by points_milli desc, lead_id
        limit $4"#,
        tenant.0,
        subject.as_str(),
        stored_count("reevaluation.number", number)?,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(leads.into_iter().map(LeadId).collect())
}

/// A step of a re-evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Leads were looked at.
    Evaluated {
        /// The last before these.
        after: Option<LeadId>,
        /// The last of these.
        last: LeadId,
        /// How many.
        leads: u64,
        /// How many there are in all, where they were counted.
        total: Option<u64>,
        /// Those that change.
        findings: Vec<Finding>,
    },
    /// There are no more leads to look at, or to judge.
    Reached(Progress),
    /// Leads that change were judged.
    Applied(Vec<LeadId>),
}

/// Notes a step; whether it was one: somebody else may have gone on, or another re-evaluation has taken its place.
pub(crate) async fn save(
    tx: &mut Tx,
    tenant: TenantId,
    key: Key,
    step: &Step,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (subject, number) = (key.0.as_str(), stored_count("reevaluation.number", key.1)?);
    match step {
        Step::Evaluated { after, last, leads, total, findings } => {
            let stored = |leads: u64| i64::try_from(leads).map_err(|_| StoreError::defect("too many leads"));
            let (total, evaluated) = (total.map(stored).transpose()?, stored(*leads)?);
            let done = sqlx::query!(
                r#"-- reevaluation::evaluated
                update qualification.reevaluation
                set last_lead_id = $4, leads_evaluated = leads_evaluated + $5, leads_total = coalesce($6, leads_total)
                where tenant_id = $1 and subject = $2 and number = $3 and state = 'EVALUATING'
                    and last_lead_id is not distinct from $7"#,
                tenant.0,
                subject,
                number,
                last.0,
                evaluated,
                total,
                after.map(|lead| lead.0),
            )
            .execute(tx.connection())
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
            found(tx, tenant, subject, number, findings).await?;
            Ok(true)
        }
        Step::Reached(progress) => {
            let done = sqlx::query!(
                r#"-- reevaluation::reached
                update qualification.reevaluation
                set state = $4, ended_at = $5
                where tenant_id = $1 and subject = $2 and number = $3 and state in ('EVALUATING', 'APPLYING')"#,
                tenant.0,
                subject,
                number,
                progress.as_str(),
                progress.is_end().then_some(now),
            )
            .execute(tx.connection())
            .await?;
            super::judge_time::refresh(tx, tenant).await?;
            Ok(done.rows_affected() == 1)
        }
        Step::Applied(leads) => {
            let leads: Vec<_> = leads.iter().map(|lead| lead.0).collect();
            sqlx::query!(
                r#"-- reevaluation::applied
                update qualification.reevaluation_finding
                set is_applied = true
                where tenant_id = $1 and subject = $2 and number = $3 and lead_id = any($4)"#,
                tenant.0,
                subject,
                number,
                &leads,
            )
            .execute(tx.connection())
            .await?;
            Ok(true)
        }
    }
}

/// A lead that was merged is found with each of those that are one person with it, and counts once.
async fn found(
    tx: &mut Tx,
    tenant: TenantId,
    subject: &str,
    number: i32,
    findings: &[Finding],
) -> Result<(), StoreError> {
    if findings.is_empty() {
        return Ok(());
    }
    let leads: Vec<_> = findings.iter().map(|finding| finding.lead.0).collect();
    let changes: Vec<_> = findings.iter().map(|finding| finding.change.as_str().to_owned()).collect();
    let points: Vec<_> = findings.iter().map(|finding| finding.points.milli()).collect();
    sqlx::query!(
        r#"-- reevaluation::found
        insert into qualification.reevaluation_finding (tenant_id, subject, number, lead_id, change, points_milli, is_applied)
        select $1, $2, $3, n.lead_id, n.change, n.points_milli, false
        from unnest($4::uuid[], $5::text[], $6::bigint[]) as n(lead_id, change, points_milli)
        on conflict (tenant_id, subject, number, lead_id) do nothing"#,
        tenant.0,
        subject,
        number,
        &leads,
        &changes,
        &points,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
