//! What engines are given of a lead, as JSON, made beforehand. They get what Handoff finds out by itself, so that their
//! figures are what they are at best: texts in lower case, whether a number may still be fresh as a comparison of days, and
//! what is left of the points of a rule at every age, since they have no exact fractions.

use chrono::{Datelike, Months};
use handoff_domain::points::Points;
use serde_json::{Value, json};

use crate::agreed::RULES;
use crate::lead::{Currency, Lead, MAX_AGE, Row, today};

/// What is the same for all leads.
pub(crate) fn given() -> Value {
    let left = RULES.map(|(_, points, decay, ..)| {
        let at_age = |age| decay.left(Points::whole(points), age).milli();
        (0..=MAX_AGE).map(at_age).collect::<Vec<_>>()
    });
    let fresh_since = today() - Months::new(12);
    json!({
        "today": today().num_days_from_ce(),
        "fresh_since": fresh_since.num_days_from_ce(),
        "left": left,
    })
}

/// What is a lead's own.
pub(crate) fn of(lead: &Lead) -> Value {
    let lower = |text: Option<&str>| text.map(str::to_lowercase);
    let technologies = lead.technologies.as_ref();
    let verified_on = lead.employees.as_ref().and_then(|employees| employees.verified_on);
    let (revenue, currency) = lead.revenue.unzip();
    let currency = currency.map(|currency| match currency {
        Currency::Eur => "EUR",
        Currency::Usd => "USD",
        Currency::Gbp => "GBP",
    });
    json!({
        "country": lower(lead.country),
        "employees": lead.employees.as_ref().map(|employees| employees.count),
        "employees_verified": verified_on.map(|date| date.num_days_from_ce()),
        "revenue": revenue,
        "currency": currency,
        "industry": lower(lead.industry),
        "job_title": lower(lead.job_title),
        "email": lower(lead.email.as_deref()),
        "technologies": technologies.map(|all| all.iter().map(|it| it.to_lowercase()).collect::<Vec<_>>()),
        "decision_maker": lead.decision_maker,
        "demo_requests": rows(&lead.demo_requests),
        "pricing_views": rows(&lead.pricing_views),
        "ebooks": rows(&lead.ebooks),
        "webinars": rows(&lead.webinars),
        "newsletter_clicks": rows(&lead.newsletter_clicks),
        "blog_posts": rows(&lead.blog_posts),
        "unsubscriptions": rows(&lead.unsubscriptions),
        "career_views": rows(&lead.career_views),
    })
}

fn rows(rows: &[Row]) -> Vec<Value> {
    rows.iter().map(|row| json!({ "day": row.day, "count": row.count })).collect()
}
