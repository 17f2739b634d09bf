//! By a program written for exactly these criteria and rules, as somebody writes it who never has to change them: the
//! floor. The same exact arithmetic in thousandths of points.

use chrono::{Datelike, Months, NaiveDate};

use crate::lead::{Currency, Lead, Row, today};
use crate::{Decision, Way};

/// The leads, and what is worked out beforehand.
pub(crate) struct ByHand<'a> {
    leads: &'a [Lead],
    day: NaiveDate,
    half_in_14: HalfLife<14>,
    half_in_30: HalfLife<30>,
    half_in_90: HalfLife<90>,
}

impl<'a> ByHand<'a> {
    pub(crate) fn new(leads: &'a [Lead]) -> Self {
        let (half_in_14, half_in_30, half_in_90) = (HalfLife::new(), HalfLife::new(), HalfLife::new());
        Self { leads, day: today(), half_in_14, half_in_30, half_in_90 }
    }

    fn behaviour(&self, lead: &Lead) -> i64 {
        let today = self.day.num_days_from_ce();
        let demos = sum(&lead.demo_requests, today, u32::MAX, |age| self.half_in_30.left(60_000, age));
        let prices = sum(&lead.pricing_views, today, 3, |age| linear(15_000, age, 1_000)).min(45_000);
        let ebooks = sum(&lead.ebooks, today, u32::MAX, |age| self.half_in_14.left(10_000, age));
        let webinars = sum(&lead.webinars, today, u32::MAX, |age| linear(25_000, age, 500));
        let clicks = sum(&lead.newsletter_clicks, today, 5, |age| if age < 14 { 2_000 } else { 0 });
        let posts = sum(&lead.blog_posts, today, u32::MAX, |_| 1_000).min(10_000);
        let left = -sum(&lead.unsubscriptions, today, u32::MAX, |age| self.half_in_90.left(40_000, age));
        let careers = -sum(&lead.career_views, today, 1, |age| if age < 30 { 15_000 } else { 0 });
        let content = (ebooks + webinars + clicks + posts).min(40_000);
        let against = (left + careers).max(-50_000);
        (demos + prices + content + against).clamp(-100_000, 200_000)
    }
}

impl Way for ByHand<'_> {
    fn decide(&self, lead: usize) -> anyhow::Result<Decision> {
        let lead = &self.leads[lead];
        let (fit, gates_hold) = fit(lead, self.day);
        let behaviour = self.behaviour(lead);
        let is_candidate = gates_hold && fit >= 40_000 && behaviour >= 50_000;
        Ok(Decision { fit, gates_hold, behaviour, is_candidate })
    }
}

fn fit(lead: &Lead, day: NaiveDate) -> (i64, bool) {
    let mut points = 0;
    let gates_hold = lead.country.is_some_and(|country| {
        ["DE", "AT", "CH", "IT", "FR", "ES"].iter().any(|served| served.eq_ignore_ascii_case(country))
    });
    if let Some(employees) = &lead.employees {
        let fresh_until = employees.verified_on.and_then(|date| date.checked_add_months(Months::new(12)));
        if fresh_until.is_some_and(|last| day <= last) && (50..=5_000).contains(&employees.count) {
            points += 20_000;
        }
    }
    // In hundredths of a cent: a dollar is worth 0.9213 euros.
    let revenue = lead.revenue.and_then(|(amount, currency)| match currency {
        Currency::Eur => amount.checked_mul(10_000),
        Currency::Usd => amount.checked_mul(9_213),
        Currency::Gbp => None,
    });
    points += match revenue {
        Some(revenue) if revenue >= 100_000_000_000 => 25_000,
        Some(_) => 0,
        None => -5_000,
    };
    if let Some(industry) = lead.industry {
        let wanted = ["software", "banking", "logistics", "energy"];
        if wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(industry)) {
            points += 15_000;
        }
    }
    if let Some(title) = lead.job_title
        && ["director", "head of", "chief", "vp"].iter().any(|part| occurs(title, part))
    {
        points += 20_000;
    }
    if let Some((_, domain)) = lead.email.as_deref().and_then(|email| email.rsplit_once('@'))
        && ["gmail.com", "gmx.net", "outlook.com", "web.de"].iter().any(|free| lies_in(domain, free))
    {
        points -= 15_000;
    }
    if let Some(technologies) = &lead.technologies {
        let is_ours = |it: &&str| ["salesforce", "hubspot"].iter().any(|ours| ours.eq_ignore_ascii_case(it));
        if technologies.iter().any(is_ours) {
            points += 10_000;
        }
    }
    points += match lead.decision_maker {
        Some(true) => 10_000,
        Some(false) => 0,
        None => -3_000,
    };
    (points, gates_hold)
}

/// Whether `part` occurs in `text`, but for case.
fn occurs(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether `domain` is `parent` or lies below it, but for case.
fn lies_in(domain: &str, parent: &str) -> bool {
    let (domain, parent) = (domain.as_bytes(), parent.as_bytes());
    let Some(start) = domain.len().checked_sub(parent.len()) else { return false };
    domain[start..].eq_ignore_ascii_case(parent) && (start == 0 || domain[start - 1] == b'.')
}

/// What the rows of a rule give: of each day no more than `most` activities count.
fn sum(rows: &[Row], today: i32, most: u32, left: impl Fn(u32) -> i64) -> i64 {
    let given = |row: &Row| match u32::try_from(today - row.day) {
        Ok(age) => left(age) * i64::from(row.count.min(most)),
        Err(_) => 0,
    };
    rows.iter().map(given).sum()
}

/// What is left of points that lose so many thousandths in thirty days.
fn linear(points: i64, age: u32, permille: i64) -> i64 {
    let left = (30_000 - permille * i64::from(age)).max(0);
    (points * left + 15_000) / 30_000
}

/// 2^(−r / DAYS) for every r under it, in units of 2^−64.
struct HalfLife<const DAYS: usize>([u64; DAYS]);

impl<const DAYS: usize> HalfLife<DAYS> {
    fn new() -> Self {
        let factor = |rest: usize| (-(rest as f64) / DAYS as f64).exp2() * 2_f64.powi(64);
        // The first one saturates, a unit short of one.
        Self(std::array::from_fn(|rest| factor(rest) as u64))
    }

    fn left(&self, points: u64, age: u32) -> i64 {
        let (halvings, rest) = (age / DAYS as u32, age as usize % DAYS);
        if halvings > 60 {
            return 0;
        }
        let product = u128::from(points) * (u128::from(self.0[rest]) + u128::from(rest == 0));
        let halves = product >> (63 + halvings);
        if halves < 2 { 0 } else { ((halves + 1) >> 1) as i64 }
    }
}
