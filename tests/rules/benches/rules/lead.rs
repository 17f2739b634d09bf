//! Leads as a program written for them would keep them: a field for each attribute, and for each rule how often it
//! happened on which day. Every way of deciding is given the same ones. They vary in all that is asked of them, and about
//! one value in seven is not known.

use chrono::{Datelike, NaiveDate};

/// How many there are.
pub(crate) const COUNT: usize = 4_096;
/// How long ago the oldest activity was, in days.
pub(crate) const MAX_AGE: u32 = 400;

/// What is known of a lead, and what it did.
#[derive(Debug)]
pub(crate) struct Lead {
    pub(crate) country: Option<&'static str>,
    pub(crate) employees: Option<Employees>,
    /// In whole units.
    pub(crate) revenue: Option<(i64, Currency)>,
    pub(crate) industry: Option<&'static str>,
    pub(crate) job_title: Option<&'static str>,
    pub(crate) email: Option<String>,
    pub(crate) technologies: Option<Vec<&'static str>>,
    pub(crate) decision_maker: Option<bool>,
    pub(crate) demo_requests: Vec<Row>,
    pub(crate) pricing_views: Vec<Row>,
    pub(crate) ebooks: Vec<Row>,
    pub(crate) webinars: Vec<Row>,
    pub(crate) newsletter_clicks: Vec<Row>,
    pub(crate) blog_posts: Vec<Row>,
    pub(crate) unsubscriptions: Vec<Row>,
    pub(crate) career_views: Vec<Row>,
}

/// How many people work there, and when somebody last made sure of it.
#[derive(Debug)]
pub(crate) struct Employees {
    pub(crate) count: u32,
    pub(crate) verified_on: Option<NaiveDate>,
}

/// A currency of the leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Currency {
    Eur,
    /// There is a rate for it.
    Usd,
    /// There is none for it.
    Gbp,
}

/// So many activities on a day, which is a number of days since the year 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) day: i32,
    pub(crate) count: u32,
}

/// The day on which they are judged.
pub(crate) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, 15).expect("a date")
}

impl Lead {
    /// All of them, the same in every run.
    pub(crate) fn all() -> Vec<Self> {
        let mut random = Random(0x5EED);
        (0..COUNT).map(|number| Self::new(number, &mut random)).collect()
    }

    fn new(number: usize, random: &mut Random) -> Self {
        Self {
            country: random.known(&["IT", "de", "FR", "AT", "CH", "es", "US", "JP"]),
            employees: random.is_known().then(|| Employees {
                count: [3, 40, 49, 50, 51, 120, 800, 4_999, 5_000, 5_001, 60_000][random.below(11)],
                verified_on: random.is_known().then(|| random.day_within(600)),
            }),
            revenue: random.is_known().then(|| {
                let amounts =
                    [250_000, 9_999_999, 10_000_000, 10_854_227, 10_854_228, 12_500_000, 900_000_000];
                let currency = [Currency::Eur, Currency::Usd, Currency::Gbp][random.below(3)];
                (amounts[random.below(7)], currency)
            }),
            industry: random.known(&["Software", "retail", "Banking", "Energy", "LOGISTICS", "Farming"]),
            job_title: random.known(&[
                "Head of Sales",
                "VP Marketing",
                "Managing Director",
                "Chief Revenue Officer",
                "Sales Assistant to the Board",
                "Student",
                "Software Engineer",
            ]),
            email: random
                .known(&["gmail.com", "acme.com", "sales.acme.com", "GMX.net", "notgmail.com"])
                .map(|domain| format!("person-{number}@{domain}")),
            technologies: random.is_known().then(|| {
                let all = ["postgres", "HubSpot", "kafka", "SAP", "salesforce", "excel"];
                all[random.below(3)..][..1 + random.below(3)].to_vec()
            }),
            decision_maker: random.known(&[true, false]),
            demo_requests: random.rows(1),
            pricing_views: random.rows(4),
            ebooks: random.rows(3),
            webinars: random.rows(2),
            newsletter_clicks: random.rows(5),
            blog_posts: random.rows(6),
            unsubscriptions: random.rows(1),
            career_views: random.rows(2),
        }
    }

    /// What it did, in the order of [`crate::agreed::RULES`].
    pub(crate) fn rows(&self) -> [&[Row]; 8] {
        [
            &self.demo_requests,
            &self.pricing_views,
            &self.ebooks,
            &self.webinars,
            &self.newsletter_clicks,
            &self.blog_posts,
            &self.unsubscriptions,
            &self.career_views,
        ]
    }
}

/// SplitMix64: numbers in no order.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn is_known(&mut self) -> bool {
        self.below(7) > 0
    }

    fn known<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        self.is_known().then(|| values[self.below(values.len())])
    }

    /// One of the last so many days.
    fn day_within(&mut self, days: u64) -> NaiveDate {
        today() - chrono::Days::new(self.below(days as usize) as u64)
    }

    /// Up to so many days, the latest ones likelier.
    fn rows(&mut self, most: usize) -> Vec<Row> {
        let today = today().num_days_from_ce();
        let mut days: Vec<i32> = (0..self.below(most + 1))
            .map(|_| today - [self.below(30), self.below(MAX_AGE as usize + 1)][self.below(2)] as i32)
            .collect();
        days.sort_unstable();
        days.dedup();
        days.into_iter().map(|day| Row { day, count: 1 + self.below(6) as u32 }).collect()
    }
}
