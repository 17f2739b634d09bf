//! Scoring models and criteria that are published in every way, and what follows for the leads of then. How many become MQLs
//! of it depends on the day: a weekend has no places, and all that qualify wait for Monday.

use anyhow::{Context, ensure};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::publish::Mode;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{GetReevaluationRequest, Reevaluation, ReevaluationState};

use super::Life;
use super::scores::{criteria, model};
use crate::waiting::until;

const MODEL: &str = "scoring-model";
const CRITERIA: &str = "criteria-sets/b2c";
/// Leads that have enough points by the new model, and places for them on a business day.
const LEADS: u32 = 4;
const PLACES: i32 = 2;

impl Life {
    /// After [`Life::score`]: publishes a model for a report, one with places, and criteria under it; each is followed to its
    /// end. Gives their re-evaluations, in this order.
    ///
    /// # Errors
    /// When a request is refused, or something else follows than must.
    pub async fn publish(&self) -> anyhow::Result<Vec<Reevaluation>> {
        for number in 0..LEADS {
            let name = format!("P-{number:04}");
            self.capture_b2c(&name, pb::Suppression::Unspecified, "capture").await?;
            self.did(&name, "EBOOK_DOWNLOAD", "before it counts so much", "", None).await?;
            // No two come to the same.
            for turn in 0..number {
                self.did(&name, "PAGE_VIEW", &format!("page {turn}"), "/imprint", None).await?;
            }
        }
        let said = |points: &str, mode| {
            let publish = Some(pb::Publish { mode: Some(mode) });
            Content::ScoringModel(pb::ScoringModel { publish, ..model(points) })
        };
        self.agree_on(MODEL, "report", said("60", Mode::Shadow(pb::Shadow {}))).await?;
        let report = self.followed(MODEL, 3).await?;
        self.agree_on(MODEL, "places", said("61", Mode::CappedPerBusinessDay(PLACES))).await?;
        let places = self.followed(MODEL, 4).await?;
        let mut milder = criteria();
        milder.criteria.pop();
        self.agree_on(CRITERIA, "milder", Content::CriteriaSet(milder)).await?;
        let criteria = self.followed(CRITERIA, 2).await?;
        let qualify = |it: &Reevaluation| it.tallies.first().map(|tally| tally.leads).unwrap_or_default();
        for it in [&report, &places] {
            ensure!(qualify(it) >= i64::from(LEADS), "{it:?}");
        }
        Ok(vec![report, places, criteria])
    }

    /// How many leads became MQLs of it so far.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn published(&self) -> anyhow::Result<usize> {
        let mut service = self.endpoints.qualification(&self.sales())?;
        let request = pb::ListHandoffsRequest { page_size: 1_000, ..pb::ListHandoffsRequest::default() };
        let handoffs = service.list_handoffs(request).await?.into_inner().handoffs;
        Ok(handoffs.iter().filter(|it| it.trigger() == pb::QualificationTrigger::Published).count())
    }

    /// The re-evaluation of a version, when it is done.
    async fn followed(&self, subject: &str, number: u32) -> anyhow::Result<Reevaluation> {
        let name = format!("{subject}/versions/{number}/reevaluation");
        let service = self.endpoints.reevaluations(&self.sales())?;
        let it = until("a re-evaluation has ended", async || {
            let request = GetReevaluationRequest { name: name.clone() };
            let answer = service.clone().get_reevaluation(request).await?.into_inner();
            let it = answer.reevaluation.context("a re-evaluation")?;
            Ok(it.end_time.is_some().then_some(it))
        })
        .await?;
        ensure!(it.state() == ReevaluationState::Done, "{it:?}");
        Ok(it)
    }
}
