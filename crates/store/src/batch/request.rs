//! Request ids and what their callers were told. What is kept is a reference, never the answer itself: a kind, a
//! reason, a resource's name and facts, none of them personal.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use handoff_domain::error::{Error, Facts, Reason, Violation};
use handoff_domain::id::TenantId;

use super::{Envelope, Reference, RequestKey};
use crate::error::StoreError;
use crate::tx::Tx;

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was done; the answer is rebuilt from the reference.
    Done(Reference),
    /// It was refused, and the refusal is all there is.
    Refused(Error),
}

/// The request ids of a batch as columns.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) ids: Vec<Uuid>,
    pub(super) principals: Vec<String>,
    pub(super) methods: Vec<&'static str>,
    pub(super) hashes: Vec<Vec<u8>>,
    pub(super) positions: Vec<i64>,
    pub(super) outcomes: Vec<&'static str>,
    pub(super) reasons: Vec<Option<&'static str>>,
    pub(super) resources: Vec<String>,
    pub(super) facts: Vec<Value>,
}

impl Columns {
    /// Adds what `request` of `principal` came to at `position`. Failures of infrastructure are left out: the same
    /// request may succeed the next time.
    pub(super) fn push(&mut self, principal: &str, request: &RequestKey, position: i64, outcome: Outcome) {
        let Some(row) = encode(outcome) else { return };
        self.ids.push(request.id);
        self.principals.push(principal.to_owned());
        self.methods.push(request.method);
        self.hashes.push(request.hash.to_vec());
        self.positions.push(position);
        self.outcomes.push(row.outcome);
        self.reasons.push(row.reason);
        self.resources.push(row.resource);
        self.facts.push(row.facts);
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

struct Encoded {
    outcome: &'static str,
    reason: Option<&'static str>,
    resource: String,
    facts: Value,
}

/// Names and texts in their order; a field may break several rules, so they are pairs and not an object.
fn pairs(items: impl IntoIterator<Item = (String, String)>) -> Value {
    items.into_iter().map(|(name, value)| Value::from(vec![name, value])).collect()
}

fn encode(outcome: Outcome) -> Option<Encoded> {
    let (outcome, reason, resource, facts) = match outcome {
        Outcome::Done(reference) => ("DONE", None, reference.resource, pairs(reference.facts)),
        Outcome::Refused(Error::Invalid(violations)) => (
            "INVALID",
            None,
            String::new(),
            pairs(violations.into_iter().map(|violation| (violation.field, violation.description))),
        ),
        Outcome::Refused(Error::NotFound { resource }) => ("NOT_FOUND", None, resource, pairs([])),
        Outcome::Refused(Error::AlreadyExists { reason, facts }) => {
            ("ALREADY_EXISTS", Some(reason.as_str()), String::new(), pairs(facts))
        }
        Outcome::Refused(Error::Refused { reason, facts }) => {
            ("REFUSED", Some(reason.as_str()), String::new(), pairs(facts))
        }
        Outcome::Refused(Error::Stale { resource }) => ("STALE", None, resource, pairs([])),
        Outcome::Refused(Error::Denied { message }) => {
            ("DENIED", None, String::new(), pairs([("message".to_owned(), message)]))
        }
        Outcome::Refused(Error::Exhausted { .. } | Error::Expired | Error::Busy { .. } | Error::Internal) => {
            return None;
        }
    };
    Some(Encoded { outcome, reason, resource, facts })
}

fn decode(outcome: &str, reason: Option<&str>, resource: String, facts: &Value) -> Option<Outcome> {
    let facts: Vec<(String, String)> = facts
        .as_array()?
        .iter()
        .map(|pair| match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::String(value)]) => Some((name.clone(), value.clone())),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let reason = || reason.and_then(Reason::from_name);
    let collect = |facts: Vec<(String, String)>| facts.into_iter().collect::<Facts>();
    Some(match outcome {
        "DONE" => Outcome::Done(Reference { resource, facts: collect(facts) }),
        "INVALID" => Outcome::Refused(Error::Invalid(
            facts.into_iter().map(|(field, description)| Violation { field, description }).collect(),
        )),
        "NOT_FOUND" => Outcome::Refused(Error::NotFound { resource }),
        "ALREADY_EXISTS" => {
            Outcome::Refused(Error::AlreadyExists { reason: reason()?, facts: collect(facts) })
        }
        "REFUSED" => Outcome::Refused(Error::Refused { reason: reason()?, facts: collect(facts) }),
        "STALE" => Outcome::Refused(Error::Stale { resource }),
        "DENIED" => Outcome::Refused(Error::Denied { message: facts.into_iter().next()?.1 }),
        _ => return None,
    })
}

/// The error for a request id that came before with another body.
pub(super) fn reused(request: &RequestKey) -> Error {
    Error::already_exists(Reason::RequestIdReused, [("request_id", request.id.to_string())])
}

/// A request that was answered before.
#[derive(Debug)]
pub(super) struct Answered {
    /// Its place among those asked for.
    pub(super) index: usize,
    /// Whether the body was the same.
    pub(super) same_body: bool,
    /// The end of the log once it was done.
    pub(super) position: i64,
    /// What its caller was told.
    pub(super) outcome: Outcome,
}

/// Which of these requests were answered before.
pub(super) async fn load_answered(
    tx: &mut Tx,
    tenant: TenantId,
    envelopes: &[&Envelope],
) -> Result<Vec<Answered>, StoreError> {
    let (mut ids, mut principals, mut methods, mut asked) = (vec![], vec![], vec![], vec![]);
    for (index, envelope) in envelopes.iter().enumerate() {
        if let Some(request) = &envelope.request {
            ids.push(request.id);
            principals.push(envelope.actor.principal.clone());
            methods.push(request.method.to_owned());
            asked.push((index, request.hash));
        }
    }
    // One probe of the key for each id, whatever the planner thinks of the table: `limit 1` keeps it from joining.
    let rows = sqlx::query!(
        r#"-- batch::request::load_answered
        select asked.place as "place!", found.body_hash, found.position, found.outcome, found.reason, found.resource,
            found.facts
        from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality
            as asked(request_id, principal, method, place)
        cross join lateral (
            select body_hash, position, outcome, reason, resource, facts
            from request
            where tenant_id = $1
                and request_id = asked.request_id
                and principal = asked.principal
                and method = asked.method
            limit 1
        ) as found"#,
        tenant.0,
        &ids,
        &principals,
        &methods,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = usize::try_from(row.place - 1).ok();
            let (index, hash) = place
                .and_then(|place| asked.get(place))
                .ok_or_else(|| StoreError::defect("a request that was not asked for"))?;
            let outcome = decode(&row.outcome, row.reason.as_deref(), row.resource, &row.facts)
                .ok_or_else(|| StoreError::defect("a stored outcome of a request cannot be read"))?;
            Ok(Answered {
                index: *index,
                same_body: row.body_hash == hash[..],
                position: row.position,
                outcome,
            })
        })
        .collect()
}

