//! What people did to scores: adjustments and baselines. Rows are only ever added; the reason of an adjustment lies with
//! its event.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::points::Points;
use handoff_domain::qualification::record::{ScoreAdjustment, ScoreBaseline};
use handoff_domain::score::{Adjustment, Baseline, ByHand, Decay};

use super::{count, stored_count};
use crate::error::StoreError;
use crate::tx::Tx;

/// What was done to the scores of these leads; nothing of those that are not in the answer.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<BTreeMap<LeadId, ByHand>, StoreError> {
    let leads: Vec<_> = leads.iter().map(|id| id.0).collect();
    let mut found: BTreeMap<LeadId, ByHand> = BTreeMap::new();
    let rows = sqlx::query!(
        r#"-- by_hand::load_adjustments
        select a.lead_id as "lead_id!", a.occurred_at as "occurred_at!", a.local_date as "local_date!",
            a.points_milli as "points_milli!", a.decay as "decay!", a.decay_days, a.decay_rate_permille
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select lead_id, position, occurred_at, local_date, points_milli, decay, decay_days, decay_rate_permille
            from qualification.score_adjustment
            where tenant_id = $1 and lead_id = wanted.lead_id
            offset 0
        ) as a
        order by a.lead_id, a.position"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    for row in rows {
        let decay = decay(&row.decay, row.decay_days, row.decay_rate_permille)?;
        let adjustment = Adjustment::new(row.local_date, Points::from_milli(row.points_milli), decay);
        found.entry(LeadId(row.lead_id)).or_default().adjustments.push((row.occurred_at, adjustment));
    }
    let rows = sqlx::query!(
        r#"-- by_hand::load_baselines
        select b.lead_id as "lead_id!", b.occurred_at as "occurred_at!", b.local_date as "local_date!"
        from unnest($2::uuid[]) as wanted(lead_id)
        cross join lateral (
            select lead_id, position, occurred_at, local_date
            from qualification.score_baseline
            where tenant_id = $1 and lead_id = wanted.lead_id
            offset 0
        ) as b
        order by b.lead_id, b.occurred_at, b.position"#,
        tenant.0,
        &leads,
    )
    .fetch_all(tx.connection())
    .await?;
    for row in rows {
        let baseline = Baseline { at: row.occurred_at, local_date: row.local_date };
        found.entry(LeadId(row.lead_id)).or_default().baselines.push(baseline);
    }
    Ok(found)
}

fn decay(kind: &str, days: Option<i32>, rate: Option<i32>) -> Result<Decay, StoreError> {
    let number = |value: Option<i32>| {
        let value = value.ok_or_else(|| StoreError::defect("score_adjustment.decay lacks a number"))?;
        count("score_adjustment.decay", value)
    };
    match kind {
        "NONE" => Ok(Decay::None),
        "LINEAR" => Ok(Decay::Linear { rate_permille: number(rate)?, period_days: number(days)? }),
        "HALF_LIFE" => Ok(Decay::HalfLife { days: number(days)? }),
        "WINDOW" => Ok(Decay::Window { days: number(days)? }),
        _ => Err(StoreError::defect("score_adjustment.decay holds a word that this build does not know")),
    }
}

/// A decay as its columns: the word, days, and the rate.
fn columns(decay: Decay) -> Result<(&'static str, Option<i32>, Option<i32>), StoreError> {
    let stored = |value| stored_count("score_adjustment.decay", value).map(Some);
    Ok(match decay {
        Decay::None => ("NONE", None, None),
        Decay::Linear { rate_permille, period_days } => {
            ("LINEAR", stored(period_days)?, stored(rate_permille)?)
        }
        Decay::HalfLife { days } => ("HALF_LIFE", stored(days)?, None),
        Decay::Window { days } => ("WINDOW", stored(days)?, None),
    })
}

/// Adds adjustments.
pub async fn append_adjustments(
    tx: &mut Tx,
    tenant: TenantId,
    adjustments: &[ScoreAdjustment],
) -> Result<(), StoreError> {
    let leads: Vec<_> = adjustments.iter().map(|it| it.lead.0).collect();
    let positions: Vec<_> = adjustments.iter().map(|it| it.position).collect();
    let occurred_at: Vec<DateTime<Utc>> = adjustments.iter().map(|it| it.occurred_at).collect();
    let dates: Vec<NaiveDate> = adjustments.iter().map(|it| it.local_date).collect();
    let points: Vec<_> = adjustments.iter().map(|it| it.points.milli()).collect();
    let (mut decays, mut days, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for adjustment in adjustments {
        let (decay, day, rate) = columns(adjustment.decay)?;
        decays.push(decay);
        days.push(day);
        rates.push(rate);
    }
    sqlx::query!(
        r#"-- by_hand::append_adjustments
        insert into qualification.score_adjustment (tenant_id, lead_id, position, occurred_at, local_date, points_milli,
            decay, decay_days, decay_rate_permille)
        select $1, n.lead_id, n.position, n.occurred_at, n.local_date, n.points_milli, n.decay, n.decay_days,
            n.decay_rate_permille
        from unnest($2::uuid[], $3::bigint[], $4::timestamptz[], $5::date[], $6::bigint[], $7::text[], $8::integer[],
            $9::integer[])
            as n(lead_id, position, occurred_at, local_date, points_milli, decay, decay_days, decay_rate_permille)"#,
        tenant.0,
        &leads,
        &positions,
        &occurred_at,
        &dates,
        &points,
        &decays as &[&str],
        &days as &[Option<i32>],
        &rates as &[Option<i32>],
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Adds baselines.
pub async fn append_baselines(
    tx: &mut Tx,
    tenant: TenantId,
    baselines: &[ScoreBaseline],
) -> Result<(), StoreError> {
    let leads: Vec<_> = baselines.iter().map(|it| it.lead.0).collect();
    let positions: Vec<_> = baselines.iter().map(|it| it.position).collect();
    let occurred_at: Vec<DateTime<Utc>> = baselines.iter().map(|it| it.baseline.at).collect();
    let dates: Vec<NaiveDate> = baselines.iter().map(|it| it.baseline.local_date).collect();
    sqlx::query!(
        r#"-- by_hand::append_baselines
        insert into qualification.score_baseline (tenant_id, lead_id, position, occurred_at, local_date)
        select $1, n.lead_id, n.position, n.occurred_at, n.local_date
        from unnest($2::uuid[], $3::bigint[], $4::timestamptz[], $5::date[])
            as n(lead_id, position, occurred_at, local_date)"#,
        tenant.0,
        &leads,
        &positions,
        &occurred_at,
        &dates,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
