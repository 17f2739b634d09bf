//! By the `cel` crate: a program for each figure, compiled once. CEL has no sum, least and greatest: it is given them.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use cel::{Context, Program, Value};
use serde_json::Value as Json;

use crate::input;
use crate::lead::Lead;
use crate::{Decision, Way};

const FIT: &str = "\
    (employees != null && employees_verified != null && employees_verified >= fresh_since \
        && employees >= 50 && employees <= 5000 ? 20000 : 0) \
    + (currency == 'EUR' ? (revenue >= 10000000 ? 25000 : 0) \
        : currency == 'USD' ? (revenue * 9213 >= 100000000000 ? 25000 : 0) : -5000) \
    + (industry in ['software', 'banking', 'logistics', 'energy'] ? 15000 : 0) \
    + (job_title != null && (job_title.contains('director') || job_title.contains('head of') \
        || job_title.contains('chief') || job_title.contains('vp')) ? 20000 : 0) \
    + (email != null && (email.endsWith('@gmail.com') || email.endsWith('.gmail.com') \
        || email.endsWith('@gmx.net') || email.endsWith('.gmx.net') \
        || email.endsWith('@outlook.com') || email.endsWith('.outlook.com') \
        || email.endsWith('@web.de') || email.endsWith('.web.de')) ? -15000 : 0) \
    + (technologies != null && technologies.exists(it, it in ['salesforce', 'hubspot']) ? 10000 : 0) \
    + (decision_maker == null ? -3000 : decision_maker ? 10000 : 0)";

const GATES_HOLD: &str = "country in ['de', 'at', 'ch', 'it', 'fr', 'es']";

const BEHAVIOUR: &str = "\
    max(-100000, min(200000, \
        sum(demo_requests.map(it, left[0][today - it.day] * it.count)) \
        + min(45000, sum(pricing_views.map(it, left[1][today - it.day] * (it.count < 3 ? it.count : 3)))) \
        + min(40000, \
            sum(ebooks.map(it, left[2][today - it.day] * it.count)) \
            + sum(webinars.map(it, left[3][today - it.day] * it.count)) \
            + sum(newsletter_clicks.map(it, today - it.day < 14 ? 2000 * (it.count < 5 ? it.count : 5) : 0)) \
            + min(10000, sum(blog_posts.map(it, 1000 * it.count)))) \
        + max(-50000, \
            sum(unsubscriptions.map(it, left[6][today - it.day] * it.count)) \
            + sum(career_views.map(it, today - it.day < 30 ? -15000 : 0)))))";

/// The programs, and the variables of all leads.
pub(crate) struct ByCel<'a> {
    fit: Program,
    gates_hold: Program,
    behaviour: Program,
    leads: Vec<Context<'a, 'static>>,
}

impl<'a> ByCel<'a> {
    /// What is the same for all leads: the functions, and what they are given.
    pub(crate) fn root() -> anyhow::Result<Context<'static, 'static>> {
        let mut root = Context::default();
        let points = |it: &Value| if let Value::Int(points) = it { *points } else { 0 };
        root.add_function("sum", move |all: Arc<Vec<Value>>| all.iter().map(points).sum::<i64>())?;
        root.add_function("min", |one: i64, other: i64| one.min(other))?;
        root.add_function("max", |one: i64, other: i64| one.max(other))?;
        add(&mut root, input::given())?;
        Ok(root)
    }

    pub(crate) fn new(root: &'a Context<'static, 'static>, leads: &[Lead]) -> anyhow::Result<Self> {
        let leads = leads.iter().map(|lead| {
            let mut scope = root.new_inner_scope();
            add(&mut scope, input::of(lead))?;
            Ok(scope)
        });
        Ok(Self {
            fit: Program::compile(FIT)?,
            gates_hold: Program::compile(GATES_HOLD)?,
            behaviour: Program::compile(BEHAVIOUR)?,
            leads: leads.collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Way for ByCel<'_> {
    fn decide(&self, lead: usize) -> anyhow::Result<Decision> {
        let context = &self.leads[lead];
        let points = |program: &Program| match program.execute(context)? {
            Value::Int(points) => Ok(points),
            other => bail!("no points: {other:?}"),
        };
        let Value::Bool(gates_hold) = self.gates_hold.execute(context)? else { bail!("no answer") };
        let (fit, behaviour) = (points(&self.fit)?, points(&self.behaviour)?);
        let is_candidate = gates_hold && fit >= 40_000 && behaviour >= 50_000;
        Ok(Decision { fit, gates_hold, behaviour, is_candidate })
    }
}

fn add(scope: &mut Context<'_, 'static>, variables: Json) -> anyhow::Result<()> {
    let Json::Object(variables) = variables else { bail!("variables have names") };
    for (name, value) in variables {
        scope.add_variable_from_value(name, to_cel(value)?);
    }
    Ok(())
}

fn to_cel(json: Json) -> anyhow::Result<Value> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(it) => it.into(),
        Json::Number(it) => it.as_i64().context("a whole number")?.into(),
        Json::String(it) => it.into(),
        Json::Array(all) => all.into_iter().map(to_cel).collect::<anyhow::Result<Vec<_>>>()?.into(),
        Json::Object(all) => {
            let all = all.into_iter().map(|(key, it)| Ok((key, to_cel(it)?)));
            all.collect::<anyhow::Result<HashMap<_, _>>>()?.into()
        }
    })
}
