//! An independent fold of qualification's log: what its tables must hold. Written from what the events mean, it shares
//! no code with the service or with the domain's own fold.
//!
//! It keeps about a kilobyte per lead: records as they are now, and of everything that is only appended (moves,
//! activities, contacts, imported items) a number per row or the sum of such numbers.

mod catalogue;
mod compare;
mod contact;
mod copies;
mod directory;
mod dispute;
mod handoff;
mod lead;
mod machine;
mod merge;
mod opportunity;
mod reevaluation;
mod routing;
mod score;
mod scoring;
mod track;
mod version;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::Source;
use handoff_proto::event::v1::payload::Fact;
use handoff_store::verify::catalogue::{ActivityTypeRow, AttributeRow, CurrencyRateRow};
use handoff_store::verify::directory::{TeamRow, TenantRow, UserRow};
use handoff_store::verify::history::SourceRow;
use uuid::Uuid;

use crate::docket::Docket;
use crate::event::Event;
use crate::word::{Words, id, print};

pub(crate) use compare::compare;
pub(crate) use copies::Copies;
pub(crate) use lead::Lead;

use handoff::Handoff;
use opportunity::Opportunity;
use routing::Routing;
use score::Recycling;
use version::Version;

/// What the log has made so far.
#[derive(Debug)]
pub(crate) struct State {
    tenant_id: TenantId,
    words: Words,
    tenant: Option<TenantRow>,
    teams: HashMap<Uuid, TeamRow>,
    /// With the position of the first event about each.
    users: HashMap<Uuid, UserRow>,
    attributes: HashMap<String, AttributeRow>,
    activity_types: HashMap<String, ActivityTypeRow>,
    /// By currencies and day.
    currency_rates: HashMap<String, CurrencyRateRow>,
    /// By subject and number.
    versions: HashMap<(String, i32), Version>,
    /// When something was recorded of the scoring model last.
    model_said: Option<DateTime<Utc>>,
    pub(crate) leads: HashMap<Uuid, Lead>,
    /// By lead, those that were merged into it.
    merged: HashMap<Uuid, Vec<Uuid>>,
    handoffs: HashMap<Uuid, Handoff>,
    opportunities: HashMap<Uuid, Opportunity>,
    /// Imported leads, whose content may change: a number for the key, one for the row.
    lead_sources: HashMap<u64, u64>,
    recycling: Recycling,
    pub(crate) routing: Routing,
}

impl State {
    pub(crate) fn new(tenant_id: TenantId) -> Self {
        Self {
            tenant_id,
            words: Words::default(),
            tenant: None,
            teams: HashMap::new(),
            users: HashMap::new(),
            attributes: HashMap::new(),
            activity_types: HashMap::new(),
            currency_rates: HashMap::new(),
            versions: HashMap::new(),
            model_said: None,
            leads: HashMap::new(),
            merged: HashMap::new(),
            handoffs: HashMap::new(),
            opportunities: HashMap::new(),
            lead_sources: HashMap::new(),
            recycling: Recycling::default(),
            routing: Routing::default(),
        }
    }

