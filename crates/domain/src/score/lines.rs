//! A scoring model as lines of text, for hashing and for differences that people read.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::scoring_model::{Bounds, Filter, Group, Rule, ScoringModel};
use super::thresholds::Thresholds;

impl ScoringModel {
    /// Path → value: `rules.demo.points` → `30`. What is absent has no line. Two valid models have the same lines
    /// exactly if they are the same in [`Self::canonical`] order: keys are unique slugs, so no path has two meanings.
    pub fn lines(&self) -> BTreeMap<String, String> {
        let Self { rules, groups, total, thresholds, fast_track, publish } = self;
        let mut lines = Lines::default();
        for rule in rules {
            lines.rule(rule);
        }
        for Group { key, label, bounds } in groups {
            let path = format!("groups.{key}");
            lines.put(format!("{path}.label"), label);
            lines.bounds(&format!("{path}."), *bounds);
        }
        lines.bounds("total_", *total);
        let Thresholds { fit, up, down } = thresholds;
        lines.put("thresholds.fit", fit);
        lines.put("thresholds.up", up);
        lines.put("thresholds.down", down);
        for kind in fast_track {
            lines.put(format!("fast_track.{kind}"), "needs the gates only");
        }
        lines.put("publish", publish);
        lines.0
    }
}

#[derive(Default)]
struct Lines(BTreeMap<String, String>);

impl Lines {
    fn put(&mut self, path: impl Into<String>, value: impl Display) {
        self.0.insert(path.into(), value.to_string());
    }

    fn rule(&mut self, rule: &Rule) {
        let Rule { key, label, types, filters, points, decay, repeat_cap, bounds, group } = rule;
        let path = format!("rules.{key}");
        self.put(format!("{path}.label"), label);
        for kind in types {
            self.put(format!("{path}.types.{kind}"), "counts");
        }
        for Filter { property, of, predicate } in filters {
            self.put(format!("{path}.filters.{property}"), format_args!("{of} {predicate}"));
        }
        self.put(format!("{path}.points"), points);
        self.put(format!("{path}.decay"), decay);
        repeat_cap.iter().for_each(|cap| self.put(format!("{path}.repeat_cap"), cap));
        self.bounds(&format!("{path}."), *bounds);
        group.iter().for_each(|group| self.put(format!("{path}.group"), group));
    }

    fn bounds(&mut self, start: &str, Bounds { cap, floor }: Bounds) {
        cap.iter().for_each(|cap| self.put(format!("{start}cap"), cap));
        floor.iter().for_each(|floor| self.put(format!("{start}floor"), floor));
    }
}
