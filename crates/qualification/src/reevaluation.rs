//! Looks at a tenant's leads when a criteria set or a scoring model takes effect (R9, edge case 31): a page of them after the
//! other, each page in a snapshot of its own and noted when it is done, so that whoever starts anew goes on where it was.
//! Then, where the model is published so, those that change are judged in the tenant's batch, the best first.
//!
//! It is behind everything that somebody waits for: it works on one tenant at a time, takes no lock while it looks, and
//! while anybody calls rests after each step as long as it worked, and has few leads judged at once. Several replicas may look at the same page; the one
//! that comes second finds it noted, and leaves the tenant to the other for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use handoff_domain::error::Error;
use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::profile::Profile;
use handoff_domain::promotion::InEffect;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::{JudgeCause, JudgeLead};
use handoff_domain::qualification::record::Tenant;
use handoff_domain::qualification::reevaluation::{
    Finding, Mode, Progress, Reevaluation, change, may_matter,
};
use handoff_domain::qualification::rulebook::Rulebook;
use handoff_domain::qualification::standing::{Agreed, Facts, Place, Standing};
use handoff_domain::qualification::state::Dossier;
use handoff_domain::score::{ByHand, Engagement, Recount, Scorer};
use handoff_store::error::StoreError;
use handoff_store::log;
use handoff_store::qualification::reevaluation::{self, Step};
use handoff_store::qualification::{activity, by_hand, dossier, judge_time, page, tenant};
use handoff_store::tx::Tx;
use tokio::time::Instant;

use crate::app::App;
use crate::convert;
use crate::ledger::Rulebooks;
use crate::people;

/// How often it is looked whether there is something to do.
const LOOK: Duration = Duration::from_secs(1);
/// Leads of a page: some tens of milliseconds.
const LEADS_AT_ONCE: i64 = 1_000;
/// Leads that are judged together, and then noted: while nobody calls, and while somebody may wait behind them for the
/// tenant's batch.
const JUDGED_AT_ONCE: i64 = 256;
const JUDGED_BESIDE_CALLERS: i64 = 8;
/// How long a tenant is left alone that somebody else works on, or of which a page failed.
const LONG_REST: Duration = Duration::from_secs(2);

/// Re-evaluates leads.
#[derive(Debug, Clone)]
pub(crate) struct Reevaluator {
    app: App,
    rulebooks: Arc<Rulebooks>,
}

/// What a page came to.
struct Page {
    leads: u64,
    /// How many there are in all, if that was asked.
    total: Option<u64>,
    last: Option<LeadId>,
    findings: Vec<Finding>,
}

impl Reevaluator {
    pub(crate) fn new(app: App) -> Self {
        Self { app, rulebooks: Arc::default() }
    }

