//! Leads that are one person, by the command line and in every service: what sla and reporting make of a merge, and of
//! its undoing (edge cases 9 and 10).

use anyhow::Context;
use handoff_proto::qualification::v1 as pb;
use handoff_tests::life::Life;
use handoff_tests::together::Together;
use serde_json::{Value, json};

/// Lea, under two addresses that one mailbox has.
const LEA: &str = "lea.rossi@example.org";
const SAME: &str = "learossi+web@example.org";

struct Asked<'a> {
    services: &'a Together,
    life: Life,
}

impl Asked<'_> {
    async fn ask(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        self.services.endpoints.ask(&[&["--tenant", "acme"], arguments].concat()).await
    }

    /// MQLs by this unit, once everything was heard of.
    async fn mqls(&self, unit: &str) -> anyhow::Result<Value> {
        self.life.settle().await?;
        Ok(self.ask(&["report", "mql", "--unit", unit]).await?["total"]["mqlCount"].clone())
    }

    /// How many leads were captured and how many of those are customers.
    async fn captured(&self) -> anyhow::Result<Value> {
        self.life.settle().await?;
        Ok(self.ask(&["report", "sql"]).await?["total"]["leadToCustomer"]["denominator"].clone())
    }

    /// The states of all clocks, in order.
    async fn clocks(&self) -> anyhow::Result<Vec<String>> {
        self.life.settle().await?;
        let request = handoff_proto::sla::v1::ListClocksRequest::default();
        let mut service = self.services.endpoints.sla(&self.life.sales())?;
        let answer = service.list_clocks(request).await?.into_inner();
        let mut states: Vec<String> =
            answer.clocks.iter().map(|clock| clock.state().as_str_name().to_owned()).collect();
        states.sort_unstable();
        Ok(states)
    }

    async fn qualify(&self, email: &str, product_line: &str) -> anyhow::Result<()> {
        self.ask(&["lead", "qualify", email, "--product-line", product_line]).await.map(drop)
    }
}

#[tokio::test]
async fn edge_09_and_10_a_merge_cancels_one_clock_and_counts_one_person_until_it_is_undone()
-> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    for (name, email) in [("L-1", LEA), ("L-2", SAME)] {
        life.capture(name, email, pb::Suppression::Unspecified, "capture").await?;
    }
    let acme = Asked { services: &services, life };
    acme.qualify(LEA, "default").await?;
    acme.qualify(SAME, "default").await?;
    acme.qualify(SAME, "hats").await?;
    assert_eq!((acme.mqls("handoff").await?, acme.mqls("lead").await?), (json!("3"), json!("2")));
    assert_eq!(acme.captured().await?, json!("2"));

    let found = acme.ask(&["lead", "duplicates", LEA]).await?;
    assert_eq!(found["duplicates"][0]["likenesses"], json!(["LIKENESS_MAILBOX"]), "{found:#}");
    let merged = acme.ask(&["lead", "merge", LEA, SAME]).await?;
    let duplicate = found["duplicates"][0]["lead"]["name"].as_str().context("a name")?;
    assert_eq!(merged["lead"]["mergedLeads"], json!([duplicate]));
    let shown = acme.ask(&["lead", "show", duplicate]).await?;
    assert_eq!(shown["lead"]["stage"], "STAGE_MERGED");
    // One hand-over should never have been; of the others each is one, and both are Lea.
    assert_eq!((acme.mqls("handoff").await?, acme.mqls("lead").await?), (json!("2"), json!("1")));
    assert_eq!(acme.captured().await?, json!("1"));
    let (cancelled, running) = ("CLOCK_STATE_CANCELLED", "CLOCK_STATE_RUNNING");
    assert_eq!(acme.clocks().await?, [cancelled, running, running]);

    acme.ask(&["lead", "unmerge", duplicate]).await?;
    assert_eq!((acme.mqls("handoff").await?, acme.mqls("lead").await?), (json!("3"), json!("2")));
    assert_eq!(acme.captured().await?, json!("2"));
    assert_eq!(acme.clocks().await?, [cancelled, running, running, running]);
    services.stop().await
}
