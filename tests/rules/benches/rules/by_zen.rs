//! By zen-engine: an expression node with one expression for each figure, compiled once.

use anyhow::{Context, anyhow};
use futures_executor::block_on;
use serde_json::json;
use zen_engine::model::GraphContent;
use zen_engine::{Decision as Graph, Variable};

use crate::input;
use crate::lead::Lead;
use crate::{Decision, Way};

const FIT: &str = "\
    (employees != null and employees_verified != null and employees_verified >= fresh_since \
        and employees in [50..5000] ? 20000 : 0) \
    + (currency == 'EUR' ? (revenue >= 10000000 ? 25000 : 0) \
        : currency == 'USD' ? (revenue * 0.9213 >= 10000000 ? 25000 : 0) : -5000) \
    + (industry in ['software', 'banking', 'logistics', 'energy'] ? 15000 : 0) \
    + (job_title != null and (contains(job_title, 'director') or contains(job_title, 'head of') \
        or contains(job_title, 'chief') or contains(job_title, 'vp')) ? 20000 : 0) \
    + (email != null and (endsWith(email, '@gmail.com') or endsWith(email, '.gmail.com') \
        or endsWith(email, '@gmx.net') or endsWith(email, '.gmx.net') \
        or endsWith(email, '@outlook.com') or endsWith(email, '.outlook.com') \
        or endsWith(email, '@web.de') or endsWith(email, '.web.de')) ? -15000 : 0) \
    + (technologies != null and some(technologies, # in ['salesforce', 'hubspot']) ? 10000 : 0) \
    + (decision_maker == null ? -3000 : decision_maker ? 10000 : 0)";

const GATES_HOLD: &str = "country in ['de', 'at', 'ch', 'it', 'fr', 'es']";

const BEHAVIOUR: &str = "\
    max([-100000, min([200000, \
        sum(map(demo_requests, left[0][today - #.day] * #.count)) \
        + min([45000, sum(map(pricing_views, left[1][today - #.day] * (#.count < 3 ? #.count : 3)))]) \
        + min([40000, \
            sum(map(ebooks, left[2][today - #.day] * #.count)) \
            + sum(map(webinars, left[3][today - #.day] * #.count)) \
            + sum(map(newsletter_clicks, today - #.day < 14 ? 2000 * (#.count < 5 ? #.count : 5) : 0)) \
            + min([10000, sum(map(blog_posts, 1000 * #.count))])]) \
        + max([-50000, \
            sum(map(unsubscriptions, left[6][today - #.day] * #.count)) \
            + sum(map(career_views, today - #.day < 30 ? -15000 : 0))])])])";

const IS_CANDIDATE: &str = "$.gates_hold and $.fit >= 40000 and $.behaviour >= 50000";

/// The graph, and the inputs of all leads.
pub(crate) struct ByZen {
    graph: Graph,
    inputs: Vec<Variable>,
}

impl ByZen {
    pub(crate) fn new(leads: &[Lead]) -> anyhow::Result<Self> {
        let expression = |key: &str, value: &str| json!({ "id": key, "key": key, "value": value });
        let content: GraphContent = serde_json::from_value(json!({
            "nodes": [
                { "id": "lead", "name": "lead", "type": "inputNode", "content": {} },
                { "id": "decide", "name": "decide", "type": "expressionNode", "content": { "expressions": [
                    expression("fit", FIT),
                    expression("gates_hold", GATES_HOLD),
                    expression("behaviour", BEHAVIOUR),
                    expression("is_candidate", IS_CANDIDATE),
                ] } },
                { "id": "decision", "name": "decision", "type": "outputNode", "content": {} },
            ],
            "edges": [
                { "id": "before", "sourceId": "lead", "targetId": "decide" },
                { "id": "after", "sourceId": "decide", "targetId": "decision" },
            ],
        }))?;
        let mut graph = Graph::from(content);
        graph.compile();
        // Shared by all inputs, and copied by none.
        let given = Variable::from(input::given());
        let inputs = leads.iter().map(|lead| {
            let input = Variable::from(input::of(lead));
            for key in ["today", "fresh_since", "left"] {
                input.dot_insert(key, given.dot(key).context(key)?);
            }
            Ok(input)
        });
        Ok(Self { graph, inputs: inputs.collect::<anyhow::Result<_>>()? })
    }
}

impl Way for ByZen {
    fn decide(&self, lead: usize) -> anyhow::Result<Decision> {
        let answer = block_on(self.graph.evaluate(self.inputs[lead].clone())).map_err(|e| anyhow!("{e}"))?;
        let points = |key| {
            let number = answer.result.dot(key).and_then(|it| it.as_number());
            number.and_then(|it| i64::try_from(it).ok()).context(key)
        };
        let holds = |key| answer.result.dot(key).and_then(|it| it.as_bool()).context(key);
        Ok(Decision {
            fit: points("fit")?,
            gates_hold: holds("gates_hold")?,
            behaviour: points("behaviour")?,
            is_candidate: holds("is_candidate")?,
        })
    }
}
