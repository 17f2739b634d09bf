//! What a good client does: it tries again, with the same request, until it has an answer.

use std::error::Error as _;

use anyhow::bail;
use tokio::time::Instant;
use tonic::{Code, Response, Status};

use crate::waiting::{LIMIT, pause};

/// Whether trying again may help: the service was not there, was busy, or took too long. Everything else is an answer.
pub fn is_passing(status: &Status) -> bool {
    let waits = matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted
    );
    // A status with a source was made on our side of a connection that broke.
    waits || status.source().is_some()
}

/// Calls until there is an answer; `Err` is a refusal. The call gets a client and a request of its own each time.
///
/// # Errors
/// When there is none for too long.
pub async fn answered<C: Clone, R: Clone, A, F>(
    client: &C,
    request: &R,
    call: impl Fn(C, R) -> F,
) -> anyhow::Result<Result<A, Status>>
where
    F: Future<Output = Result<Response<A>, Status>>,
{
    let end = Instant::now() + LIMIT;
    loop {
        match call(client.clone(), request.clone()).await {
            Ok(answer) => return Ok(Ok(answer.into_inner())),
            Err(status) if !is_passing(&status) => return Ok(Err(status)),
            Err(status) if Instant::now() >= end => bail!("no answer in {LIMIT:?}: {status:?}"),
            Err(_) => pause().await,
        }
    }
}

/// Calls until it is done.
///
/// # Errors
/// When it is refused, or there is no answer for too long.
pub async fn done<C: Clone, R: Clone, A, F>(
    client: &C,
    request: &R,
    call: impl Fn(C, R) -> F,
) -> anyhow::Result<A>
where
    F: Future<Output = Result<Response<A>, Status>>,
{
    Ok(answered(client, request, call).await??)
}
