//! A tenant whose leads live histories, looked at from outside: the facts are read from the tables, counted and judged by
//! the domain, and held against what the service has made of them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::future::join_all;
use handoff_domain::actor::Side;
use handoff_domain::calendar::Calendar;
use handoff_domain::calendar::Definition;
use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::profile::{Catalogue, Profile};
use handoff_domain::promotion::{Ground, InEffect, Verdict, judge};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{LeadScore, ProductLine, Trigger};
use handoff_domain::qualification::standing::{Agreed, Facts, Place, Standing};
use handoff_domain::qualification::state::Dossier;
use handoff_domain::rates::Rates;
use handoff_domain::score::{ByHand, Engagement, Recount, Row, Scorer};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_runtime::client::Caller;
use handoff_runtime::convert::to_timestamp;
use handoff_store::qualification::{activity, by_hand, dossier, engagement, score};
use handoff_store::scratch::ScratchClock;
use handoff_store::verify::Reader;
use tokio::time::timeout;

use super::rules::{criteria, model, signed_criteria, signed_model};
use super::tally::Tally;
use super::{Deed, LEADS, PAGES, Step, TYPES};
use crate::harness::{World, assign, by_name, lead, reject, request_id};

/// A Monday morning in Rome, with years to come before the machine has its time.
const BEGIN: &str = "2015-01-05T09:00:00Z";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The tenant.
pub(super) struct Court {
    world: World,
    clock: ScratchClock,
    reader: Reader,
    now: DateTime<Utc>,
    /// Every version of the scoring model, by number.
    models: BTreeMap<u32, Scorer>,
    histories: u32,
    tally: Tally,
}

/// What the tables say of a lead.
struct Seen {
    dossier: Dossier,
    score: LeadScore,
    rows: Vec<Row>,
    by_hand: ByHand,
    deeds: Vec<activity::Deed>,
}

/// How a track stands, as far as a judge says so: the ground of a candidate, and whether it is handed over.
type Stands = (Option<Ground>, bool);

impl Seen {
    fn place(&self) -> Place {
        let line = ProductLine::default();
        let settled_at = self.dossier.settled_at(&line).max(self.score.since);
        Place { settled_at, ..Place::of(self.dossier.tracks.get(&line)) }
    }

    fn stands(&self) -> Stands {
        let place = self.place();
        (place.candidate, place.handoff_open)
    }
}

impl Court {
    /// Founds the tenant; both sides agree on criteria and the first model.
    pub(super) async fn open() -> Self {
        let (world, clock) = World::at(BEGIN).await;
        let reader = Reader::connect(&world.database_url()).await.expect("its owner");
        let now = BEGIN.parse().expect("an instant");
        let (models, tally) = (BTreeMap::new(), Tally::default());
        let mut court = Self { world, clock, reader, now, models, histories: 0, tally };
        court.agree("criteria-sets/b2b", signed_criteria()).await;
        court.publish().await;
        court
    }

    /// Ends the service; what happened.
    pub(super) async fn close(self) -> Tally {
        self.world.stop().await;
        self.tally
    }

    /// Lives a history with new leads.
    ///
    /// # Panics
    /// Where what was made of a lead is not what the domain says.
    pub(super) async fn live(&mut self, history: &[Step]) {
        self.histories += 1;
        let mut leads = Vec::new();
        for number in 0..LEADS {
            leads.push(self.capture(&format!("lead-{}-{number}", self.histories)).await);
        }
        let mut before = self.settled(&leads).await;
        for step in history {
            self.pass(TimeDelta::minutes(1)).await;
            let recycled = self.perform(step, &leads, &before).await;
            let after = self.settled(&leads).await;
            for (number, (before, after)) in before.iter().zip(&after).enumerate() {
                self.holds(before, after, recycled == Some(number));
            }
            before = after;
        }
    }

    async fn pass(&mut self, time: TimeDelta) {
        self.now += time;
        self.clock.set(self.now).await.expect("a clock");
    }

    /// The lead that was recycled, if one was.
    async fn perform(&mut self, step: &Step, leads: &[LeadId], before: &[Seen]) -> Option<usize> {
        match step {
            Step::Burst(deeds) => self.burst(deeds, leads).await,
            Step::Publish => self.publish().await,
            Step::Wait(days) => self.pass(TimeDelta::days(*days)).await,
            Step::Recycle(lead) => {
                let handoff = before[*lead].dossier.open_handoff(&ProductLine::default())?.id;
                let (name, mut sales) = (format!("handoffs/{handoff}"), self.world.sales());
                assign(&mut sales, &name, "users/sara").await.expect("assigned");
                reject(&mut sales, &name, "NO_BUDGET_NOW").await.expect("recycled");
                self.tally.saw("a lead was recycled", true);
                return Some(*lead);
            }
        }
        None
    }

