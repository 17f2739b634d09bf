//! The tenant's own words: an attribute that becomes sensitive, a type of activity that gets another property, rates of which
//! one is set right, and leads whose values somebody made sure of.

use handoff_proto::qualification::v1 as pb;
use prost_types::Timestamp;

use super::Life;

impl Life {
    /// Extends the vocabulary, and captures leads in its words.
    ///
    /// # Errors
    /// When a request is refused.
    pub(super) async fn find_words(&self) -> anyhow::Result<()> {
        let mut catalogue = self.endpoints.catalogue(&self.operator())?;
        for (turn, sensitive, label) in [("first", false, "Shops"), ("second", true, "Number of shops")] {
            let attribute = pb::Attribute {
                key: "shops".to_owned(),
                subject: pb::AttributeSubject::Organisation.into(),
                value_type: pb::ValueType::Number.into(),
                sensitive,
                label: label.to_owned(),
            };
            let request_id = self.id(&format!("attribute/{turn}"));
            let request = pb::PutAttributeRequest { request_id, attribute: Some(attribute) };
            catalogue.put_attribute(request).await?;
        }
        for properties in [&["minutes"][..], &["minutes", "distance"]] {
            let number = |name: &&str| ((*name).to_owned(), pb::ValueType::Number.into());
            let declared = pb::ActivityType {
                r#type: "SHOP_VISITED".to_owned(),
                label: "Shop visited".to_owned(),
                properties: properties.iter().map(number).collect(),
            };
            let request_id = self.id(&format!("activity type/{}", properties.len()));
            let request = pb::PutActivityTypeRequest { request_id, activity_type: Some(declared) };
            catalogue.put_activity_type(request).await?;
        }
        for (turn, date, rate) in
            [(1, "2026-01-01", "0.9"), (2, "2026-02-01", "0.910000000001"), (3, "2026-01-01", "0.905")]
        {
            let rate = pb::CurrencyRate {
                from_currency_code: "USD".to_owned(),
                to_currency_code: "EUR".to_owned(),
                effective_date: date.to_owned(),
                rate: rate.to_owned(),
            };
            let request_id = self.id(&format!("rate/{turn}"));
            let request = pb::PutCurrencyRateRequest { request_id, currency_rate: Some(rate) };
            catalogue.put_currency_rate(request).await?;
        }
        for (turn, name, shops, verified) in [
            // The second makes sure of the same number later, the third has another one that nobody made sure of.
            (1, "V-1", "7", Some(1_000)),
            (2, "V-1", "7.0", Some(2_000)),
            (3, "V-2", "8", Some(1_000)),
            (4, "V-2", "9", None),
        ] {
            self.capture_with_shops(turn, name, shops, verified).await?;
        }
        Ok(())
    }

    /// Captures a lead, or says more of it: `verified` is when somebody made sure of the number and of the address.
    async fn capture_with_shops(
        &self,
        turn: u32,
        name: &str,
        shops: &str,
        verified: Option<i64>,
    ) -> anyhow::Result<()> {
        let mut lead = super::lead(name, &format!("{name}@example.com"));
        if let Some(person) = &mut lead.person {
            person.attributes.insert("shops".to_owned(), shops.to_owned());
            let at = verified.map(|seconds| Timestamp { seconds: 1_750_000_000 + seconds, nanos: 0 });
            person.verify_times =
                at.into_iter().flat_map(|at| ["shops", "email"].map(|name| (name.to_owned(), at))).collect();
        }
        let request = pb::CaptureLeadRequest {
            request_id: self.id(&format!("{name}/{turn}")),
            lead: Some(lead),
            ..pb::CaptureLeadRequest::default()
        };
        self.endpoints.qualification(&self.marketing())?.capture_lead(request).await?;
        Ok(())
    }
}
