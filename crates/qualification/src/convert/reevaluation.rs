//! Re-evaluations on the wire.

use handoff_domain::qualification::reevaluation::{Change, Finding, Reevaluation};
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::to_timestamp;
use handoff_store::qualification::reevaluation::Tally;

use super::word;

/// What follows a version's name in that of its re-evaluation.
pub(crate) const BELOW_VERSION: &str = "/reevaluation";

/// A re-evaluation, with how many leads change in which way, and how many of those were judged.
pub(crate) fn reevaluation(it: &Reevaluation, tally: &Tally) -> pb::Reevaluation {
    let version = it.subject.version_name(it.number);
    pb::Reevaluation {
        name: format!("{version}{BELOW_VERSION}"),
        version,
        mode: word::mode(it.mode).into(),
        state: word::progress(it.progress).into(),
        effective_time: Some(to_timestamp(it.effective_from)),
        begin_time: Some(to_timestamp(it.begun_at)),
        end_time: it.ended_at.map(to_timestamp),
        leads_total: count(it.total.unwrap_or_default()),
        leads_evaluated: count(it.evaluated),
        tallies: Change::ALL.iter().map(|change| tally_of(*change, tally)).collect(),
    }
}

fn tally_of(change: Change, tally: &Tally) -> pb::ReevaluationTally {
    let (leads, judged) = tally.get(&change).copied().unwrap_or_default();
    let change = word::change(change).into();
    pb::ReevaluationTally { change, leads: count(leads), leads_judged: count(judged) }
}

/// A lead that changes.
pub(crate) fn lead(finding: &Finding) -> pb::ReevaluatedLead {
    pb::ReevaluatedLead {
        lead: Collection::Leads.name(finding.lead.0),
        change: word::change(finding.change).into(),
        behaviour_points: finding.points.to_string(),
        judged: finding.is_applied,
    }
}

fn count(leads: u64) -> i64 {
    i64::try_from(leads).unwrap_or(i64::MAX)
}
