//! What follows for the leads of today when something is published (edge case 31): who changes, how many a day, and what
//! is noted.

use std::sync::Arc;

use handoff_domain::id::LeadId;
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::profile::Catalogue;
use handoff_domain::promotion::{Ground, InEffect};
use handoff_domain::qualification::command::{Command, JudgeCause, JudgeLead};
use handoff_domain::qualification::record::{Content, LeadScore, ProductLine, Trigger};
use handoff_domain::qualification::reevaluation::{Change, Mode, change, may_matter};
use handoff_domain::qualification::rulebook::Rulebook;
use handoff_domain::qualification::stage::Stage;
use handoff_domain::qualification::standing::{Agreed, Facts, Place, Standing};
use handoff_domain::rates::Rates;
use handoff_domain::score::{Decay, Engagement, Publish, ScoringModel, Thresholds};
use handoff_domain::version::{CriteriaKind, Subject};
use proptest::prelude::*;

use super::world::{World, at, capture, decide_with, mia};
use crate::criteria::random::{profile as some_profile, rates, set};
use crate::criteria::world::{b2b, gate};
use crate::score::random::{case, some_day};
use crate::score::{day, engagement, model, rule};

const B2B: Subject = Subject::CriteriaSet(CriteriaKind::B2b);
/// A Monday; the calendar opens at nine.
const MONDAY: &str = "2026-03-02T09:00:00Z";

/// A tenant with a model that is published so, and leads that have done so many demos.
struct Tenant {
    world: World,
    leads: Vec<LeadId>,
}

impl Tenant {
    fn new(publish: Publish, demos: &[usize]) -> Self {
        let mut world = World::new();
        let leads: Vec<_> = (0..demos.len())
            .map(|number| world.lead(capture(&format!("lead-{number}@example.org"))))
            .collect();
        let thresholds = Thresholds::new(Points::ZERO, Points::whole(10));
        let demo = rule("demo", "10", Decay::None);
        let content =
            Content::Model(ScoringModel { publish, thresholds, fast_track: [].into(), ..model(vec![demo]) });
        let criteria = Content::Criteria(b2b([gate("email", Predicate::Exists)]));
        world.agree(B2B, 1, &criteria, MONDAY);
        world.agree(Subject::ScoringModel, 1, &content, MONDAY);
        let mut tenant = Self { world, leads };
        tenant.look();
        let scorer = tenant.world.state.model().expect("in effect").says.clone();
        for (lead, demos) in tenant.leads.iter().zip(demos) {
            let did = engagement(&scorer, &vec![("DEMO", 60); *demos]);
            tenant.world.state.put_score(LeadScore {
                model: Some(1),
                is_counted: true,
                ..LeadScore::new(*lead)
            });
            tenant.world.state.put_engagement(*lead, did);
        }
        tenant
    }

    /// Reads what leads are judged by, as of now.
    fn look(&mut self) {
        let agreements: Vec<_> = self.world.state.agreements().cloned().collect();
        let book = Rulebook::new(&agreements, Catalogue::default(), Rates::default(), chrono_tz::UTC);
        self.world.state.put_rules(Arc::new(book), self.world.now);
    }

    fn judge(&mut self, cause: JudgeCause) {
        for lead in self.leads.clone() {
            if cause == JudgeCause::Due {
                let score = self.world.state.score(lead).expect("a score").clone();
                self.world.state.put_score(LeadScore { due_at: Some(self.world.now), ..score });
            }
            self.world.ok(&mia(), Command::JudgeLead(JudgeLead { lead, cause }));
        }
    }

    fn later(&mut self, now: &str) {
        self.world.now = at(now);
        self.look();
    }

    /// The stage of each lead, and the ground of those that are candidates.
    fn stand(&self) -> Vec<(Stage, Option<Ground>)> {
        let line = ProductLine::default();
        let track = |lead: &LeadId| self.world.state.dossier(*lead).expect("a lead").tracks[&line].clone();
        self.leads.iter().map(track).map(|track| (track.stage, track.candidate)).collect()
    }
}

const MQL: (Stage, Option<Ground>) = (Stage::Mql, None);
const WAITS: (Stage, Option<Ground>) = (Stage::Lead, Some(Ground::Published));
const LEAD: (Stage, Option<Ground>) = (Stage::Lead, None);

