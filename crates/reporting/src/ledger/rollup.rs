//! The rollups of a batch: the generations as they stood, a page of leads where one is being built, and what is written
//! of both in the end.

use chrono_tz::Tz;
use handoff_domain::id::TenantId;
use handoff_store::error::StoreError;
use handoff_store::reporting::rollup_state::{self, RollupState};
use handoff_store::reporting::{
    clock_fact, handoff_fact, lead_fact, rollup_cell, rollup_unmeasured, tenant_setting,
};
use handoff_store::tx::Tx;

use super::Answer;
use crate::facts::Facts;
use crate::rollup::{Deltas, Page, first_state, latest_of_changes, latest_of_page};

/// Leads that one step builds in. A step writes most of the cells anew, however few its leads are, so few leads make a
/// slow rebuild; and the consumers wait for a step, so it may take about a second.
const LEADS: i64 = 4_000;
/// Cells that one step removes.
const CELLS: i64 = 5_000;

/// The rollups of a batch.
#[derive(Debug)]
pub(super) struct Rollups {
    /// None as long as the tenant's zone is not known.
    state: Option<RollupState>,
    has_facts: bool,
    /// The leads that follow on those that are built.
    page: Option<Page>,
    /// Old generations were looked through, and nothing is left.
    is_swept: bool,
    /// A step was asked for.
    is_step: bool,
}

impl Rollups {
    pub(super) async fn load(tx: &mut Tx, tenant: TenantId, builds: bool) -> Result<Self, StoreError> {
        let mut state = rollup_state::load(tx, tenant).await?;
        let mut has_facts = false;
        if state.is_none() {
            has_facts = rollup_state::has_facts(tx, tenant).await?;
            if has_facts {
                let zone = tenant_setting::load(tx, tenant).await?.map(|setting| setting.zone);
                state = zone.map(|zone| first_state(zone, true));
            }
        }
        let mut rollups = Self { state, has_facts, page: None, is_swept: true, is_step: false };
        if let Some(state) = rollups.state.as_ref().filter(|_| builds) {
            if state.building.is_some() {
                rollups.page = Some(load_page(tx, tenant, state).await?);
            }
            let kept: Vec<i32> = [state.serving, state.building].into_iter().flatten().collect();
            let cells = rollup_cell::sweep(tx, tenant, &kept, CELLS).await?;
            let unmeasured = rollup_unmeasured::sweep(tx, tenant, &kept, CELLS).await?;
            rollups.is_swept = cells + unmeasured == 0;
        }
        Ok(rollups)
    }

    /// Begins another generation, and gives up one that is not complete.
    pub(super) fn begin(&mut self) -> Answer {
        if let Some(state) = &mut self.state {
            restart(state);
            // It is of the generation that was building until now.
            self.page = None;
        }
        self.answer()
    }

    /// Takes the page that was loaded into the generation that is building.
    pub(super) fn step(&mut self) -> Answer {
        self.is_step = true;
        self.answer()
    }

    fn answer(&self) -> Answer {
        let building = self.state.as_ref().and_then(|state| state.building);
        let is_last = self.page.as_ref().is_some_and(|page| page.is_last && self.is_step);
        let ends = is_last || building.is_none();
        // What it replaces is still to be removed.
        Answer { more: !ends || !self.is_swept || is_last, building }
    }

    /// Writes the deltas of the batch and the state; says whether there is something to build.
    pub(super) async fn save(
        mut self,
        tx: &mut Tx,
        tenant: TenantId,
        facts: &Facts,
    ) -> Result<bool, StoreError> {
        let zone: Option<Tz> = facts.tenant().map(|setting| setting.zone);
        let Some(mut state) = self.state.take().or_else(|| Some(first_state(zone?, self.has_facts))) else {
            return Ok(false);
        };
        if zone.is_some_and(|zone| zone != state.zone) {
            // Every day is another one.
            state.zone = zone.unwrap_or(state.zone);
            state.serving = None;
            restart(&mut state);
            self.page = None;
        }
        if let Some(serving) = state.serving {
            let deltas = Deltas::of_changes(facts, state.zone, |_| true);
            save_deltas(tx, tenant, serving, deltas).await?;
        }
        if let Some(building) = state.building {
            let page = self.page.filter(|_| self.is_step);
            let last = page.as_ref().and_then(|page| page.leads.last()).map(|lead| lead.fact.lead);
            state.built_to = last.or(state.built_to);
            let (built_to, is_last) = (state.built_to, page.as_ref().is_some_and(|page| page.is_last));
            // Behind the last page there are only leads that this batch made.
            let is_built = |lead| is_last || built_to.is_some_and(|last| lead <= last);
            let mut deltas = Deltas::of_changes(facts, state.zone, is_built);
            if let Some(page) = &page {
                deltas.add_page(page, state.zone);
                state.latest_at = state.latest_at.max(latest_of_page(page).unwrap_or(state.latest_at));
            }
            save_deltas(tx, tenant, building, deltas).await?;
            if is_last {
                // From here on it answers, and it lacks nothing: no lead is left, and later ones come by batches.
                (state.serving, state.building, state.built_to) = (Some(building), None, None);
            }
        }
        state.latest_at = state.latest_at.max(latest_of_changes(facts).unwrap_or(state.latest_at));
        rollup_state::save(tx, tenant, &state).await?;
        Ok(state.building.is_some())
    }
}

fn restart(state: &mut RollupState) {
    state.last_generation += 1;
    (state.building, state.built_to) = (Some(state.last_generation), None);
}

async fn load_page(tx: &mut Tx, tenant: TenantId, state: &RollupState) -> Result<Page, StoreError> {
    let leads = lead_fact::load_page(tx, tenant, state.built_to, LEADS).await?;
    let is_last = i64::try_from(leads.len()).is_ok_and(|count| count < LEADS);
    let ids: Vec<_> = leads.iter().map(|lead| lead.fact.fact.lead).collect();
    let passages = handoff_fact::load_current(tx, tenant, &ids).await?;
    let handoffs: Vec<_> = passages.iter().filter_map(|passage| passage.fact.fact.handoff).collect();
    let clocks = clock_fact::load_current_of_handoffs(tx, tenant, &handoffs).await?;
    Ok(Page {
        leads: leads.into_iter().map(|lead| lead.fact).collect(),
        passages: passages.into_iter().map(|passage| passage.fact).collect(),
        clocks: clocks.into_iter().map(|clock| clock.fact).collect(),
        is_last,
    })
}

async fn save_deltas(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    deltas: Deltas,
) -> Result<(), StoreError> {
    rollup_cell::add(tx, tenant, generation, deltas.cells).await?;
    let (mut is, mut gone) = (Vec::new(), Vec::new());
    for (place, now) in deltas.unmeasured {
        match now {
            Some((unmeasured, target)) => is.push((place, unmeasured, target)),
            None => gone.push(place),
        }
    }
    if !is.is_empty() {
        rollup_unmeasured::save(tx, tenant, generation, &is).await?;
    }
    if !gone.is_empty() {
        rollup_unmeasured::remove(tx, tenant, generation, &gone).await?;
    }
    Ok(())
}
