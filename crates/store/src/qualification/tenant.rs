//! The tenant's own row.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{Defaults, Labels, LeadScore, Tenant};
use handoff_domain::target::Target;

use super::{count, score, stored_count, word, wrote};
use crate::error::StoreError;
use crate::tx::{Opening, Tx};

/// The tenant, if it was founded.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Option<Tenant>, StoreError> {
    Ok(load_with_leads(tx, tenant, &[]).await?.map(|opened| opened.tenant))
}

/// The position of what was agreed on before positions were noted.
const BEFORE: i64 = -1;

/// A lead that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Which.
    pub lead: LeadId,
    /// Whether it was merged into another.
    pub is_merged: bool,
    /// Its score, if it was ever judged or has to be.
    pub score: Option<LeadScore>,
}

/// What every batch begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The tenant.
    pub tenant: Tenant,
    /// Which roster is the present one; none without a routing plan.
    pub routing_mark: Option<Uuid>,
    /// Which of the leads that were asked about are there.
    pub leads: Vec<Present>,
}

/// The question of [`load_with_leads`], to be asked in the message that takes the log row.
pub fn opening(tenant: TenantId, leads: &[LeadId]) -> Opening {
    // Not checked at compile time, because a message of several statements is text. Every batch of the suite asks it.
    let mut question = String::with_capacity(768 + 37 * leads.len());
    question.push_str(
        "select slug, time_zone, currency_code, fiscal_year_start_month, starter_target_unit, starter_target_amount, \
         contract_effective_from, cooldown_us, correction_grace_us, dispute_window_us, settlement_delay_us, created_at, \
         rules_position, published_on, published, labels, routing_mark, version from qualification.tenant where tenant_id = '",
    );
    let _ = write!(question, "{tenant}'");
    if leads.is_empty() {
        return Opening(question);
    }
    question.push_str("; select l.lead_id, l.merged, s.* from unnest('{");
    for (index, lead) in leads.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let _ = write!(question, "{separator}{}", lead.0);
    }
    // `limit 1` keeps the planner from joining: one probe of the key for each id.
    let _ = write!(
        question,
        "}}'::uuid[]) as wanted(lead_id) cross join lateral (select lead_id, merged_into is not null as merged from qualification.lead \
         where tenant_id = '{tenant}' and lead_id = wanted.lead_id limit 1) as l \
         left join lateral (select {} from qualification.score \
         where tenant_id = '{tenant}' and lead_id between wanted.lead_id and wanted.lead_id \
         order by lead_id limit 1) as s on true",
        score::COLUMNS,
    );
    Opening(question)
}

/// The tenant, if it was founded, and which of these leads are there: all that the commonest batch has to know. Asks
/// nothing where [`opening`] has asked it.
pub async fn load_with_leads(
    tx: &mut Tx,
    tenant: TenantId,
    leads: &[LeadId],
) -> Result<Option<Opened>, StoreError> {
    let rows = match tx.take_opening() {
        Some(rows) => rows,
        None => tx.send("tenant::opening", opening(tenant, leads).0).await?,
    };
    // The tenant's row is the one with a slug; one that is not there has no leads.
    let Some((row, there)) = rows.split_first() else { return Ok(None) };
    let found = Tenant {
        id: tenant,
        slug: row.try_get("slug")?,
        zone: word("tenant.time_zone", row.try_get("time_zone")?, |text| text.parse().ok())?,
        currency: word("tenant.currency_code", row.try_get("currency_code")?, |text| text.parse().ok())?,
        fiscal_year_start_month: count(
            "tenant.fiscal_year_start_month",
            i32::from(row.try_get::<i16, _>("fiscal_year_start_month")?),
        )?,
        starter_target: target(row.try_get("starter_target_unit")?, row.try_get("starter_target_amount")?)?,
        contract_effective_from: row.try_get("contract_effective_from")?,
        defaults: Defaults {
            cooldown: TimeDelta::microseconds(row.try_get("cooldown_us")?),
            correction_grace: TimeDelta::microseconds(row.try_get("correction_grace_us")?),
            dispute_window: TimeDelta::microseconds(row.try_get("dispute_window_us")?),
            settlement_delay: TimeDelta::microseconds(row.try_get("settlement_delay_us")?),
        },
        labels: match row.try_get::<Option<Value>, _>("labels")? {
            Some(labels) => labels_of(&labels)?,
            None => Labels::default(),
        },
        created_at: row.try_get("created_at")?,
        rules_position: row.try_get::<Option<i64>, _>("rules_position")?.unwrap_or(BEFORE),
        published_on: row.try_get("published_on")?,
        published: count("tenant.published", row.try_get::<Option<i32>, _>("published")?.unwrap_or(0))?,
        version: row.try_get("version")?,
    };
    let lead = |row: &PgRow| {
        let lead = LeadId(row.try_get("lead_id")?);
        Ok(Present { lead, is_merged: row.try_get("merged")?, score: score::read(lead, row)? })
    };
    let routing_mark = row.try_get("routing_mark")?;
    let leads = there.iter().map(lead).collect::<Result<_, StoreError>>()?;
    Ok(Some(Opened { tenant: found, routing_mark, leads }))
}

