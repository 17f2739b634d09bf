//! `handoff attribute`, `handoff activity-type` and `handoff rate`: a tenant's vocabulary, put and listed.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    ActivityType, Attribute, AttributeSubject, CurrencyRate, ListActivityTypesRequest,
    ListActivityTypesResponse, ListAttributesRequest, ListAttributesResponse, ListCurrencyRatesRequest,
    ListCurrencyRatesResponse, PutActivityTypeRequest, PutAttributeRequest, PutCurrencyRateRequest,
    ValueType,
};

use super::paging::{Page, Paging};
use crate::session::{Session, request_id};
use crate::word;

/// What is to be done with attributes.
#[derive(Debug, Subcommand)]
pub(crate) enum AttributeCommand {
    /// Define an attribute, or change the label of one and mark it sensitive.
    Put(PutAttribute),
    /// List attributes, standard and own, by key.
    List(Paging),
}

/// An attribute.
#[derive(Debug, Args)]
pub(crate) struct PutAttribute {
    /// Its key, as `annual_revenue`.
    key: String,
    /// Whom it describes; it never changes.
    #[arg(long, value_parser = word::flag::<AttributeSubject>())]
    subject: AttributeSubject,
    /// What it holds; it never changes.
    #[arg(long, value_parser = word::flag::<ValueType>())]
    value_type: ValueType,
    /// What people call it.
    #[arg(long)]
    label: String,
    /// It is legally sensitive, as age is, and stays so: criteria about it must say so.
    #[arg(long)]
    sensitive: bool,
}

/// What is to be done with types of activity.
#[derive(Debug, Subcommand)]
pub(crate) enum ActivityTypeCommand {
    /// Declare a type of activity, or change the label of one and add properties.
    Put(PutActivityType),
    /// List declared types, standard and own, by name.
    List(Paging),
}

/// A type of activity.
#[derive(Debug, Args)]
pub(crate) struct PutActivityType {
    /// Its name, as `EBOOK_DOWNLOADED`.
    r#type: String,
    /// What people call it.
    #[arg(long)]
    label: String,
    /// A property and what it holds, as `minutes=NUMBER`; say all of them, those that the type has already too.
    #[arg(long = "property", value_name = "NAME=TYPE")]
    properties: Vec<String>,
}

/// What is to be done with rates.
#[derive(Debug, Subcommand)]
pub(crate) enum RateCommand {
    /// Set what one currency is worth in another from a day on, or set it right.
    Put(PutRate),
    /// List rates by currencies and day.
    List(Paging),
}

/// A rate.
#[derive(Debug, Args)]
pub(crate) struct PutRate {
    /// The currency that is converted, as `USD`.
    from_currency_code: String,
    /// The currency that it becomes, as `EUR`.
    to_currency_code: String,
    /// How many units of the second a unit of the first is worth, as `0.9216`.
    rate: String,
    /// The first day on which it counts, as `2026-03-27`.
    #[arg(long, value_name = "DATE")]
    effective_date: String,
}

/// Attributes.
pub(crate) async fn run_attribute(
    command: AttributeCommand,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    match command {
        AttributeCommand::Put(put) => {
            let attribute = Attribute {
                key: put.key,
                subject: put.subject.into(),
                value_type: put.value_type.into(),
                sensitive: put.sensitive,
                label: put.label,
            };
            let request = PutAttributeRequest { request_id: request_id(), attribute: Some(attribute) };
            let answer = session.catalogue(Side::System).await?.put_attribute(request).await?.into_inner();
            session.show(&answer).await
        }
        AttributeCommand::List(paging) => {
            let service = session.catalogue(Side::Marketing).await?;
            let (attributes, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListAttributesRequest { page_size, page_token };
                    let answer = service.clone().list_attributes(request).await?.into_inner();
                    Ok(Page { items: answer.attributes, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListAttributesResponse { attributes, next_page_token }).await
        }
    }
}

/// Types of activity.
pub(crate) async fn run_activity_type(
    command: ActivityTypeCommand,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    match command {
        ActivityTypeCommand::Put(put) => {
            let properties = properties(&put.properties)?;
            let declared = ActivityType { r#type: put.r#type, label: put.label, properties };
            let request = PutActivityTypeRequest { request_id: request_id(), activity_type: Some(declared) };
            let answer = session.catalogue(Side::System).await?.put_activity_type(request).await?;
            session.show(&answer.into_inner()).await
        }
        ActivityTypeCommand::List(paging) => {
            let service = session.catalogue(Side::Marketing).await?;
            let (activity_types, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListActivityTypesRequest { page_size, page_token };
                    let answer = service.clone().list_activity_types(request).await?.into_inner();
                    Ok(Page { items: answer.activity_types, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListActivityTypesResponse { activity_types, next_page_token }).await
        }
    }
}

/// Rates.
pub(crate) async fn run_rate(command: RateCommand, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        RateCommand::Put(put) => {
            let rate = CurrencyRate {
                from_currency_code: put.from_currency_code,
                to_currency_code: put.to_currency_code,
                effective_date: put.effective_date,
                rate: put.rate,
            };
            let request = PutCurrencyRateRequest { request_id: request_id(), currency_rate: Some(rate) };
            let answer = session.catalogue(Side::System).await?.put_currency_rate(request).await?;
            session.show(&answer.into_inner()).await
        }
        RateCommand::List(paging) => {
            let service = session.catalogue(Side::Marketing).await?;
            let (currency_rates, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListCurrencyRatesRequest { page_size, page_token };
                    let answer = service.clone().list_currency_rates(request).await?.into_inner();
                    Ok(Page { items: answer.currency_rates, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListCurrencyRatesResponse { currency_rates, next_page_token }).await
        }
    }
}

/// Types of properties by name.
fn properties(said: &[String]) -> anyhow::Result<BTreeMap<String, i32>> {
    let mut properties = BTreeMap::new();
    for text in said {
        let (name, of) = text.split_once('=').with_context(|| format!("{text:?} is no NAME=TYPE"))?;
        let of: ValueType = word::parse(&of.to_uppercase()).map_err(anyhow::Error::msg)?;
        if properties.insert(name.to_owned(), of.into()).is_some() {
            bail!("the property {name} is said twice");
        }
    }
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_said_by_name_and_type_and_once() {
        let said = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            properties(&texts).map_err(|error| error.to_string())
        };
        let number = i32::from(ValueType::Number);
        assert_eq!(said(&["minutes=number"]), Ok([("minutes".to_owned(), number)].into()));
        assert_eq!(said(&["minutes"]), Err("\"minutes\" is no NAME=TYPE".to_owned()));
        assert_eq!(said(&["a=TEXT", "a=TEXT"]), Err("the property a is said twice".to_owned()));
        assert!(said(&["a=WORD"]).is_err_and(|told| told.contains("is none of TEXT, NUMBER")));
    }
}