    /// Works until it is dropped.
    ///
    /// # Errors
    /// The directory cannot be read. A tenant that fails is tried again and does not hold up the others.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let mut has_callers = true;
        loop {
            let background = self.app.background();
            let tenants =
                background.read_directory(None, |tx| Box::pin(judge_time::list_reevaluating(tx, 64))).await?;
            for tenant in &tenants {
                let (began, calls) = (Instant::now(), self.app.calls());
                let done = self.step(*tenant, has_callers).await;
                has_callers = self.app.calls() != calls;
                match done {
                    Ok(true) if has_callers => self.app.pause(began.elapsed()).await,
                    Ok(true) => {}
                    Ok(false) => self.app.pause(LONG_REST).await,
                    Err(error) => {
                        tracing::warn!(%tenant, %error, "a re-evaluation waits");
                        self.app.pause(LONG_REST).await;
                    }
                }
            }
            if tenants.is_empty() {
                self.app.pause(LOOK).await;
            }
        }
    }

    /// Takes the re-evaluation of a tenant a step further; whether it was ours to take.
    async fn step(&self, tenant: TenantId, has_callers: bool) -> Result<bool, Error> {
        let background = self.app.background();
        let under_way =
            background.read(tenant, None, move |tx| Box::pin(reevaluation::under_way(tx, tenant))).await?;
        let Some(it) = under_way else { return Ok(true) };
        match it.progress {
            Progress::Applying => {
                let at_once = if has_callers { JUDGED_BESIDE_CALLERS } else { JUDGED_AT_ONCE };
                self.apply(tenant, &it, at_once).await
            }
            _ => self.evaluate(tenant, &it).await,
        }
    }

    async fn evaluate(&self, tenant: TenantId, it: &Reevaluation) -> Result<bool, Error> {
        let (rulebooks, after, counts) = (Arc::clone(&self.rulebooks), it.last, it.total.is_none());
        let background = self.app.background();
        let page = background
            .read(tenant, None, move |tx| Box::pin(look(tx, tenant, rulebooks, after, counts)))
            .await?;
        let step = match page {
            // What was published is not in effect any more.
            None => Step::Reached(Progress::Superseded),
            Some(Page { last: Some(last), leads, total, findings }) => {
                Step::Evaluated { after, last, leads, total, findings }
            }
            Some(Page { last: None, .. }) if it.mode == Mode::Capped => Step::Reached(Progress::Applying),
            Some(Page { last: None, .. }) => Step::Reached(Progress::Done),
        };
        self.save(tenant, it, step).await
    }

    async fn apply(&self, tenant: TenantId, it: &Reevaluation, at_once: i64) -> Result<bool, Error> {
        let key = (it.subject, it.number);
        let leads = self
            .app
            .background()
            .read(tenant, None, move |tx| Box::pin(reevaluation::open_findings(tx, tenant, key, at_once)))
            .await?;
        if leads.is_empty() {
            return self.save(tenant, it, Step::Reached(Progress::Done)).await;
        }
        // In this order into the queue: the best have the first places of the day.
        let judge = |lead: &LeadId| {
            let cause = JudgeCause::Published;
            self.app.do_own(tenant, Command::JudgeLead(JudgeLead { lead: *lead, cause }))
        };
        join_all(leads.iter().map(judge)).await.into_iter().try_for_each(|judged| judged.map(drop))?;
        self.save(tenant, it, Step::Applied(leads)).await
    }

    async fn save(&self, tenant: TenantId, it: &Reevaluation, step: Step) -> Result<bool, Error> {
        if let Step::Reached(progress) = &step {
            let (version, leads) = (it.subject.version_name(it.number), it.evaluated);
            tracing::info!(%tenant, version, state = progress.as_str(), leads, "a re-evaluation has come further");
        }
        self.app.background().save_reevaluation(tenant, (it.subject, it.number), step).await
    }
}

/// A page of leads after `after`, in one snapshot; none where no model is in effect.
async fn look(
    tx: &mut Tx,
    tenant: TenantId,
    rulebooks: Arc<Rulebooks>,
    after: Option<LeadId>,
    counts: bool,
) -> Result<Option<Page>, StoreError> {
    let Some(record) = tenant::load(tx, tenant).await? else { return Ok(None) };
    let Some((_, now)) = log::load_head_with_time(tx, tenant).await? else { return Ok(None) };
    let book = rulebooks.of(tx, &record).await?;
    let InEffect::Yes(model) = book.model(now) else { return Ok(None) };
    let judges = Judges { tenant: &record, book: &book, scorer: &model.says, now };
    let page = judges.look(tx, after).await?;
    let total = if counts { Some(page::count(tx, tenant).await?) } else { None };
    Ok(Some(Page { total, ..page }))
}

/// What the leads of a page are looked at by.
#[derive(Clone, Copy)]
struct Judges<'a> {
    tenant: &'a Tenant,
    book: &'a Rulebook,
    scorer: &'a Scorer,
    now: DateTime<Utc>,
}

/// What a lead did.
type Deeds = (Engagement, Option<DateTime<Utc>>);

