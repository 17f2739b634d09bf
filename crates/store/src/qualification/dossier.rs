//! A lead with all that hangs on it, found by any of its names. Everything that a batch needs about leads comes in one
//! statement, because a statement's fixed cost is what limits a batch; those of its leads that have handoffs or
//! opportunities cost one more each.

use std::collections::{BTreeMap, BTreeSet};

use handoff_domain::id::{HandoffId, LeadId, OpportunityId, TenantId};
use handoff_domain::promotion::Ground;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{Lead, LeadKind, Person, Suppression, Track};
use handoff_domain::qualification::state::Dossier;
use serde_json::Value;

use super::handoff::{self, HandoffRow};
use super::{count, line, opportunity, origin, person, word, word_or_none};
use crate::error::StoreError;
use crate::tx::Tx;

/// The names of leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// By key.
    pub leads: Vec<LeadId>,
    /// By external id.
    pub external_ids: Vec<String>,
    /// By a system of record and the id there.
    pub record_ids: Vec<(String, String)>,
    /// By normalised address.
    pub emails: Vec<String>,
    /// By telephone number as it is compared; of one that is many people's not all of them are found.
    pub phones: Vec<String>,
    /// By one of their handoffs.
    pub handoffs: Vec<HandoffId>,
}

impl Names {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The leads, each once.
    pub dossiers: BTreeMap<LeadId, Dossier>,
    /// Owners and teams of their handoffs, by the handoff's key: slugs, for those who speak in names.
    pub names: BTreeMap<HandoffId, (Option<String>, Option<String>)>,
}

/// Those of the named leads that are there.
pub async fn load(tx: &mut Tx, tenant: TenantId, names: &Names) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let (mut with_handoffs, mut with_opportunities) = (Vec::new(), Vec::new());
    for row in load_rows(tx, tenant, names).await? {
        let dossier = match found.dossiers.entry(row.lead.id) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                with_handoffs.extend(row.has_handoffs.then_some(row.lead.id));
                with_opportunities.extend(row.has_opportunities.then_some(row.lead.id));
                entry.insert(Dossier {
                    lead: row.lead,
                    person: row.person,
                    tracks: BTreeMap::new(),
                    handoffs: BTreeMap::new(),
                    routes: BTreeMap::new(),
                    opportunities: BTreeMap::new(),
                    merged: row.merged,
                })
            }
        };
        dossier.tracks.extend(row.track.map(|track| (track.line.clone(), track)));
    }
    if !with_handoffs.is_empty() {
        for HandoffRow { handoff, owner, team } in handoff::load_of_leads(tx, tenant, &with_handoffs).await? {
            found.names.insert(handoff.id, (owner, team));
            if let Some(dossier) = found.dossiers.get_mut(&handoff.lead) {
                dossier.handoffs.insert(handoff.id, handoff);
            }
        }
    }
    if !with_opportunities.is_empty() {
        for deal in opportunity::load_of_leads(tx, tenant, &with_opportunities).await? {
            if let Some(dossier) = found.dossiers.get_mut(&deal.lead) {
                dossier.opportunities.insert(deal.id, deal);
            }
        }
    }
    Ok(found)
}

/// A lead and one of its tracks.
struct Row {
    lead: Lead,
    person: Person,
    track: Option<Track>,
    has_handoffs: bool,
    has_opportunities: bool,
    merged: BTreeSet<LeadId>,
}

