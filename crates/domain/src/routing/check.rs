//! What is wrong with a plan: said when it is put, everything at once.

use std::collections::HashSet;

use super::plan::{Action, Condition, Keep, Method, Plan, Pool, Rule};
use super::{OTHERWISE, Roster};
use crate::actor::Side;
use crate::error::{Error, Violation};
use crate::id::TeamId;
use crate::profile::{AttributeKey, Catalogue, InvalidKey, LABEL, is_key, is_label};
use crate::value::ValueType;

impl Plan {
    /// Whether a tenant with these people and attributes may have the plan. Fields are those of a request.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with it: `plan.rules[2].pool.users[0]`.
    pub fn check(&self, roster: &Roster, catalogue: &Catalogue) -> Result<(), Error> {
        let mut check = Check { roster, catalogue, violations: Vec::new() };
        let most = Self::MAX_RULES;
        check.that(self.rules.len() <= most, "plan.rules", format!("at most {most} rules"));
        let mut keys = HashSet::from([OTHERWISE]);
        for (index, rule) in self.rules.iter().enumerate().take(most) {
            let field = format!("plan.rules[{index}]");
            let is_new = keys.insert(&rule.key);
            check.that(is_new, &format!("{field}.key"), "is another rule's already, or `default`");
            check.rule(&field, rule);
        }
        check.pool("plan.otherwise", &self.otherwise);
        Error::of_violations(check.violations)
    }
}

struct Check<'a> {
    roster: &'a Roster,
    catalogue: &'a Catalogue,
    violations: Vec<Violation>,
}

impl Check<'_> {
    fn that(&mut self, holds: bool, field: &str, otherwise: impl Into<String>) {
        if !holds {
            self.violations.push(Violation { field: field.to_owned(), description: otherwise.into() });
        }
    }

    fn rule(&mut self, field: &str, rule: &Rule) {
        self.that(is_key(&rule.key), &format!("{field}.key"), InvalidKey.to_string());
        self.that(is_label(&rule.label), &format!("{field}.label"), LABEL);
        self.condition(&format!("{field}.when"), &rule.when);
        match &rule.then {
            Action::Pool(pool) => self.pool(&format!("{field}.pool"), pool),
            Action::Keep(Keep::LastAccepted) => {}
            Action::Keep(Keep::Attribute(key)) => {
                let field = format!("{field}.keep_owner.attribute");
                let of = self.attribute(&field, key);
                self.that(of.is_none_or(|of| of == ValueType::Text), &field, "is TEXT: it names a user");
            }
        }
    }

    fn condition(&mut self, field: &str, condition: &Condition) {
        let most = Condition::MAX_LINES;
        let fits = condition.lines.len() <= most;
        self.that(fits, &format!("{field}.product_lines"), format!("at most {most}"));
        let most = Condition::MAX_ATTRIBUTES;
        let fits = condition.attributes.len() <= most;
        self.that(fits, &format!("{field}.attributes"), format!("at most {most}"));
        for (index, (key, predicate)) in condition.attributes.iter().enumerate().take(most) {
            let field = format!("{field}.attributes[{index}]");
            if let Some(of) = self.attribute(&format!("{field}.attribute"), key) {
                self.violations.extend(predicate.violations(&format!("{field}.predicate"), of));
            }
        }
    }

    /// The type of an attribute; that there is none is noted.
    fn attribute(&mut self, field: &str, key: &AttributeKey) -> Option<ValueType> {
        let found = self.catalogue.get(key).map(|attribute| attribute.value_type);
        self.that(found.is_some(), field, "is no attribute of this tenant: define it first");
        found
    }

    fn pool(&mut self, field: &str, pool: &Pool) {
        let method = "is WEIGHTED_ROUND_ROBIN or LEAST_OPEN_WORK";
        self.that(pool.method != Method::KeepOwner, &format!("{field}.method"), method);
        let is_empty = pool.teams.is_empty() && pool.users.is_empty();
        self.that(!is_empty, field, "names a team or a user");
        let most = Pool::MAX_TEAMS;
        self.that(pool.teams.len() <= most, &format!("{field}.teams"), format!("at most {most}"));
        for (index, slug) in pool.teams.iter().enumerate().take(most) {
            let team = self.roster.team(TeamId::from_slug(self.roster.tenant(), slug));
            let side = team.map(|team| team.side);
            self.member(&format!("{field}.teams[{index}]"), "team", side);
        }
        let most = Pool::MAX_USERS;
        self.that(pool.users.len() <= most, &format!("{field}.users"), format!("at most {most}"));
        for (index, slug) in pool.users.iter().enumerate().take(most) {
            let side = self.roster.user(self.roster.named(slug)).map(|user| user.side);
            self.member(&format!("{field}.users[{index}]"), "user", side);
        }
    }

    fn member(&mut self, field: &str, what: &str, side: Option<Side>) {
        self.that(side.is_some(), field, format!("is no {what} of this tenant: add it first"));
        self.that(side.is_none_or(|side| side == Side::Sales), field, "is not of the sales side");
    }
}