    async fn capture(&self, name: &str) -> LeadId {
        let lead = pb::Lead { kind: pb::LeadKind::B2b.into(), ..lead(name) };
        let request = pb::CaptureLeadRequest {
            request_id: request_id(),
            lead: Some(lead),
            ..pb::CaptureLeadRequest::default()
        };
        let answer = self.world.marketing().capture_lead(request).await.expect("captured").into_inner();
        let name = answer.lead.expect("the lead").name;
        name.strip_prefix("leads/").and_then(|id| id.parse().ok()).map(LeadId).expect("a name")
    }

    /// Each deed is told by a caller of its own, all at once.
    async fn burst(&self, deeds: &[Deed], leads: &[LeadId]) {
        let told = deeds.iter().map(|deed| {
            let mut client = self.world.marketing();
            let page = PAGES[deed.page];
            let request = pb::RecordActivityRequest {
                request_id: request_id(),
                lead: by_name(&format!("leads/{}", leads[deed.lead])),
                r#type: TYPES[deed.kind].into(),
                occur_time: Some(to_timestamp(self.now - TimeDelta::days(deed.days_ago))),
                properties: [("page".to_owned(), page.to_owned())]
                    .into_iter()
                    .filter(|_| !page.is_empty())
                    .collect(),
            };
            async move { client.record_activity(request).await.expect("recorded") }
        });
        join_all(told).await;
    }

    /// The other model takes effect.
    async fn publish(&mut self) {
        let model = model(self.models.len());
        self.agree("scoring-model", signed_model(&model)).await;
        let number = u32::try_from(self.models.len() + 1).expect("few models");
        self.models.insert(number, Scorer::new(model).expect("a valid model"));
    }

    /// Both sides sign, and it is in effect.
    async fn agree(&self, subject: &str, content: Content) {
        let mut marketing = self.world.versions(Caller::user("acme", "mia", Side::Marketing));
        let mut sales = self.world.versions(Caller::user("acme", "sara", Side::Sales));
        let content = Some(pb::VersionContent { content: Some(content) });
        let request = pb::DraftVersionRequest { request_id: request_id(), subject: subject.into(), content };
        let drafted = marketing.draft_version(request).await.expect("drafted").into_inner();
        let version = drafted.version.expect("a version");
        let request = pb::SubmitVersionRequest { request_id: request_id(), name: version.name.clone() };
        marketing.submit_version(request).await.expect("submitted");
        let sign = || pb::SignVersionRequest {
            request_id: request_id(),
            name: version.name.clone(),
            content_hash: version.content_hash.clone(),
        };
        marketing.sign_version(sign()).await.expect("signed");
        sales.sign_version(sign()).await.expect("signed");
        let (request_id, name) = (request_id(), version.name.clone());
        let request = pb::ScheduleVersionRequest { request_id, name, effective_time: None };
        sales.schedule_version(request).await.expect("in effect");
    }

