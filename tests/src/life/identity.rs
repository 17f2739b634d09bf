//! Leads that have ids in several systems of record: known, found, changed and merged by them.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::lead_ref;

use super::Life;

impl Life {
    /// Billing knows somebody alone, and somebody whom a warehouse and then the CRM know too; the CRM gives that one another
    /// id in billing, which gives the old one to a third person. The third turns out to be the first.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn identify(&self) -> anyhow::Result<()> {
        self.say_ids("alone", "", &[("billing", "B-1")]).await?;
        self.say_ids("joined", "", &[("billing", "B-2"), ("warehouse", "W-2")]).await?;
        self.say_ids("found", "R-2", &[("warehouse", "W-2")]).await?;
        self.say_ids("changed", "R-2", &[("billing", "B-3")]).await?;
        self.say_ids("another", "", &[("billing", "B-2")]).await?;
        let mut service = self.endpoints.qualification(&self.marketing())?;
        let request = pb::MergeLeadsRequest {
            request_id: self.id("ids/merge"),
            survivor: by_record_id("billing", "B-1"),
            duplicate: by_record_id("billing", "B-2"),
            ..pb::MergeLeadsRequest::default()
        };
        service.merge_leads(request).await?;
        Ok(())
    }

    async fn say_ids(&self, why: &str, external_id: &str, record_ids: &[(&str, &str)]) -> anyhow::Result<()> {
        let record_ids = record_ids.iter().map(|(system, id)| ((*system).to_owned(), (*id).to_owned()));
        let person = pb::Person {
            external_id: external_id.to_owned(),
            record_ids: record_ids.collect(),
            ..pb::Person::default()
        };
        let request = pb::CaptureLeadRequest {
            request_id: self.id(&format!("ids/{why}")),
            lead: Some(pb::Lead { person: Some(person), ..pb::Lead::default() }),
            ..pb::CaptureLeadRequest::default()
        };
        self.endpoints.qualification(&self.marketing())?.capture_lead(request).await?;
        Ok(())
    }
}

fn by_record_id(system: &str, id: &str) -> Option<pb::LeadRef> {
    let record_id = pb::RecordId { system: system.to_owned(), id: id.to_owned() };
    Some(pb::LeadRef { lead: Some(lead_ref::Lead::RecordId(record_id)) })
}