/// Writes the tenant's row.
pub async fn save(tx: &mut Tx, tenant: &Tenant) -> Result<(), StoreError> {
    let (unit, amount) = columns(tenant.starter_target)?;
    let month = i16::try_from(tenant.fiscal_year_start_month)
        .map_err(|_| StoreError::defect("a fiscal year starts in no such month"))?;
    let done = sqlx::query!(
        r#"-- tenant::save
        insert into qualification.tenant as old (tenant_id, slug, time_zone, currency_code, fiscal_year_start_month,
            starter_target_unit, starter_target_amount, contract_effective_from, cooldown_us, correction_grace_us,
            dispute_window_us, settlement_delay_us, created_at, labels, version, rules_position)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)
        on conflict (tenant_id) do update
        set time_zone = excluded.time_zone, currency_code = excluded.currency_code,
            fiscal_year_start_month = excluded.fiscal_year_start_month,
            starter_target_unit = excluded.starter_target_unit,
            starter_target_amount = excluded.starter_target_amount,
            contract_effective_from = excluded.contract_effective_from, cooldown_us = excluded.cooldown_us,
            correction_grace_us = excluded.correction_grace_us, dispute_window_us = excluded.dispute_window_us,
            settlement_delay_us = excluded.settlement_delay_us, labels = excluded.labels, version = excluded.version
        where old.version < excluded.version"#,
        tenant.id.0,
        tenant.slug,
        tenant.zone.name(),
        tenant.currency.as_str(),
        month,
        unit,
        amount,
        tenant.contract_effective_from,
        micros(tenant.defaults.cooldown)?,
        micros(tenant.defaults.correction_grace)?,
        micros(tenant.defaults.dispute_window)?,
        micros(tenant.defaults.settlement_delay)?,
        tenant.created_at,
        labels_json(&tenant.labels),
        tenant.version,
    )
    .execute(tx.connection())
    .await?;
    wrote("tenant", done.rows_affected(), 1)
}

/// Notes how many places of the day leads of a published model took.
pub async fn save_places(tx: &mut Tx, tenant: &Tenant) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"-- tenant::save_places
        update qualification.tenant
        set published_on = $2, published = $3
        where tenant_id = $1"#,
        tenant.id.0,
        tenant.published_on,
        stored_count("tenant.published", tenant.published)?,
    )
    .execute(tx.connection())
    .await?;
    wrote("tenant", done.rows_affected(), 1)
}

/// Says since which position leads are judged by other rules than before.
pub async fn save_rules_position(tx: &mut Tx, tenant: TenantId, position: i64) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"-- tenant::save_rules_position
        update qualification.tenant
        set rules_position = $2
        where tenant_id = $1 and coalesce(rules_position, -1) < $2"#,
        tenant.0,
        position,
    )
    .execute(tx.connection())
    .await?;
    wrote("tenant", done.rows_affected(), 1)
}

/// Words by the names that they stand for.
fn labels_json(labels: &Labels) -> Option<Value> {
    if *labels == Labels::default() {
        return None;
    }
    let stages = |words: &BTreeMap<Stage, String>| -> Value {
        words.iter().map(|(stage, word)| (stage.as_str().to_owned(), Value::from(word.as_str()))).collect()
    };
    let sides: Value = labels
        .sides
        .iter()
        .map(|(side, word)| (side.as_str().to_owned(), Value::from(word.as_str())))
        .collect();
    Some(json!({
        "stages": stages(&labels.stages),
        "sides": sides,
        "crm_field": labels.crm_field,
        "crm_values": stages(&labels.crm_values),
    }))
}

fn labels_of(json: &Value) -> Result<Labels, StoreError> {
    let words = |name: &str| json[name].as_object().into_iter().flatten();
    let text = |word: &Value| {
        word.as_str()
            .map(str::to_owned)
            .ok_or_else(|| StoreError::defect("a word of tenant.labels is no text"))
    };
    let stages = |name: &str| {
        let of_stage = |(stage, word): (&String, &Value)| {
            Ok((super::word("tenant.labels", stage, Stage::from_name)?, text(word)?))
        };
        words(name).map(of_stage).collect::<Result<_, StoreError>>()
    };
    let of_side = |(side, word): (&String, &Value)| Ok((super::side("tenant.labels", side)?, text(word)?));
    Ok(Labels {
        stages: stages("stages")?,
        sides: words("sides").map(of_side).collect::<Result<_, StoreError>>()?,
        crm_field: json["crm_field"].as_str().map(str::to_owned),
        crm_values: stages("crm_values")?,
    })
}

/// Says that another roster is the present one.
pub async fn save_routing_mark(tx: &mut Tx, tenant: TenantId, mark: Uuid) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"-- tenant::save_routing_mark
        update qualification.tenant
        set routing_mark = $2
        where tenant_id = $1"#,
        tenant.0,
        mark,
    )
    .execute(tx.connection())
    .await?;
    wrote("tenant", done.rows_affected(), 1)
}

fn target(unit: &str, amount: i64) -> Result<Target, StoreError> {
    match unit {
        "BUSINESS" => Ok(Target::Business(TimeDelta::microseconds(amount))),
        "CALENDAR" => Ok(Target::Calendar(TimeDelta::microseconds(amount))),
        "BUSINESS_DAYS" => u32::try_from(amount)
            .map(Target::BusinessDays)
            .map_err(|_| StoreError::defect("tenant.starter_target_amount is no number of days")),
        _ => Err(StoreError::defect("tenant.starter_target_unit holds a word that this build does not know")),
    }
}

/// A target as its two columns: days for business days, else microseconds.
fn columns(target: Target) -> Result<(&'static str, i64), StoreError> {
    let amount = match target {
        Target::Business(time) | Target::Calendar(time) => micros(time)?,
        Target::BusinessDays(days) => i64::from(days),
    };
    Ok((target.unit().as_str(), amount))
}

fn micros(time: TimeDelta) -> Result<i64, StoreError> {
    time.num_microseconds()
        .ok_or_else(|| StoreError::defect("a duration does not fit 64 bits of microseconds"))
}