impl Judges<'_> {
    async fn look(self, tx: &mut Tx, after: Option<LeadId>) -> Result<Page, StoreError> {
        let id = self.tenant.id;
        let leads = page::leads(tx, id, after, LEADS_AT_ONCE).await?;
        let (Some((first, _)), Some((last, _))) = (leads.first(), leads.last()) else {
            return Ok(Page { leads: 0, total: None, last: None, findings: Vec::new() });
        };
        let stretch = (*first, *last);
        // Of a person who was merged, what each did is part of the whole: that one is looked at as a whole.
        let mut closely: BTreeSet<LeadId> =
            leads.iter().filter_map(|(_, merged_into)| *merged_into).collect();
        closely.extend(page::candidates(tx, id, stretch.0, stretch.1).await?);
        let single: Vec<_> =
            leads.iter().filter(|(_, merged)| merged.is_none()).map(|(lead, _)| *lead).collect();
        let by_hand = by_hand::load(tx, id, &single).await?;
        let mut deeds = self.count(tx, stretch, &single, &by_hand).await?;
        let day = self.book.calendar.local_date(self.now);
        deeds.retain(|lead, (engagement, fast_track_at)| {
            closely.contains(lead) || may_matter(self.scorer, engagement, day, fast_track_at.is_some())
        });
        closely.extend(deeds.keys().copied());
        let findings = self.look_closely(tx, &closely, deeds).await?;
        Ok(Page { leads: leads.len() as u64, total: None, last: Some(*last), findings })
    }

    /// What each of the leads of a stretch did, as the model counts it.
    async fn count(
        self,
        tx: &mut Tx,
        stretch: (LeadId, LeadId),
        leads: &[LeadId],
        by_hand: &BTreeMap<LeadId, ByHand>,
    ) -> Result<BTreeMap<LeadId, Deeds>, StoreError> {
        let nothing = ByHand::default();
        let mut counts: BTreeMap<LeadId, Recount<'_>> =
            leads.iter().map(|lead| (*lead, self.recount(by_hand.get(lead).unwrap_or(&nothing)))).collect();
        let owned = |kinds: BTreeSet<&str>| kinds.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (kinds, with_values) = (owned(self.scorer.kinds()), owned(self.scorer.kinds_by_properties()));
        page::each_deed(tx, self.tenant.id, stretch, &kinds, &with_values, |lead, deed| {
            if let Some(count) = counts.get_mut(&lead) {
                let properties = convert::event::properties(deed.values);
                count.add(&deed.kind, &properties, deed.occurred_at, deed.local_date);
            }
        })
        .await?;
        Ok(counts.into_iter().map(|(lead, count)| (lead, count.end())).collect())
    }

    fn recount<'a>(&'a self, by_hand: &'a ByHand) -> Recount<'a> {
        Recount::new(self.scorer, &self.book.rates, by_hand, self.book.calendar.local_date(self.now))
    }

    /// Which of these change, each with all that is known of it.
    async fn look_closely(
        self,
        tx: &mut Tx,
        leads: &BTreeSet<LeadId>,
        mut deeds: BTreeMap<LeadId, Deeds>,
    ) -> Result<Vec<Finding>, StoreError> {
        if leads.is_empty() {
            return Ok(Vec::new());
        }
        let names = dossier::Names { leads: leads.iter().copied().collect(), ..dossier::Names::default() };
        let state = people::load(tx, self.tenant.id, names).await?;
        let survivors: BTreeSet<LeadId> = leads.iter().map(|lead| state.survivor(*lead)).collect();
        let everybody: Vec<_> = survivors.iter().flat_map(|lead| state.members(*lead)).collect();
        let by_hand = by_hand::load(tx, self.tenant.id, &everybody).await?;
        let mut findings = Vec::new();
        for lead in survivors {
            let Some(dossier) = state.whole(lead) else { continue };
            let members = state.members(lead);
            let by_hand = ByHand::of_all(members.iter().filter_map(|member| by_hand.get(member)));
            let did = match deeds.remove(&lead).filter(|_| members.len() == 1) {
                Some(did) => did,
                None => self.count_all(tx, &members, &by_hand).await?,
            };
            findings.extend(self.judge(&dossier, &by_hand, &did));
        }
        Ok(findings)
    }

    /// What all of these did who are one person.
    async fn count_all(self, tx: &mut Tx, members: &[LeadId], by_hand: &ByHand) -> Result<Deeds, StoreError> {
        let kinds: Vec<_> = self.scorer.kinds().into_iter().map(str::to_owned).collect();
        let mut count = self.recount(by_hand);
        activity::each_of_leads(tx, self.tenant.id, members, &kinds, None, |_, deed| {
            let properties = convert::event::properties(deed.values);
            count.add(&deed.kind, &properties, deed.occurred_at, deed.local_date);
        })
        .await?;
        Ok(count.end())
    }

    /// How a lead changes, if it does.
    fn judge(
        self,
        dossier: &Dossier,
        by_hand: &ByHand,
        (engagement, fast_track_at): &Deeds,
    ) -> Option<Finding> {
        let Self { tenant, book, now, .. } = self;
        let day = book.calendar.local_date(now);
        let profile = Profile::of(&dossier.person, &book.catalogue);
        let agreed = Agreed {
            criteria: book.criteria(dossier.lead.kind, now).map(|term| &term.says),
            model: InEffect::Yes(self.scorer),
            contract: tenant.contract_in_effect(now),
        };
        let facts = Facts {
            lead: &dossier.lead,
            is_known: dossier.person.is_known(),
            profile: &profile,
            engagement,
            fast_track_at: *fast_track_at,
            rates: &book.rates,
        };
        let standing = Standing::of(now, day, agreed, facts);
        let place = |line| {
            let settled_at = dossier.settled_at(line).max(by_hand.since());
            Place { settled_at, ..Place::of(dossier.tracks.get(line)) }
        };
        let change = change(&standing, dossier.tracks.keys().map(place), book)?;
        let points = self.scorer.behaviour(engagement, day);
        Some(Finding { lead: dossier.lead.id, change, points, is_applied: false })
    }
}
