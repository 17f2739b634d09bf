//! Years of activities in bulk, by the owner: as many rows as the service would have written, without the calls.

use handoff_domain::id::TenantId;

use super::database::{Database, run};

impl Database {
    /// Gives every lead of a tenant so many activities, spread over the last three hundred days, counted as the tenant's
    /// model counts them, and has the service judge all of them anew. Its events are left out: nobody reads them here.
    pub(crate) async fn make_history(&mut self, tenant: TenantId, activities: usize) -> anyhow::Result<()> {
        let script = include_str!("history.sql");
        let script = script.replace("TENANT", &tenant.to_string()).replace("NUMBER", &activities.to_string());
        run(&mut self.owner, script).await
    }
}
