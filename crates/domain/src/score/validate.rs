//! What is wrong with a scoring model: every fault at once, each with its path and the way out.

use std::collections::{BTreeMap, BTreeSet};

use super::scoring_model::{Bounds, Filter, Group, Publish, Rule, ScoringModel};
use super::thresholds::Thresholds;
use crate::error::{Error, Violation};
use crate::id::is_slug;
use crate::points::Points;

impl ScoringModel {
    /// Refuses a model that breaks a rule or a limit, or by which no lead could ever become a candidate. Fields are
    /// named as in a request, `rules[3].group`, by their place in the lists as they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn validate(&self) -> Result<(), Error> {
        let mut check = Check::default();
        check.most("rules", self.rules.len(), Self::MAX_RULES);
        check.most("groups", self.groups.len(), Self::MAX_GROUPS);
        let nothing = self.rules.is_empty() && self.fast_track.is_empty();
        check.that(
            !nothing,
            "rules",
            "give the model a rule or a fast track: without, nobody ever qualifies",
        );
        let groups: BTreeSet<&str> = self.groups.iter().map(|group| group.key.as_str()).collect();
        for (index, rule) in self.rules.iter().enumerate().take(Self::MAX_RULES) {
            check.rule(&format!("rules[{index}]"), rule, &groups);
        }
        for (index, group) in self.groups.iter().enumerate().take(Self::MAX_GROUPS) {
            let Group { key, label, bounds } = group;
            let field = format!("groups[{index}]");
            check.slug(&format!("{field}.key"), key);
            check.text(&format!("{field}.label"), label);
            check.bounds(&format!("{field}.bounds"), *bounds);
        }
        check.unique("rules", self.rules.iter().map(|rule| rule.key.as_str()));
        check.unique("groups", self.groups.iter().map(|group| group.key.as_str()));
        check.bounds("total", self.total);
        check.thresholds(&self.thresholds, self.total);
        check.types("fast_track", &self.fast_track);
        if let Publish::Capped { per_business_day } = self.publish {
            check.count("publish.capped_per_business_day", per_business_day);
        }
        check.finish()
    }
}

#[derive(Default)]
struct Check(Vec<Violation>);

impl Check {
    fn that(&mut self, holds: bool, field: &str, otherwise: impl Into<String>) {
        if !holds {
            self.0.push(Violation { field: field.to_owned(), description: otherwise.into() });
        }
    }

    fn rule(&mut self, field: &str, rule: &Rule, groups: &BTreeSet<&str>) {
        let Rule { key, label, types, filters, points, decay, repeat_cap, bounds, group } = rule;
        self.slug(&format!("{field}.key"), key);
        self.text(&format!("{field}.label"), label);
        let has_types = !types.is_empty();
        self.that(has_types, &format!("{field}.types"), "name the types of activities that the rule counts");
        self.types(&format!("{field}.types"), types);
        self.filters(&format!("{field}.filters"), filters);
        self.points(&format!("{field}.points"), *points, ScoringModel::MAX_POINTS);
        self.0.extend(decay.violations(&format!("{field}.decay")));
        if let Some(cap) = repeat_cap {
            self.count(&format!("{field}.repeat_cap"), *cap);
        }
        self.bounds(&format!("{field}.bounds"), *bounds);
        let known = group.as_deref().is_none_or(|group| groups.contains(group));
        self.that(known, &format!("{field}.group"), "is the key of no group of the model");
    }

    fn filters(&mut self, field: &str, filters: &[Filter]) {
        self.most(field, filters.len(), ScoringModel::MAX_FILTERS);
        let filters = &filters[..filters.len().min(ScoringModel::MAX_FILTERS)];
        for (index, filter) in filters.iter().enumerate() {
            let property = format!("{field}[{index}].property");
            self.text(&property, &filter.property);
            let again = filters[..index].iter().any(|other| other.property == filter.property);
            self.that(!again, &property, "a rule has one filter for a property");
            self.0.extend(filter.predicate.violations(&format!("{field}[{index}].predicate"), filter.of));
        }
    }

    fn types(&mut self, field: &str, types: &BTreeSet<String>) {
        self.most(field, types.len(), ScoringModel::MAX_TYPES);
        for (index, kind) in types.iter().enumerate().take(ScoringModel::MAX_TYPES) {
            self.text(&format!("{field}[{index}]"), kind);
        }
    }

    fn thresholds(&mut self, thresholds: &Thresholds, total: Bounds) {
        let Thresholds { fit, up, down } = *thresholds;
        self.points("thresholds.fit", fit, ScoringModel::MAX_BOUND);
        self.points("thresholds.up", up, ScoringModel::MAX_BOUND);
        self.points("thresholds.down", down, ScoringModel::MAX_BOUND);
        self.that(up > Points::ZERO, "thresholds.up", "is more than 0: a lead that did nothing has 0 points");
        self.that(down < up, "thresholds.down", format!("is less than thresholds.up, {up}"));
        let reachable = total.cap.is_none_or(|cap| cap >= up);
        self.that(
            reachable,
            "total.cap",
            format!("is at least thresholds.up, {up}, or nobody ever reaches it"),
        );
    }

    fn bounds(&mut self, field: &str, Bounds { cap, floor }: Bounds) {
        let (cap_field, floor_field) = (format!("{field}.cap"), format!("{field}.floor"));
        cap.iter().for_each(|cap| self.points(&cap_field, *cap, ScoringModel::MAX_BOUND));
        floor.iter().for_each(|floor| self.points(&floor_field, *floor, ScoringModel::MAX_BOUND));
        if let (Some(cap), Some(floor)) = (cap, floor) {
            self.that(floor <= cap, &floor_field, format!("a floor is no more than its cap, {cap}"));
        }
    }

    fn points(&mut self, field: &str, points: Points, most: Points) {
        self.that(
            points >= -most && points <= most,
            field,
            format!("lies between -{most} and {most} points"),
        );
    }

    fn count(&mut self, field: &str, count: u32) {
        let most = ScoringModel::MAX_COUNT;
        self.that((1..=most).contains(&count), field, format!("is 1 to {most}"));
    }

    fn most(&mut self, field: &str, count: usize, most: usize) {
        self.that(count <= most, field, format!("has at most {most} of them"));
    }

    fn slug(&mut self, field: &str, key: &str) {
        self.that(is_slug(key), field, "is 2 to 63 of a-z, 0-9 and -, a letter first");
    }

    fn text(&mut self, field: &str, text: &str) {
        let most = ScoringModel::MAX_CHARS;
        let fits = (1..=most).contains(&text.chars().count())
            && text.trim() == text
            && !text.contains(char::is_control);
        self.that(
            fits,
            field,
            format!("has 1 to {most} characters, on one line and without blanks around them"),
        );
    }

    fn unique<'a>(&mut self, list: &str, keys: impl Iterator<Item = &'a str>) {
        let mut first = BTreeMap::new();
        for (index, key) in keys.enumerate() {
            let before = *first.entry(key).or_insert(index);
            let otherwise = format!("{list}[{before}] has this key already");
            self.that(before == index, &format!("{list}[{index}].key"), otherwise);
        }
    }

    fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
