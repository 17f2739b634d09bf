//! Every metric in words, for `DescribeMetric` and for the answers that say which definition they used.

/// A metric that this build computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// MQLs.
    M1,
    /// SQLs.
    M2,
    /// MQL efficiency of a cohort.
    M3,
    /// MQL efficiency of a period.
    M4,
    /// Acceptance rate.
    M5,
    /// Velocity between two milestones.
    M6,
    /// Velocity of the MQL stage.
    M7,
    /// SLA attainment.
    M8,
    /// SLA verdict.
    M9,
    /// The reverse funnel.
    M19,
    /// Per business day.
    M20,
    /// Growth to hold the total.
    M21,
    /// Lead to customer.
    M25,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// `M7`.
    pub id: &'static str,
    /// `mql_stage_velocity`.
    pub name: &'static str,
    /// The requirements that it answers: `R32`, `F5`.
    pub requirements: &'static [&'static str],
    /// The formula in words.
    pub formula: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// What a reader must know, such as a slip in the sources or a benchmark; empty if nothing.
    pub note: &'static str,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 13] = [
        Self::M1,
        Self::M2,
        Self::M3,
        Self::M4,
        Self::M5,
        Self::M6,
        Self::M7,
        Self::M8,
        Self::M9,
        Self::M19,
        Self::M20,
        Self::M21,
        Self::M25,
    ];

    /// The metric with this id (`M7`) or name (`mql_stage_velocity`).
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| {
            let definition = describe(*metric);
            definition.id == text || definition.name == text
        })
    }
}

/// Why F1 and F2 are not computed as they are written.
const INVERTED: &str = "The sources write \"MQLs divided by SQLs\" and add that closer to 100 % is better; the sentence is \
                        upside down. 40 accepted of 100 is 40 %, not 250 %.";

