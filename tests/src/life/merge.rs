//! Leads that turn out to be one person, and some that do not after all.

use handoff_proto::qualification::v1 as pb;

use super::{Life, external};

impl Life {
    /// Two leads turn out to be one person, and one of two that did not; both of each pair were handed over.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn merge(&self) -> anyhow::Result<()> {
        for (pair, is_wrong) in [("one", false), ("two", true)] {
            let (survivor, duplicate) = (format!("M-{pair}-a"), format!("M-{pair}-b"));
            for name in [&survivor, &duplicate] {
                self.capture(name, &format!("{name}@example.org"), pb::Suppression::Unspecified, "capture")
                    .await?;
                self.qualify(name, true).await?;
            }
            let mut service = self.endpoints.qualification(&self.marketing())?;
            let request = pb::MergeLeadsRequest {
                request_id: self.id(&format!("{pair}/merge")),
                survivor: external(&survivor),
                duplicate: external(&duplicate),
                ..pb::MergeLeadsRequest::default()
            };
            service.merge_leads(request).await?;
            self.act(&duplicate, "PRICE_PAGE_VISIT").await?;
            if is_wrong {
                let request = pb::UnmergeLeadRequest {
                    request_id: self.id(&format!("{pair}/unmerge")),
                    lead: external(&duplicate),
                    ..pb::UnmergeLeadRequest::default()
                };
                service.unmerge_lead(request).await?;
            }
        }
        Ok(())
    }
}