    /// Takes in an event; none if it does not fit what came before it or lacks what it must say.
    pub(crate) fn fold(&mut self, event: &Event, docket: &mut Docket) -> Option<()> {
        self.behind_rejection(Some(event), docket);
        self.rules_change(event)?;
        let handoff = routing::handoff_of(event.fact.as_ref()?);
        let before = self.open_with(handoff);
        let about = match event.fact.as_ref()? {
            Fact::TenantChanged(fact) => return self.tenant_changed(event, fact),
            Fact::TeamChanged(fact) => return self.team_changed(event, fact),
            Fact::UserChanged(fact) => return self.user_changed(event, fact),
            Fact::AttributeChanged(fact) => return self.attribute_changed(event, fact),
            Fact::ActivityTypeChanged(fact) => return self.activity_type_changed(event, fact),
            Fact::RateSet(fact) => return self.rate_set(event, fact),
            Fact::VersionDrafted(fact) => return self.version_drafted(event, fact),
            Fact::VersionSubmitted(fact) => return self.version_submitted(event, fact),
            Fact::VersionSigned(fact) => return self.version_signed(event, fact, docket),
            Fact::SignatureWithdrawn(fact) => return self.signature_withdrawn(event, fact),
            Fact::VersionApproved(fact) => return self.version_approved(event, fact, docket),
            Fact::VersionScheduled(fact) => return self.version_scheduled(event, fact),
            Fact::VersionEffective(fact) => return self.version_effective(event, fact, docket),
            Fact::VersionRetired(fact) => return self.version_retired(event, fact),
            Fact::LeadCaptured(fact) => self.lead_captured(event, fact, docket),
            Fact::LeadAttributesChanged(fact) => self.attributes_changed(event, fact),
            Fact::SuppressionChanged(fact) => self.suppression_changed(event, fact),
            Fact::LeadMerged(fact) => self.lead_merged(event, fact, docket),
            Fact::LeadUnmerged(fact) => self.lead_unmerged(event, fact, docket),
            Fact::ActivityRecorded(fact) => self.activity_recorded(event, fact),
            Fact::CandidateEntered(fact) => self.candidate_entered(event, fact),
            Fact::CandidateLeft(fact) => self.candidate_left(event, fact),
            Fact::ManualScoreAdjusted(fact) => self.score_adjusted(event, fact),
            Fact::ScoreBaselineReset(fact) => self.score_baseline_reset(event, fact),
            Fact::LeadNurtured(fact) => self.nurtured(event, fact, docket),
            Fact::LeadDisqualified(fact) => self.disqualified(event, fact, docket),
            Fact::NewInterest(fact) => self.new_interest(event, fact, docket),
            Fact::StageSkipped(fact) => self.stage_skipped(event, fact, docket),
            Fact::LeadQualified(fact) => self.qualified(event, fact, docket),
            Fact::RoutingPlanChanged(fact) => return self.plan_changed(event, fact),
            Fact::HandoffUnroutable(fact) => self.unroutable(event, fact),
            Fact::HandoffRouted(fact) => {
                self.routed_by_plan(event, fact, docket)?;
                self.routed(event, &fact.lead_id, &fact.handoff_id, &fact.owner, &fact.team)
            }
            Fact::HandoffReassigned(fact) => {
                self.by_hand(event, id(&fact.handoff_id)?);
                self.routed(event, &fact.lead_id, &fact.handoff_id, &fact.owner, &fact.team)
            }
            Fact::HandoffReturned(fact) => {
                self.given_back(event, fact, docket)?;
                self.returned(event, fact)
            }
            Fact::HandoffAccepted(fact) => self.accepted(event, fact, docket),
            Fact::HandoffRejected(fact) => self.rejected(event, fact, docket),
            Fact::SqlReturned(fact) => self.sql_returned(event, fact, docket),
            Fact::HandoffWithdrawn(fact) => self.withdrawn(event, fact, docket),
            Fact::HandoffDisputed(fact) => self.handoff_disputed(event, fact),
            Fact::DisputeResolved(fact) => self.dispute_resolved(event, fact, docket),
            Fact::ContactAttempted(fact) => self.contacted(event, fact.contact.as_ref()?, "ATTEMPT"),
            Fact::ContactConnected(fact) => self.contacted(event, fact.contact.as_ref()?, "CONNECT"),
            Fact::MeetingHeld(fact) => self.contacted(event, fact.contact.as_ref()?, "MEETING"),
            Fact::OpportunityOpened(fact) => self.opened(event, fact, docket),
            Fact::OpportunityWon(fact) => self.won(event, fact, docket),
            Fact::OpportunityLost(fact) => self.lost(event, fact, docket),
            // Sla's facts have no place in qualification's log.
            _ => return None,
        };
        let after = self.open_with(handoff);
        self.count_open(before, after);
        self.source(event.source.as_ref(), about?)
    }

    /// The imported item that an event stands for.
    fn source(&mut self, source: Option<&Source>, lead: Uuid) -> Option<()> {
        let Some(source) = source else { return Some(()) };
        let row = source_row(source, lead);
        match row.kind.as_str() {
            "LEAD" => {
                self.lead_sources.insert(print(&row.key), print(&row));
            }
            _ => self.leads.get_mut(&lead)?.sources.add(&row),
        }
        Some(())
    }
}

fn source_row(source: &Source, lead_id: Uuid) -> SourceRow {
    let Source { kind, key, content } = source.clone();
    SourceRow { kind, key, content, lead_id }
}
