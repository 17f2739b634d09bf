//! A million leads in bulk, by the owner: as many rows as the service would have written, without the calls.

use handoff_domain::id::TenantId;

use super::database::{Database, run};

impl Database {
    /// Gives a tenant so many leads with ten activities each, of which one in a hundred is near the threshold of a model.
    pub(crate) async fn make_leads(&mut self, tenant: TenantId, leads: usize) -> anyhow::Result<()> {
        let script = include_str!("leads.sql");
        let script = script.replace("TENANT", &tenant.to_string()).replace("NUMBER", &leads.to_string());
        run(&mut self.owner, script).await
    }

    /// Whether the re-evaluation of a version of the scoring model is done, how many leads were looked at, and how many of
    /// those that change were judged.
    pub(crate) async fn reevaluation(&mut self, number: i64) -> anyhow::Result<(bool, i64, i64)> {
        let statement = "select state = 'DONE', leads_evaluated, \
                 (select count(*) from qualification.reevaluation_finding where number = $1 and is_applied) \
             from qualification.reevaluation where number = $1";
        let found = sqlx::query_as(statement).bind(number).fetch_optional(&mut self.owner).await?;
        Ok(found.unwrap_or((false, 0, 0)))
    }

    /// The names of some leads of a tenant.
    pub(crate) async fn some_leads(&mut self, tenant: TenantId, count: i64) -> anyhow::Result<Vec<String>> {
        let statement = "select 'leads/' || lead_id from qualification.lead where tenant_id = $1 limit $2";
        Ok(sqlx::query_scalar(statement).bind(tenant.0).bind(count).fetch_all(&mut self.owner).await?)
    }
}
