//! A tenant's vocabulary: attributes, types of activity and rates.

use chrono_tz::Tz;
use handoff_proto::qualification::v1::{
    ActivityType, Attribute, AttributeSubject, CurrencyRate, ListActivityTypesResponse,
    ListAttributesResponse, ListCurrencyRatesResponse, PutActivityTypeResponse, PutAttributeResponse,
    PutCurrencyRateResponse, ValueType,
};

use super::{Cell, Column, Grid, View};
use crate::word;

impl View for PutAttributeResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        attributes(self.attribute.as_slice())
    }
}

impl View for ListAttributesResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        attributes(&self.attributes)
    }
}

impl View for PutActivityTypeResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        activity_types(self.activity_type.as_slice())
    }
}

impl View for ListActivityTypesResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        activity_types(&self.activity_types)
    }
}

impl View for PutCurrencyRateResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        rates(self.currency_rate.as_slice())
    }
}

impl View for ListCurrencyRatesResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        rates(&self.currency_rates)
    }
}

fn attributes(attributes: &[Attribute]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Attribute", "key"),
        Column::text("Called", "label"),
        Column::text("Describes", "subject"),
        Column::text("Holds", "value_type"),
        Column::text("Sensitive", "sensitive"),
    ]);
    for attribute in attributes {
        grid.push(vec![
            Cell::text(&attribute.key),
            Cell::text(&attribute.label),
            Cell::text(word::show::<AttributeSubject>(attribute.subject)),
            Cell::text(word::show::<ValueType>(attribute.value_type)),
            Cell::new(if attribute.sensitive { "yes" } else { "no" }, attribute.sensitive.to_string()),
        ]);
    }
    grid
}

fn activity_types(types: &[ActivityType]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("Type", "type"),
        Column::text("Called", "label"),
        Column::text("Properties", "properties"),
    ]);
    for declared in types {
        let property = |(name, of): (&String, &i32)| format!("{name}={}", word::show::<ValueType>(*of));
        let properties: Vec<String> = declared.properties.iter().map(property).collect();
        grid.push(vec![
            Cell::text(&declared.r#type),
            Cell::text(&declared.label),
            Cell::text(properties.join(" ")),
        ]);
    }
    grid
}

fn rates(rates: &[CurrencyRate]) -> Grid {
    let mut grid = Grid::new(vec![
        Column::text("From", "from_currency_code"),
        Column::text("To", "to_currency_code"),
        Column::text("From day", "effective_date"),
        Column::text("Rate", "rate"),
    ]);
    for rate in rates {
        grid.push(vec![
            Cell::text(&rate.from_currency_code),
            Cell::text(&rate.to_currency_code),
            Cell::text(&rate.effective_date),
            Cell::text(&rate.rate),
        ]);
    }
    grid
}
