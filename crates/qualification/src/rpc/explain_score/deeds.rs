//! What a lead did, counted anew from its activities.

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::rates::Rates;
use handoff_domain::score::{ByHand, Engagement, Recount, Scorer};
use handoff_store::error::StoreError;
use handoff_store::qualification::activity;
use handoff_store::tx::Tx;

use crate::convert;

/// How a person's activities are counted for a local day.
#[derive(Clone, Copy)]
pub(super) struct Count<'a> {
    pub(super) tenant: TenantId,
    /// The leads that the person is.
    pub(super) members: &'a [LeadId],
    pub(super) scorer: &'a Scorer,
    pub(super) rates: &'a Rates,
    pub(super) by_hand: &'a ByHand,
    pub(super) day: NaiveDate,
    /// When the line was last settled: what was on the fast track before is no ground any more.
    pub(super) settled_at: Option<DateTime<Utc>>,
}

/// What it did.
#[derive(Default)]
pub(super) struct Deeds {
    pub(super) engagement: Engagement,
    /// When it was last on the fast track.
    pub(super) fast_track_at: Option<DateTime<Utc>>,
    /// When it first was, since the line was settled.
    pub(super) fast_track_since: Option<DateTime<Utc>>,
}

impl Count<'_> {
    /// Counts what is of no later date than `until`, and of that what was recorded by an instant.
    pub(super) async fn deeds(
        &self,
        tx: &mut Tx,
        until: Option<NaiveDate>,
        recorded_by: Option<DateTime<Utc>>,
    ) -> Result<Deeds, StoreError> {
        let mut recount = Recount::new(self.scorer, self.rates, self.by_hand, self.day);
        let kinds: Vec<String> = recount.kinds().into_iter().map(str::to_owned).collect();
        let mut fast_track_since: Option<DateTime<Utc>> = None;
        activity::each_of_leads(tx, self.tenant, self.members, &kinds, until, |_, deed| {
            if recorded_by.is_some_and(|by| deed.recorded_at > by) {
                return;
            }
            if self.scorer.is_fast_track(&deed.kind) && self.settled_at <= Some(deed.occurred_at) {
                let first = fast_track_since.map_or(deed.occurred_at, |first| first.min(deed.occurred_at));
                fast_track_since = Some(first);
            }
            let properties = convert::event::properties(deed.values);
            recount.add(&deed.kind, &properties, deed.occurred_at, deed.local_date);
        })
        .await?;
        let (engagement, fast_track_at) = recount.end();
        Ok(Deeds { engagement, fast_track_at, fast_track_since })
    }
}
