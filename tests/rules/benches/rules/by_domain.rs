//! By Handoff's own domain, as a lead is judged when it is due: `Standing::of` on its profile and its engagement.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use handoff_domain::criteria::CriteriaSet;
use handoff_domain::id::LeadId;
use handoff_domain::profile::{Attribute, AttributeKey, Profile};
use handoff_domain::promotion::InEffect;
use handoff_domain::qualification::record::{Lead as Record, LeadKind, Origin, Suppression};
use handoff_domain::qualification::stage::Stage;
use handoff_domain::qualification::standing::{Agreed, Facts, Standing};
use handoff_domain::rates::Rates;
use handoff_domain::score::{Engagement, Row, Scorer};
use handoff_domain::value::{Value, ValueType};

use crate::agreed::{self, RULES};
use crate::lead::{Currency, Lead, today};
use crate::{Decision, Way};

/// The rulebook, and the leads as they are loaded.
pub(crate) struct ByDomain {
    criteria: CriteriaSet,
    scorer: Scorer,
    rates: Rates,
    now: DateTime<Utc>,
    day: NaiveDate,
    /// Nothing of it is asked here.
    record: Record,
    leads: Vec<(Profile, Engagement)>,
}

impl ByDomain {
    pub(crate) fn new(leads: &[Lead]) -> anyhow::Result<Self> {
        let scorer = agreed::scorer()?;
        let day = today();
        let now = day.and_time(NaiveTime::MIN).and_utc();
        let leads = leads.iter().map(|lead| Ok((profile(lead)?, engagement(lead, &scorer)?)));
        Ok(Self {
            criteria: agreed::criteria()?,
            rates: agreed::rates()?,
            now,
            day,
            record: record(now),
            leads: leads.collect::<anyhow::Result<_>>()?,
            scorer,
        })
    }
}

impl Way for ByDomain {
    fn decide(&self, lead: usize) -> anyhow::Result<Decision> {
        let (profile, engagement) = &self.leads[lead];
        let agreed = Agreed {
            criteria: InEffect::Yes(&self.criteria),
            model: InEffect::Yes(&self.scorer),
            contract: InEffect::Yes(()),
        };
        let facts = Facts {
            lead: &self.record,
            is_known: true,
            profile,
            engagement,
            fast_track_at: None,
            rates: &self.rates,
        };
        let standing = Standing::of(self.now, self.day, agreed, facts);
        let fitness = standing.fitness().now().context("criteria are in effect")?;
        let behaviour = standing.behaviour().now().context("a model is in effect")?;
        let reaches =
            fitness.points >= behaviour.thresholds.fit && behaviour.thresholds.holds(false, behaviour.points);
        Ok(Decision {
            fit: fitness.points.milli(),
            gates_hold: fitness.gates_hold,
            behaviour: behaviour.points.milli(),
            is_candidate: fitness.gates_hold && reaches,
        })
    }
}

fn profile(lead: &Lead) -> anyhow::Result<Profile> {
    let Lead {
        country, employees, revenue, industry, job_title, email, technologies, decision_maker, ..
    } = lead;
    let money = |(amount, currency): (i64, Currency)| match currency {
        Currency::Eur => format!("{amount} EUR"),
        Currency::Usd => format!("{amount} USD"),
        Currency::Gbp => format!("{amount} GBP"),
    };
    let text = |text: Option<&str>| text.map(str::to_owned);
    let verified_on = employees.as_ref().and_then(|employees| employees.verified_on);
    let known = [
        ("country", ValueType::Text, text(*country)),
        ("employees", ValueType::Number, employees.as_ref().map(|it| it.count.to_string())),
        ("annual_revenue", ValueType::Money, revenue.map(money)),
        ("industry", ValueType::Text, text(*industry)),
        ("job_title", ValueType::Text, text(*job_title)),
        ("email", ValueType::Text, email.clone()),
        ("technologies", ValueType::List, technologies.as_ref().map(|it| it.join(";"))),
        ("decision_maker", ValueType::Boolean, decision_maker.map(|it| it.to_string())),
    ];
    let known = known.into_iter().filter_map(|(key, of, text)| Some((key, of, text?)));
    known
        .map(|(key, of, text)| {
            let verified_on = verified_on.filter(|_| key == "employees");
            let verified_at = verified_on.map(|date| date.and_time(NaiveTime::MIN).and_utc());
            let attribute = Attribute { value: Value::parse(of, &text)?, verified_at };
            Ok((key.parse::<AttributeKey>()?, attribute))
        })
        .collect()
}

fn engagement(lead: &Lead, scorer: &Scorer) -> anyhow::Result<Engagement> {
    let mut rows = Vec::new();
    for ((key, ..), counted) in RULES.iter().zip(lead.rows()) {
        let rule = scorer.index_of(key).context("a rule of the model")?;
        for row in counted {
            let date = NaiveDate::from_num_days_from_ce_opt(row.day).context("a date")?;
            rows.push(Row::new(rule, date, row.count));
        }
    }
    Ok(Engagement::new(rows, Vec::new()))
}

fn record(now: DateTime<Utc>) -> Record {
    Record {
        id: LeadId(Default::default()),
        kind: LeadKind::B2b,
        origin: Origin::default(),
        persona: None,
        stage: Stage::Lead,
        stage_since: now,
        captured_at: now,
        customer_since: None,
        cooldown_until: None,
        suppression: Suppression::None,
        merged_into: None,
        imported: false,
        version: 1,
    }
}