    /// What the tables say once nobody is due any more.
    async fn settled(&self, leads: &[LeadId]) -> Vec<Seen> {
        let quiet = async {
            loop {
                let seen = self.look(leads).await;
                let is_due = |seen: &Seen| seen.score.due_at.is_some_and(|due| due <= self.now);
                if !seen.iter().any(is_due) {
                    return seen;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, quiet).await.expect("whoever is due is judged")
    }

    async fn look(&self, leads: &[LeadId]) -> Vec<Seen> {
        let tenant = TenantId::from_slug("acme");
        let mut snapshot = self.reader.snapshot(tenant).await.expect("a snapshot");
        let tx = snapshot.tx();
        let names = dossier::Names { leads: leads.to_vec(), ..dossier::Names::default() };
        let mut dossiers = dossier::load(tx, tenant, &names).await.expect("dossiers").dossiers;
        let mut scores: BTreeMap<LeadId, LeadScore> = BTreeMap::new();
        for score in score::load(tx, tenant, leads).await.expect("scores") {
            scores.insert(score.lead, score);
        }
        let mut rows = engagement::load(tx, tenant, leads).await.expect("rows");
        let mut by_hand = by_hand::load(tx, tenant, leads).await.expect("baselines");
        let mut seen = Vec::new();
        for lead in leads {
            let mut deeds = Vec::new();
            activity::each_of_leads(tx, tenant, &[*lead], &TYPES.map(str::to_owned), None, |_, deed| {
                deeds.push(deed)
            })
            .await
            .expect("activities");
            seen.push(Seen {
                dossier: dossiers.remove(lead).expect("a dossier"),
                score: scores.remove(lead).expect("whoever comes while a model is in effect has a score"),
                rows: rows.remove(lead).unwrap_or_default(),
                by_hand: by_hand.remove(lead).unwrap_or_default(),
                deeds,
            });
        }
        snapshot.end().await.expect("read");
        seen
    }

    /// Holds what was made of a lead against what the domain says.
    fn holds(&mut self, before: &Seen, after: &Seen, is_recycled: bool) {
        let today = Calendar::new(Definition::office_hours("Europe/Rome".parse().expect("a zone")))
            .local_date(self.now);
        let Seen { score, by_hand, .. } = after;
        assert!(score.is_counted, "nobody is due, so everybody is counted: {score:?}");
        let (current, _) = self.models.last_key_value().expect("a model");
        let number = score.model.expect("whoever is counted is so by a model");
        let scorer = &self.models[&number];

        let rates = Rates::default();
        let mut recount = Recount::new(scorer, &rates, by_hand, today);
        for deed in &after.deeds {
            let property = |(field, value): (&String, &String)| {
                Some((field.strip_prefix("attributes.")?.to_owned(), value.clone()))
            };
            let properties = deed.values.iter().filter_map(property).collect();
            recount.add(&deed.kind, &properties, deed.occurred_at, deed.local_date);
        }
        let (expected, fast_track_at) = recount.end();
        assert_eq!(Engagement::new(after.rows.clone(), by_hand.counting()), expected, "of {score:?}");
        assert_eq!((score.fast_track_at, score.since), (fast_track_at, by_hand.since()), "of {score:?}");

        let place = before.place();
        let place = if is_recycled {
            Place { stage: Stage::Nurture, candidate: None, handoff_open: false, ..place }
        } else {
            place
        };
        let expected = if place.handoff_open || number != *current {
            // Sales has it; or the new model has nothing to judge it for yet.
            (place.candidate, place.handoff_open)
        } else {
            let place = Place { settled_at: after.place().settled_at, ..place };
            self.judged(place, after, scorer, &expected, today)
        };
        let told = (self.now, current, &before.score, before.place(), score, after.place(), &after.rows);
        assert_eq!(after.stands(), expected, "{told:?}");
        let last = after.dossier.current_handoff(&ProductLine::default());
        let is_mql_by = |trigger| after.place().handoff_open && last.is_some_and(|it| it.trigger == trigger);
        let (was, is) = (before.stands().0, after.stands().0);
        for (what, is_so) in [
            ("an MQL by its score", is_mql_by(Trigger::Score)),
            ("an MQL on the fast track", is_mql_by(Trigger::FastTrack)),
            ("a candidate by its score", is == Some(Ground::Thresholds)),
            ("a candidate on the fast track", is == Some(Ground::FastTrack)),
            ("a candidate no longer", was.is_some() && after.stands() == (None, false)),
            ("a lead was counted anew by another model", before.score.model < score.model),
            ("a lead waits for another model", number != *current),
        ] {
            self.tally.saw(what, is_so);
        }
    }

    /// How a track must stand whose lead was judged.
    fn judged(
        &self,
        place: Place,
        seen: &Seen,
        scorer: &Scorer,
        engagement: &Engagement,
        today: NaiveDate,
    ) -> Stands {
        let (criteria, rates) = (criteria(), Rates::default());
        let profile = Profile::of(&seen.dossier.person, &Catalogue::default());
        let agreed = Agreed {
            criteria: InEffect::Yes(&criteria),
            model: InEffect::Yes(scorer),
            contract: InEffect::Yes(()),
        };
        let facts = Facts {
            lead: &seen.dossier.lead,
            is_known: seen.dossier.person.is_known(),
            profile: &profile,
            engagement,
            fast_track_at: seen.score.fast_track_at,
            rates: &rates,
        };
        match judge(&Standing::of(self.now, today, agreed, facts).case(place)) {
            Verdict::NotACandidate { .. } => (None, false),
            Verdict::Candidate { ground, .. } => (Some(ground), false),
            Verdict::Promote { .. } => (None, true),
        }
    }
}
