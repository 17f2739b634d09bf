//! A lead on the wire: with who it is, its tracks and its history. One that was merged into another stands at MERGED;
//! its tracks tell where it stood, and stands again if it is taken out.

use handoff_domain::id::LeadId;
use handoff_domain::qualification::record::{Person, Track};
use handoff_domain::qualification::state::{Dossier, StageChange};
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert;

use crate::convert::{cycle, etag, origin, text, word};

/// A lead with all its tracks.
pub(crate) fn lead(dossier: &Dossier) -> pb::Lead {
    let lead = &dossier.lead;
    let tracks = dossier.tracks.values().map(|track| pb::Track {
        product_line: track.line.to_string(),
        stage: word::stage(track.stage).into(),
        stage_time: Some(convert::to_timestamp(track.stage_since)),
        cycle: cycle(track.cycle),
        latest_handoff: dossier
            .current_handoff(&track.line)
            .map(|handoff| Collection::Handoffs.name(handoff.id.0))
            .unwrap_or_default(),
        segment: text(track.segment.as_deref()),
    });
    pb::Lead {
        name: name(lead.id),
        kind: word::kind(lead.kind).into(),
        person: Some(person(&dossier.person)),
        origin: Some(origin(&lead.origin)),
        suppression: word::suppression(lead.suppression).into(),
        persona: text(lead.persona.as_deref()),
        stage: if lead.merged_into.is_some() { pb::Stage::Merged } else { word::stage(lead.stage) }.into(),
        stage_time: Some(convert::to_timestamp(lead.stage_since)),
        capture_time: Some(convert::to_timestamp(lead.captured_at)),
        cooldown_until_time: lead.cooldown_until.map(convert::to_timestamp),
        tracks: tracks.collect(),
        etag: etag(lead.version),
        merged_into: lead.merged_into.map(name).unwrap_or_default(),
        merged_leads: dossier.merged.iter().copied().map(name).collect(),
    }
}

fn name(lead: LeadId) -> String {
    Collection::Leads.name(lead.0)
}

fn person(person: &Person) -> pb::Person {
    pb::Person {
        external_id: text(person.external_id.as_deref()),
        email: text(person.email.as_deref()),
        phone: text(person.phone.as_deref()),
        given_name: text(person.given_name.as_deref()),
        family_name: text(person.family_name.as_deref()),
        organisation: text(person.organisation.as_deref()),
        attributes: person.attributes.clone(),
        verify_times: person
            .verified
            .iter()
            .map(|(name, at)| (name.clone(), convert::to_timestamp(*at)))
            .collect(),
        record_ids: person.record_ids.clone(),
    }
}

/// A lead in nurture, as a tool that writes to people needs it.
pub(crate) fn nurtured(dossier: &Dossier, track: &Track) -> pb::NurturedLead {
    let lead = &dossier.lead;
    pb::NurturedLead {
        lead: name(lead.id),
        product_line: track.line.to_string(),
        segment: text(track.segment.as_deref()),
        stage_time: Some(convert::to_timestamp(track.stage_since)),
        kind: word::kind(lead.kind).into(),
        cooldown_until_time: lead.cooldown_until.map(convert::to_timestamp),
        suppression: word::suppression(lead.suppression).into(),
        person: Some(person(&dossier.person)),
    }
}

/// A row of a lead's history.
pub(crate) fn stage_change(change: &StageChange) -> pb::StageChange {
    pb::StageChange {
        product_line: change.line.to_string(),
        cycle: cycle(change.cycle),
        from_stage: change.from.map(word::stage).unwrap_or_default().into(),
        to_stage: word::stage(change.to).into(),
        skipped_stages: change.skipped.iter().map(|stage| word::stage(*stage).into()).collect(),
        occur_time: Some(convert::to_timestamp(change.occurred_at)),
        record_time: Some(convert::to_timestamp(change.recorded_at)),
        actor: change.actor.clone(),
        actor_side: convert::to_side(change.side).into(),
        reason: text(change.reason.as_deref()),
        from_segment: text(change.from_segment.as_deref()),
        to_segment: text(change.to_segment.as_deref()),
    }
}
