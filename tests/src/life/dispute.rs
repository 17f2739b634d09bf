//! Rejections that marketing does not take.

use anyhow::bail;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;

use super::Life;

impl Life {
    /// Rejects three leads, and marketing objects: one rejection is upheld, one is overturned and the lead accepted then, one
    /// is overturned and rejected once more. A fourth dispute stays open.
    ///
    /// # Errors
    /// When a request is refused that must not be, or is not that must be.
    pub async fn dispute(&self) -> anyhow::Result<()> {
        for number in 0..4 {
            let name = format!("D-{number}");
            let address = format!("{name}@example.org");
            self.capture(&name, &address, pb::Suppression::Unspecified, "capture").await?;
            let handoff = self.qualify(&name, true).await?;
            self.assign(&handoff, "ann").await?;
            self.reject(&handoff, ["WRONG_SIZE", "COMPETITOR"][number % 2], "").await?;
            self.object(&handoff).await?;
            match number {
                0 => self.resolve(&handoff, pb::DisputeRuling::Upheld, "").await?,
                1 => {
                    self.resolve(&handoff, pb::DisputeRuling::Overturned, "").await?;
                    self.accept(&handoff).await?;
                }
                2 => {
                    self.resolve(&handoff, pb::DisputeRuling::Overturned, "users/bob").await?;
                    let request = pb::RejectHandoffRequest {
                        request_id: self.id(&format!("{handoff}/reject again")),
                        name: handoff.clone(),
                        reason: "NO_NEED_NOW".to_owned(),
                        ..pb::RejectHandoffRequest::default()
                    };
                    self.endpoints.qualification(&self.sales())?.reject_handoff(request).await?;
                }
                _ => {
                    // Who rejected does not say that this was right.
                    let request = self.resolution(&handoff, pb::DisputeRuling::Upheld, "");
                    if self.endpoints.decisions(&self.sales())?.resolve_dispute(request).await.is_ok() {
                        bail!("somebody judged in a cause of his own");
                    }
                }
            }
        }
        Ok(())
    }

    async fn object(&self, handoff: &str) -> anyhow::Result<()> {
        let request = pb::DisputeHandoffRequest {
            request_id: self.id(&format!("{handoff}/dispute")),
            name: handoff.to_owned(),
            note: "it is what we agreed on".to_owned(),
            etag: String::new(),
        };
        self.endpoints.decisions(&self.marketing())?.dispute_handoff(request).await?;
        Ok(())
    }

    async fn resolve(&self, handoff: &str, ruling: pb::DisputeRuling, owner: &str) -> anyhow::Result<()> {
        let ann = Caller::user(&self.tenant, "ann", Side::Sales);
        let request = self.resolution(handoff, ruling, owner);
        self.endpoints.decisions(&ann)?.resolve_dispute(request).await?;
        Ok(())
    }

    fn resolution(&self, handoff: &str, ruling: pb::DisputeRuling, owner: &str) -> pb::ResolveDisputeRequest {
        pb::ResolveDisputeRequest {
            request_id: self.id(&format!("{handoff}/resolve/{}", ruling.as_str_name())),
            name: handoff.to_owned(),
            ruling: ruling.into(),
            note: "looked at it once more".to_owned(),
            owner: owner.to_owned(),
            etag: String::new(),
        }
    }
}