async fn load_rows(tx: &mut Tx, tenant: TenantId, names: &Names) -> Result<Vec<Row>, StoreError> {
    let leads: Vec<_> = names.leads.iter().map(|id| id.0).collect();
    let handoffs: Vec<_> = names.handoffs.iter().map(|id| id.0).collect();
    let (systems, record_ids): (Vec<&str>, Vec<&str>) =
        names.record_ids.iter().map(|(system, id)| (system.as_str(), id.as_str())).unzip();
    let rows = sqlx::query!(
        r#"-- dossier::load_rows
        with wanted as (
            select n.lead_id from unnest($2::uuid[]) as n(lead_id)
            union
            select p.lead_id
            from unnest($3::text[]) as n(external_id)
            cross join lateral (
                select lead_id from qualification.person
                where tenant_id = $1 and external_id between n.external_id and n.external_id
                order by external_id
                limit 1
            ) as p
            union
            select p.lead_id
            from unnest($4::text[]) as n(email)
            cross join lateral (
                select lead_id from qualification.person
                where tenant_id = $1 and email between n.email and n.email
                order by email
                limit 1
            ) as p
            union
            select h.lead_id
            from unnest($5::uuid[]) as n(handoff_id)
            cross join lateral (
                select lead_id from qualification.handoff
                where tenant_id = $1 and handoff_id between n.handoff_id and n.handoff_id
                order by handoff_id
                limit 1
            ) as h
            union
            select p.lead_id
            from unnest($6::text[]) as n(phone_number)
            cross join lateral (
                select lead_id from qualification.person
                where tenant_id = $1 and phone_number between n.phone_number and n.phone_number
                order by phone_number
                limit 8
            ) as p
            union
            select r.lead_id
            from unnest($7::text[], $8::text[]) as n(system, id)
            cross join lateral (
                select lead_id from qualification.record_id
                where tenant_id = $1 and system = n.system and id between n.id and n.id
                order by id
                limit 1
            ) as r
        )
        select l.lead_id as "lead_id!", l.kind as "kind!", l.origin_channel as "origin_channel!", l.origin_source,
            l.origin_medium, l.origin_campaign, l.persona, l.stage as "stage!", l.stage_since as "stage_since!",
            l.captured_at as "captured_at!", l.customer_since, l.cooldown_until, l.suppression as "suppression!",
            l.merged_into, l.imported as "imported!", l.version as "version!",
            p.external_id as "external_id?", p.email as "email?", p.phone as "phone?",
            p.given_name as "given_name?", p.family_name as "family_name?", p.organisation as "organisation?",
            p.attributes as "attributes?", p.verified as "verified?",
            (
                select jsonb_object_agg(system, id)
                from (
                    select system, id from qualification.record_id
                    where tenant_id = $1 and lead_id between l.lead_id and l.lead_id
                    order by lead_id
                ) as r
            ) as "record_ids?",
            t.product_line as "product_line?", t.stage as "track_stage?", t.stage_since as "track_since?",
            t.cycle as "cycle?", t.cycle_has_handoff as "cycle_has_handoff?", t.open_handoff_id as "open_handoff_id?",
            t.open_opportunity_id as "open_opportunity_id?", t.candidate as "candidate?",
            t.segment as "segment?", t.version as "track_version?",
            coalesce((
                select true from qualification.handoff
                where tenant_id = $1 and lead_id between l.lead_id and l.lead_id
                order by lead_id
                limit 1
            ), false) as "has_handoffs!",
            coalesce((
                select true from qualification.opportunity
                where tenant_id = $1 and lead_id between l.lead_id and l.lead_id
                order by lead_id
                limit 1
            ), false) as "has_opportunities!",
            array(
                select lead_id from qualification.lead
                where tenant_id = $1 and merged_into between l.lead_id and l.lead_id
                order by merged_into
            ) as "merged!"
        from wanted
        cross join lateral (
            select lead_id, kind, origin_channel, origin_source, origin_medium, origin_campaign, persona, stage,
                stage_since, captured_at, customer_since, cooldown_until, suppression, merged_into, imported, version
            from qualification.lead
            where tenant_id = $1 and lead_id = wanted.lead_id
            limit 1
        ) as l
        left join lateral (
            select external_id, email, phone, given_name, family_name, organisation, attributes, verified
            from qualification.person
            where tenant_id = $1 and lead_id between l.lead_id and l.lead_id
            order by lead_id
            limit 1
        ) as p on true
        left join lateral (
            select product_line, stage, stage_since, cycle, cycle_has_handoff, open_handoff_id, open_opportunity_id,
                candidate, segment, version
            from qualification.track
            where tenant_id = $1 and lead_id = l.lead_id
            offset 0
        ) as t on true"#,
        tenant.0,
        &leads,
        &names.external_ids,
        &names.emails,
        &handoffs,
        &names.phones,
        &systems as &[&str],
        &record_ids as &[&str],
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = LeadId(row.lead_id);
            let origin = origin(
                "lead.origin_channel",
                &row.origin_channel,
                row.origin_source,
                row.origin_medium,
                row.origin_campaign,
            )?;
            let stage = |column, text: &str| word(column, text, Stage::from_name);
            let track = match (row.product_line, row.track_stage, row.track_since, row.cycle) {
                (Some(product_line), Some(track_stage), Some(stage_since), Some(cycle)) => Some(Track {
                    lead: id,
                    line: line("track.product_line", &product_line)?,
                    stage: stage("track.stage", &track_stage)?,
                    stage_since,
                    segment: row.segment,
                    cycle: count("track.cycle", cycle)?,
                    cycle_has_handoff: row.cycle_has_handoff.unwrap_or_default(),
                    open_handoff: row.open_handoff_id.map(HandoffId),
                    open_opportunity: row.open_opportunity_id.map(OpportunityId),
                    candidate: word_or_none("track.candidate", row.candidate.as_deref(), Ground::from_name)?,
                    version: row.track_version.unwrap_or_default(),
                }),
                _ => None,
            };
            let texts = |column, value: Option<Value>| match value.map(serde_json::from_value).transpose() {
                Ok(texts) => Ok(texts.unwrap_or_default()),
                Err(_) => Err(StoreError::defect(format!("{column} is not an object of texts"))),
            };
            let person = Person {
                external_id: row.external_id,
                record_ids: texts("record_ids", row.record_ids)?,
                email: row.email,
                phone: row.phone,
                given_name: row.given_name,
                family_name: row.family_name,
                organisation: row.organisation,
                attributes: texts("person.attributes", row.attributes)?,
                verified: row.verified.map(person::from_json).transpose()?.unwrap_or_default(),
                note: None,
            };
            let lead = Lead {
                id,
                kind: word("lead.kind", &row.kind, LeadKind::from_name)?,
                origin,
                persona: row.persona,
                stage: stage("lead.stage", &row.stage)?,
                stage_since: row.stage_since,
                captured_at: row.captured_at,
                customer_since: row.customer_since,
                cooldown_until: row.cooldown_until,
                suppression: word("lead.suppression", &row.suppression, Suppression::from_name)?,
                merged_into: row.merged_into.map(LeadId),
                imported: row.imported,
                version: row.version,
            };
            Ok(Row {
                lead,
                person,
                track,
                has_handoffs: row.has_handoffs,
                has_opportunities: row.has_opportunities,
                merged: row.merged.into_iter().map(LeadId).collect(),
            })
        })
        .collect()
}
