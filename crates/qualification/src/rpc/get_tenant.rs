//! GetTenant: the caller's own.

use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_store::qualification::tenant;
use tonic::{Request, Response, Status};

use crate::app::{App, Call, unknown_tenant};
use crate::convert;

pub(crate) async fn get_tenant(
    app: &App,
    request: Request<pb::GetTenantRequest>,
) -> Result<Response<pb::GetTenantResponse>, Status> {
    let call = Call::of(&request)?;
    let found = app.read(&call, |tx, tenant| Box::pin(tenant::load(tx, tenant))).await?;
    let tenant = found.ok_or_else(|| from_error(unknown_tenant(&call.tenant)))?;
    Ok(Response::new(pb::GetTenantResponse { tenant: Some(convert::tenant::tenant(&tenant)) }))
}