#[test]
fn edge_31_a_business_day_has_so_many_places_and_the_others_wait_for_the_next() {
    let mut tenant = Tenant::new(Publish::Capped { per_business_day: 1 }, &[1, 2, 0, 1]);
    tenant.judge(JudgeCause::Published);
    assert_eq!(tenant.stand(), [MQL, WAITS, LEAD, WAITS]);
    let dossier = tenant.world.state.dossier(tenant.leads[0]).expect("a lead");
    let handoff = dossier.open_handoff(&ProductLine::default()).expect("handed over");
    assert_eq!(handoff.trigger, Trigger::Published);
    let record = tenant.world.state.tenant().expect("founded");
    assert_eq!((record.published_on, record.published), (Some(day(60)), 1));

    tenant.later("2026-03-02T17:00:00Z");
    tenant.judge(JudgeCause::Due);
    assert_eq!(tenant.stand(), [MQL, WAITS, LEAD, WAITS], "the day is full");
    tenant.later("2026-03-03T09:00:00Z");
    tenant.judge(JudgeCause::Due);
    assert_eq!(tenant.stand(), [MQL, MQL, LEAD, WAITS]);
    tenant.later("2026-03-07T12:00:00Z");
    tenant.judge(JudgeCause::Due);
    assert_eq!(tenant.stand(), [MQL, MQL, LEAD, WAITS], "a Saturday is no business day");
    tenant.later("2026-03-09T09:00:00Z");
    tenant.judge(JudgeCause::Due);
    assert_eq!(tenant.stand(), [MQL, MQL, LEAD, MQL]);
}

#[test]
fn edge_31_whoever_waits_is_judged_again_at_the_next_opening_and_the_best_are_known() {
    let mut tenant = Tenant::new(Publish::Capped { per_business_day: 1 }, &[1, 3]);
    tenant.judge(JudgeCause::Published);
    let command = Command::JudgeLead(JudgeLead { lead: tenant.leads[1], cause: JudgeCause::Published });
    let decided =
        decide_with(&tenant.world.state, &command, &mia(), tenant.world.now, &mut tenant.world.random);
    let watch = decided.expect("judged").watch.expect("a watch");
    assert_eq!(watch.due_at, Some(at("2026-03-03T09:00:00Z")));
    assert_eq!((watch.ceiling, watch.is_candidate), (Some(Points::whole(30)), true));
}

#[test]
fn edge_31_what_is_published_as_a_report_or_for_new_events_changes_nobody() {
    for publish in [Publish::Shadow, Publish::NewEventsOnly] {
        let mut tenant = Tenant::new(publish, &[1, 2]);
        tenant.judge(JudgeCause::Published);
        assert_eq!(tenant.stand(), [LEAD, LEAD], "{publish}");
        tenant.judge(JudgeCause::Due);
        assert_eq!(tenant.stand(), [MQL, MQL], "{publish}: by something of their own");
        assert_eq!(tenant.world.state.tenant().expect("founded").published_on, None, "no place was taken");
    }
}

#[test]
fn a_version_whose_time_has_come_takes_effect_without_anybodys_command() {
    let mut world = World::new();
    let capped = Publish::Capped { per_business_day: 7 };
    let content = Content::Model(ScoringModel { publish: capped, ..model(Vec::new()) });
    world.agree(Subject::ScoringModel, 1, &content, "2026-03-09T08:00:00Z");
    let before = world.log.len();
    world.ok(&mia(), Command::TakeEffect);
    assert_eq!(world.events_since(before), [""; 0], "not yet");
    world.now = at("2026-03-09T08:00:01Z");
    world.ok(&mia(), Command::TakeEffect);
    world.ok(&mia(), Command::TakeEffect);
    assert_eq!(world.events_since(before), ["VersionEffective"], "once");
    let [publication] = &world.state.changes().publications[..] else { panic!("one version took effect") };
    assert_eq!(publication.effective_from, at("2026-03-09T08:00:00Z"));
    assert_eq!(publication.publish.and_then(Mode::of), Some(Mode::Capped));
    assert!(publication.is_first, "nothing was in effect until then");
}

proptest! {
    /// Most leads are passed over by what they did alone: none of them may be one that changes, now or by time alone.
    #[test]
    fn nobody_is_passed_over_who_changes(
        case in case(), set in set(), profile in some_profile(), rates in rates(), today in some_day(),
    ) {
        let mut world = World::new();
        let lead = world.lead(capture("lea@example.org"));
        let dossier = world.state.dossier(lead).expect("a lead");
        let scorer = case.scorer();
        let engagement: Engagement = case.engagement(&scorer);
        let agreed = Agreed {
            criteria: InEffect::Yes(&set),
            model: InEffect::Yes(&scorer),
            contract: InEffect::Yes(()),
        };
        let facts = Facts {
            lead: &dossier.lead,
            is_known: true,
            profile: &profile,
            engagement: &engagement,
            fast_track_at: None,
            rates: &rates,
        };
        let today = day(today);
        let standing = Standing::of(at(&format!("{today}T12:00:00Z")), today, agreed, facts);
        let found = change(&standing, [Place::of(None)].into_iter(), &Rulebook::default());
        if !may_matter(&scorer, &engagement, today, false) {
            prop_assert_eq!(found, None);
        }
        if found == Some(Change::Qualifies) {
            prop_assert!(scorer.behaviour(&engagement, today) >= scorer.model().thresholds.up);
        }
    }
}
