//! Handoffs that marketing takes back.

use anyhow::bail;
use handoff_proto::qualification::v1 as pb;

use super::{Life, external};

impl Life {
    /// Hands a lead over by mistake, takes it back, and hands it over again at once; and another for which that is too soon.
    ///
    /// # Errors
    /// When a request is refused that must not be, or is not that must be.
    pub async fn take_back(&self) -> anyhow::Result<()> {
        for (name, cooldown) in [("T-0", Some(prost_types::Duration::default())), ("T-1", None)] {
            self.capture(name, &format!("{name}@example.org"), pb::Suppression::Unspecified, "capture")
                .await?;
            let handoff = self.qualify(name, true).await?;
            let request = pb::WithdrawHandoffRequest {
                request_id: self.id(&format!("{handoff}/withdraw")),
                name: handoff,
                note: "handed over by mistake".to_owned(),
                etag: String::new(),
                cooldown,
            };
            self.endpoints.qualification(&self.marketing())?.withdraw_handoff(request).await?;
        }
        let mut service = self.endpoints.qualification(&self.marketing())?;
        let mut again = async |name: &str| {
            let request = pb::QualifyLeadRequest {
                request_id: self.id(&format!("{name}/qualify again")),
                lead: external(name),
                ..pb::QualifyLeadRequest::default()
            };
            service.qualify_lead(request).await
        };
        again("T-0").await?;
        if again("T-1").await.is_ok() {
            bail!("a lead that cools down was handed over");
        }
        Ok(())
    }
}
