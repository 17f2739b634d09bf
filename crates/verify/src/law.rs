//! The laws, each with the name that scripts know it by and with what it says.

/// A law that every database of Handoff keeps at every moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "`says` tells each")]
pub enum Law {
    LogSequence,
    LogTime,
    LogIds,
    LogPayloads,
    LogCoherence,
    History,
    StateDirectory,
    StateCatalogue,
    StateVersions,
    Agreements,
    StateLeads,
    Merges,
    StateTracks,
    StateHandoffs,
    StateRouting,
    Routing,
    StateCalendars,
    StateOpportunities,
    StateActivities,
    StateContacts,
    StateSources,
    StateScores,
    ScoresEngagement,
    ScoresDue,
    Reevaluations,
    PersonReferences,
    PersonState,
    SlaCalendars,
    SlaContracts,
    SlaClocks,
    SlaTimers,
    ClocksHandoffs,
    ClocksDeadlines,
    ClocksBreaches,
    FactsSettings,
    FactsLeads,
    FactsHandoffs,
    FactsClocks,
    FactsVersions,
    Rollups,
    Cursors,
    Requests,
    Sessions,
}

impl Law {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 43] = [
        Self::LogSequence,
        Self::LogTime,
        Self::LogIds,
        Self::LogPayloads,
        Self::LogCoherence,
        Self::History,
        Self::StateDirectory,
        Self::StateCatalogue,
        Self::StateVersions,
        Self::Agreements,
        Self::StateLeads,
        Self::Merges,
        Self::StateTracks,
        Self::StateHandoffs,
        Self::StateRouting,
        Self::Routing,
        Self::StateCalendars,
        Self::StateOpportunities,
        Self::StateActivities,
        Self::StateContacts,
        Self::StateSources,
        Self::StateScores,
        Self::ScoresEngagement,
        Self::ScoresDue,
        Self::Reevaluations,
        Self::PersonReferences,
        Self::PersonState,
        Self::SlaCalendars,
        Self::SlaContracts,
        Self::SlaClocks,
        Self::SlaTimers,
        Self::ClocksHandoffs,
        Self::ClocksDeadlines,
        Self::ClocksBreaches,
        Self::FactsSettings,
        Self::FactsLeads,
        Self::FactsHandoffs,
        Self::FactsClocks,
        Self::FactsVersions,
        Self::Rollups,
        Self::Cursors,
        Self::Requests,
        Self::Sessions,
    ];

    /// Its name; it never changes.
    pub fn name(self) -> &'static str {
        self.told().0
    }

    /// What it says.
    pub fn says(self) -> &'static str {
        self.told().1
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::LogSequence => (
                "log.sequence",
                "in each log positions are 1, 2, 3 … without a gap, and the head is the last of them",
            ),
            Self::LogTime => (
                "log.time",
                "recorded time never goes backwards, and the head's is that of the last event or later",
            ),
            Self::LogIds => ("log.ids", "no two events of a log have the same id"),
            Self::LogPayloads => (
                "log.payloads",
                "every payload can be decoded and holds the fact that the event's type names",
            ),
            Self::LogCoherence => (
                "log.coherence",
                "every event is about records that earlier events made, and says all it must",
            ),
            Self::History => (
                "history",
                "every move is a step of the machine from where its track stood, in the right cycle, and has one row",
            ),
            Self::StateDirectory => ("state.directory", "tenant, teams and users are the fold of the log"),
            Self::StateCatalogue => {
                ("state.catalogue", "attributes, types of activity and rates are the fold of the log")
            }
            Self::StateVersions => {
                ("state.versions", "versions of criteria sets and models are the fold of the log")
            }
            Self::Agreements => (
                "agreements",
                "what is agreed on was signed by one person of each side, both then active, with exactly its content; of a \
                 subject one version at a time is in effect, each from where the one before it ends",
            ),
            Self::StateLeads => ("state.leads", "leads are the fold of the log"),
            Self::Merges => (
                "merges",
                "a lead is merged into one other, which stands as the first of all that are one person, and nobody waits \
                 for sales twice on a line",
            ),
            Self::StateTracks => ("state.tracks", "tracks are the fold of the log"),
            Self::StateHandoffs => ("state.handoffs", "hand-overs are the fold of the log"),
            Self::StateRouting => (
                "state.routing",
                "the routing plan, the turns of its pools and what is kept of handoffs are the fold of the log; whoever waits \
                 does so by a rule that is looked at, and users are looked at when they are away or will be",
            ),
            Self::Routing => (
                "routing",
                "a handoff goes by the plan of that moment to somebody of the sales side who is active, not away and has \
                 room, as a turn of the length of its weight from where its turn begins; whoever gave it back does not get \
                 it again, and it is sent back only by owners who are not there",
            ),
            Self::StateCalendars => (
                "state.calendars",
                "the calendars that users work by are sla's, as its log says up to qualification's cursor",
            ),
            Self::StateOpportunities => ("state.opportunities", "opportunities are the fold of the log"),
            Self::StateActivities => {
                ("state.activities", "there is one row for each activity of the log, as it says")
            }
            Self::StateContacts => {
                ("state.contacts", "there is one row for each contact of the log, as it says")
            }
            Self::StateSources => {
                ("state.sources", "imported items are remembered once each, as the log says")
            }
            Self::StateScores => (
                "state.scores",
                "there is one row for each adjustment and each baseline of the log, as it says, and a baseline right behind \
                 every rejection that recycles",
            ),
            Self::ScoresEngagement => (
                "scores.engagement",
                "what is counted of a lead is what it did since its latest baseline, by the version of the scoring model \
                 that its score names; of a rule with filters no more than that",
            ),
            Self::ScoresDue => (
                "scores.due",
                "due_time is when the first of the leads is to be judged or a scheduled version takes effect, and says \
                 whether a re-evaluation is under way",
            ),
            Self::Reevaluations => (
                "reevaluations",
                "a re-evaluation follows from each version that is published so, one at a time, and ends when all leads were \
                 looked at and those that change were judged; no date has more hand-overs by a published model than it has \
                 places",
            ),
            Self::PersonReferences => (
                "person.references",
                "personal values belong to an event of their lead that can have some; a lead has them or was erased",
            ),
            Self::PersonState => {
                ("person.state", "who a lead or user is equals the fold of the personal values of its events")
            }
            Self::SlaCalendars => ("sla.calendars", "calendars are the fold of sla's log"),
            Self::SlaContracts => {
                ("sla.contracts", "contracts are the fold of sla's log, and no two are in effect")
            }
            Self::SlaClocks => ("sla.clocks", "clocks are the fold of sla's log"),
            Self::SlaTimers => (
                "sla.timers",
                "timers are the deadlines of the running clocks that have not breached, and due_time the first of them",
            ),
            Self::ClocksHandoffs => (
                "clocks.handoffs",
                "up to sla's cursor every hand-over has one clock: started at its MQL time, stopped at its decision, \
                 cancelled where it was withdrawn or only implied",
            ),
            Self::ClocksDeadlines => (
                "clocks.deadlines",
                "every deadline is the calendar's answer to start and target (the calendar arithmetic is the domain's, \
                 proved against golden vectors)",
            ),
            Self::ClocksBreaches => (
                "clocks.breaches",
                "a clock breached at its deadline exactly, never before the log's time had passed it, and is late \
                 exactly where the decision was",
            ),
            Self::FactsSettings => (
                "facts.settings",
                "reporting's tenant, calendars and contracts are what the logs say up to its cursors",
            ),
            Self::FactsLeads => {
                ("facts.leads", "facts of leads equal an independent fold up to reporting's cursor")
            }
            Self::FactsHandoffs => (
                "facts.handoffs",
                "facts of passages through MQL equal an independent fold up to reporting's cursor",
            ),
            Self::FactsClocks => {
                ("facts.clocks", "facts of clocks equal an independent fold up to reporting's cursor")
            }
            Self::FactsVersions => (
                "facts.versions",
                "the versions of a fact follow on from each other, from one recording time to the next, as they were \
                 known then",
            ),
            Self::Rollups => (
                "rollups",
                "every counter of every cell equals the sum of an independent fold of the facts, and no cell is missing",
            ),
            Self::Cursors => (
                "cursors",
                "no cursor lies beyond its log's head, and what reports have seen is at the cursor",
            ),
            Self::Requests => (
                "requests",
                "each request id has one effect: its events lie together, were recorded at once, and belong to one \
                 request that was done",
            ),
            Self::Sessions => (
                "sessions",
                "nothing is held open: no prepared transaction, no session of ours idle in one. (Whether an idle \
                 session still carries a tenant cannot be seen from outside; the tests ask it from within.)",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Law;

    #[test]
    fn every_law_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Law::ALL.iter().map(|law| law.name()).collect();
        assert_eq!(names.len(), Law::ALL.len());
    }
}
