//! Lets a tenant live on services that run: `life QUALIFICATION SLA REPORTING TENANT IMPORTED LIVE`. For the dumps that
//! later builds are tested with (see `tests/dumps/make.sh`).

use std::env;

use anyhow::Context;
use handoff_tests::endpoints::Endpoints;
use handoff_tests::life::Life;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |what: &str| arguments.next().with_context(|| format!("{what} is missing"));
    let endpoints =
        Endpoints { qualification: next("QUALIFICATION")?, sla: next("SLA")?, reporting: next("REPORTING")? };
    let life = Life::begin(&endpoints, &next("TENANT")?).await?;
    life.import(next("IMPORTED")?.parse()?).await?;
    life.live(next("LIVE")?.parse()?).await?;
    life.agree().await?;
    life.merge().await?;
    life.identify().await?;
    life.take_back().await?;
    life.nurture().await?;
    life.dispute().await?;
    life.route().await?;
    life.settle().await?;
    life.add_holiday().await?;
    life.settle().await
}
