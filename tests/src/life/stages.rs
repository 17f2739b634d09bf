//! Words of the tenant, segments of nurture, and stages that are set in the CRM.

use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1 as pb;

use super::{Life, external};

impl Life {
    /// Gives the tenant words of its own, sends leads through segments of nurture, and takes over stages from the CRM.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn nurture(&self) -> anyhow::Result<()> {
        let label =
            |stage: pb::Stage, label: &str| pb::StageLabel { stage: stage.into(), label: label.to_owned() };
        let tenant = pb::Tenant {
            stage_labels: vec![label(pb::Stage::Mql, "Qualified"), label(pb::Stage::Sql, "Accepted")],
            side_labels: vec![pb::SideLabel {
                side: Side::Sales.into(),
                label: "Account management".to_owned(),
            }],
            crm_field: Some(pb::CrmField {
                name: "Lead Status".to_owned(),
                values: vec![label(pb::Stage::Mql, "2 - Sales ready")],
            }),
            ..pb::Tenant::default()
        };
        let paths = ["stage_labels", "side_labels", "crm_field"].map(str::to_owned).to_vec();
        let request = pb::UpdateTenantRequest {
            request_id: self.id("words"),
            tenant: Some(tenant),
            update_mask: Some(prost_types::FieldMask { paths }),
        };
        self.endpoints.qualification(&self.marketing())?.update_tenant(request).await?;

        let mut stages = self.endpoints.stages(&self.marketing())?;
        for (name, segments) in [("N-0", &["later"][..]), ("N-1", &["later", "events"]), ("N-2", &["events"])]
        {
            let address = format!("{name}@example.org");
            self.capture(name, &address, pb::Suppression::Unspecified, "capture").await?;
            for segment in segments {
                let request = pb::NurtureLeadRequest {
                    request_id: self.id(&format!("{name}/{segment}")),
                    lead: external(name),
                    product_line: String::new(),
                    segment: (*segment).to_owned(),
                };
                stages.nurture_lead(request).await?;
            }
        }
        for (value, user) in [("2 - sales READY", "mia"), ("Accepted", "bob"), ("OPPORTUNITY", "bob")] {
            let request = pb::SetStageRequest {
                request_id: self.id(&format!("N-2/{value}")),
                lead: external("N-2"),
                value: value.to_owned(),
                last_position: i64::MAX,
                user: format!("users/{user}"),
                ..pb::SetStageRequest::default()
            };
            stages.set_stage(request).await?;
        }
        Ok(())
    }
}
