//! What would have been, had every activity been recorded when it occurred (edge case 11). Nothing becomes of it.

use std::ops::Range;

use chrono::NaiveDate;
use handoff_domain::calendar::local;
use handoff_domain::promotion::{self, Verdict};
use handoff_domain::qualification::record::{ProductLine, Tenant};
use handoff_domain::qualification::standing::{Agreed, Facts, Place, Standing};
use handoff_domain::qualification::state::StageChange;
use handoff_store::error::StoreError;
use handoff_store::tx::Tx;

use super::deeds::{Count, Deeds};

/// The days that are looked back on, and by what.
pub(super) struct Hindsight<'a> {
    pub(super) tenant: &'a Tenant,
    /// Those on which the lead waited, and nothing that ends by time held it back.
    pub(super) days: Range<NaiveDate>,
    /// What was in effect on all of them.
    pub(super) agreed: Agreed<'a>,
    pub(super) facts: Facts<'a>,
    pub(super) history: &'a [StageChange],
    pub(super) line: &'a ProductLine,
    pub(super) count: Count<'a>,
}

impl Hindsight<'_> {
    /// The first of the days on which the lead had a ground by all that is known now, if an explanation of that day finds
    /// nothing in its way, and if it had none by what was recorded by the end of that day.
    pub(super) async fn would_have_qualified_on(
        &self,
        tx: &mut Tx,
        deeds: &Deeds,
    ) -> Result<Option<NaiveDate>, StoreError> {
        let fast_track_on = deeds.fast_track_since.map(|at| local::date(self.tenant.zone, at));
        let (scorer, days) = (self.count.scorer, self.days.clone());
        let day = promotion::would_have_qualified_on(scorer, &deeds.engagement, fast_track_on, days);
        let Some(day) = day.filter(|day| self.is_promoted(*day, deeds)) else { return Ok(None) };
        let end = local::last_instant(self.tenant.zone, day);
        let in_time = self.count.deeds(tx, Some(day), Some(end)).await?;
        Ok((!self.is_promoted(day, &in_time)).then_some(day))
    }

    /// Whether the lead became an MQL at the end of a day, had it done this.
    fn is_promoted(&self, day: NaiveDate, deeds: &Deeds) -> bool {
        let end = local::last_instant(self.tenant.zone, day);
        let fast_track_at = deeds.fast_track_since.filter(|at| *at <= end);
        let facts = Facts { engagement: &deeds.engagement, fast_track_at, ..self.facts };
        let place = Place::at(self.history, self.line, end);
        let case = Standing::of(end, day, self.agreed, facts).case(place);
        matches!(promotion::judge(&case), Verdict::Promote { .. })
    }
}