/// The definition of a metric.
pub fn describe(metric: Metric) -> Definition {
    match metric {
        Metric::M1 => Definition {
            id: "M1",
            name: "mql_count",
            requirements: &["R26", "F3", "F4"],
            formula: "hand-overs that became an MQL in the period, without those withdrawn as MERGED or TEST; by LEAD: \
                      distinct leads; first_time: first cycles only",
            unit: "count",
            note: "A cycle whose source skipped MQL counts at the instant of the skip, unless STRICT.",
        },
        Metric::M2 => Definition {
            id: "M2",
            name: "sql_count",
            requirements: &["R2", "R26", "F4"],
            formula: "hand-overs accepted in the period, whenever they became an MQL",
            unit: "count",
            note: "An acceptance that a skipped stage implies counts at the instant of the skip, unless STRICT.",
        },
        Metric::M3 => Definition {
            id: "M3",
            name: "mql_efficiency_cohort",
            requirements: &["R19", "F1", "F2"],
            formula: "MQLs of the period that were accepted by as_of ÷ MQLs of the period; matured: only those at least \
                      W old at as_of, W being the 90th percentile of the decision times of the report's range and never \
                      under the time that a clock due in it was given, both rounded up to the edges of the rollups' \
                      histogram",
            unit: "share",
            note: INVERTED,
        },
        Metric::M4 => Definition {
            id: "M4",
            name: "mql_efficiency_period",
            requirements: &["F1", "F2"],
            formula: "SQLs of the period ÷ MQLs of the period",
            unit: "share",
            note: "The two are not the same leads, so it may exceed 100 %. The sources have it upside down: 40 accepted \
                   for 100 MQLs is 40 %, not 250 %.",
        },
        Metric::M5 => Definition {
            id: "M5",
            name: "acceptance_rate",
            requirements: &["R3", "R19", "F2"],
            formula: "accepted ÷ (accepted + rejected), over hand-overs decided in the period; variants: expired as not \
                      accepted, without rejections attributed to ROUTING, overturned disputes as accepted",
            unit: "share",
            note: "What the silence rule accepted is shown apart and in no rate; what a skipped stage implies is no \
                   decision. A rejection that was overturned is none any more; until sales has decided anew, the \
                   variant counts it as accepted, on the day on which it was overturned.",
        },
        Metric::M6 => Definition {
            id: "M6",
            name: "velocity",
            requirements: &["R11", "R35", "F5"],
            formula: "end − start of the pairs of two recorded milestones that end in the period (COHORT: that start in \
                      it): n, mean, median, 75th and 90th percentile (linear), maximum, how many within each limit, who \
                      waits still, and the median that counts those still waiting (Kaplan–Meier)",
            unit: "microseconds of BUSINESS or CALENDAR time, or whole BUSINESS_DAYS or CALENDAR_DAYS",
            note: "Pairs that end before they start are left out and counted in invalid_n; a skipped stage gives no \
                   sample. Benchmark: contact within an hour makes a conversation about seven times as likely.",
        },
        Metric::M7 => Definition {
            id: "M7",
            name: "mql_stage_velocity",
            requirements: &["R30", "R32", "F5"],
            formula: "velocity from MQL to accept or reject",
            unit: "as velocity",
            note: "Business time is what the clock logged when it stopped, otherwise by the calendar named. Of a hand-over \
                   that was decided anew after a dispute it is the sum over the clocks of all rounds: the time of \
                   the dispute counts on the wall and in no business time.",
        },
        Metric::M8 => Definition {
            id: "M8",
            name: "sla_attainment",
            requirements: &["R27", "R31"],
            formula: "met ÷ (met + breached), over clocks due in the period and by as_of",
            unit: "share",
            note: "Open and overdue counts as breached; cancelled before the deadline and not yet due are left out.",
        },
        Metric::M9 => Definition {
            id: "M9",
            name: "sla_verdict",
            requirements: &["R29", "R32", "F5"],
            formula: "mean (or 90th percentile) of mql_stage_velocity against each target in force, in the target's \
                      unit: ADHERING up to the target, otherwise NOT_ADHERING; overshoot = statistic ÷ target − 1",
            unit: "verdict, and a share for the overshoot",
            note: "A target of two days and a velocity of three: NOT_ADHERING, +50 %. The 90th percentile is advised: a \
                   mean hides the leads that lie.",
        },
        Metric::M19 => Definition {
            id: "M19",
            name: "plan",
            requirements: &["F10", "F11", "F13"],
            formula: "deals = ⌈revenue ÷ deal value⌉, SQLs = ⌈deals ÷ (SQL → deal)⌉, MQLs = ⌈SQLs ÷ (MQL → SQL)⌉, leads = \
                      ⌈MQLs ÷ (lead → MQL)⌉, visits = ⌈leads ÷ (visit → lead)⌉, on exact rationals; every number is enough \
                      for the one before it, and one less is not; a mix of classes reaches the goal if Σ leads × rate × \
                      deal value does",
            unit: "count",
            note: "10,000,000 at 50,000 a deal, 25 % and 20 % takes 200 deals, 800 SQLs and 4,000 MQLs; the source says 400, \
                   1,600 and 8,000, which is refused because it does not close.",
        },
        Metric::M20 => Definition {
            id: "M20",
            name: "per_business_day",
            requirements: &["F14"],
            formula: "count of the period ÷ local dates of the period on which the calendar opens; a running period \
                      counts its completed days, today apart",
            unit: "per business day",
            note: "What arrives on closed days stays in the numerator.",
        },
        Metric::M21 => Definition {
            id: "M21",
            name: "growth_to_hold",
            requirements: &["F14"],
            formula: "business days of the previous period ÷ business days of the current one − 1",
            unit: "share",
            note: "From 23 to 20 days is +15.0 %.",
        },
        Metric::M25 => Definition {
            id: "M25",
            name: "lead_to_customer",
            requirements: &["R20", "F19"],
            formula: "COHORT: leads captured in the period that are customers by as_of ÷ leads captured in it; PERIOD: \
                      leads that became customers in the period ÷ leads captured in it",
            unit: "share",
            note: "Typically 2–5 %. By PERIOD it may exceed 100 %.",
        },
    }
}