/// Whether any request id was recorded before `before`.
pub(crate) async fn has_before(
    tx: &mut Tx,
    tenant: TenantId,
    before: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"-- batch::request::has_before
        select recorded_at
        from request
        where tenant_id = $1 and recorded_at < $2
        order by recorded_at
        limit 1"#,
        tenant.0,
        before,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Deletes up to `limit` request ids that were recorded before `before`, the oldest first.
pub(crate) async fn forget(
    tx: &mut Tx,
    tenant: TenantId,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query!(
        r#"-- batch::request::forget
        delete from request
        where tenant_id = $1
            and (request_id, principal, method) in (
                select request_id, principal, method
                from request
                where tenant_id = $1 and recorded_at < $2
                order by recorded_at
                limit $3
            )"#,
        tenant.0,
        before,
        limit,
    )
    .execute(tx.connection())
    .await?;
    Ok(deleted.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcome: Outcome) {
        let row = encode(outcome.clone()).expect("this kind is stored");
        assert_eq!(decode(row.outcome, row.reason, row.resource, &row.facts), Some(outcome));
    }

    #[test]
    fn what_is_stored_comes_back_as_it_was() {
        check(Outcome::Done(Reference {
            resource: "leads/1".into(),
            facts: Facts::from([("created".into(), "true".into())]),
        }));
        check(Outcome::Refused(Error::Invalid(vec![
            Violation { field: "lead.email".into(), description: "is empty".into() },
            Violation { field: "lead.email".into(), description: "has no @".into() },
        ])));
        check(Outcome::Refused(Error::not_found("leads/2")));
        check(Outcome::Refused(Error::already_exists(Reason::SourceKeyConflict, [("kind", "lead".into())])));
        check(Outcome::Refused(Error::refused(Reason::IllegalState, [("state", "SQL".into())])));
        check(Outcome::Refused(Error::Stale { resource: "leads/3".into() }));
        check(Outcome::Refused(Error::Denied { message: "sales only".into() }));
    }

    #[test]
    fn failures_of_infrastructure_are_not_stored() {
        for error in [
            Error::Internal,
            Error::Expired,
            Error::Busy { reason: Reason::StoreUnavailable },
            Error::Exhausted { reason: Reason::QueueFull },
        ] {
            assert!(encode(Outcome::Refused(error)).is_none());
        }
    }
}
