//! `handoff health`: asks a service's health port whether it takes calls, as a probe would. It is for whoever can only
//! run a command to find out, in an image that has no shell; an orchestrator that speaks gRPC needs none of it. Health
//! ports are plain text and know no identity, so it speaks no TLS and sends no token.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::output::Output;

/// Long enough for a busy machine, shorter than any probe's own limit.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whom to ask, and what.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The health port, as http://127.0.0.1:7441.
    #[arg(value_name = "URL")]
    url: String,

    /// What is asked for: `readiness`, or `liveness`, which does not depend on the database.
    #[arg(long, value_name = "NAME", default_value = "readiness")]
    service: String,
}

/// Ends well only where the answer is SERVING.
pub(crate) async fn run(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Arguments { url, service } = arguments;
    let endpoint = Endpoint::from_shared(url.clone())
        .with_context(|| format!("{url} is not an address; one looks like http://127.0.0.1:7441"))?
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE);
    let channel = endpoint.connect().await.with_context(|| format!("nobody answers at {url}"))?;
    let request = HealthCheckRequest { service: service.clone() };
    let answer = HealthClient::new(channel).check(request).await.map_err(|status| {
        // As text: the hints of a failed call are about services, and this is not one.
        anyhow::anyhow!("{url} answers {:?} about {service}: {}", status.code(), status.message())
    })?;
    let status = answer.into_inner().status();
    ensure!(status == ServingStatus::Serving, "{service} of {url} is {}", status.as_str_name());
    output.say(&format!("{service} of {url} is {}", status.as_str_name()));
    Ok(())
}
