//! One RPC per file, from top to bottom: parse all fields, every violation at once → load in one snapshot → compute by
//! the domain's metrics, a row at a time → the answer.

pub(crate) mod get_mql_report;
pub(crate) mod get_sql_report;
pub(crate) mod get_velocity_report;
pub(crate) mod plan_goal;

use handoff_domain::error::Error;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Response, Status};

/// What was read of a request, if nothing was wrong with it.
fn judged<T>(check: Violations, read: Option<T>) -> Result<T, Status> {
    check.finish().and_then(|()| read.ok_or(Error::Internal)).map_err(from_error)
}

/// Computes an answer where it keeps no other call waiting: figures of many facts take their time.
async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<Response<T>, Status> {
    match tokio::task::spawn_blocking(work).await {
        Ok(computed) => computed.map(Response::new).map_err(from_error),
        Err(_) => Err(from_error(Error::Internal)),
    }
}
