//! The sample as items of the Import RPC.

use chrono::{DateTime, Utc};
use handoff_proto::qualification::v1::{
    ImportRequest, Lead, LeadKind, Origin, history_entry::Entry, import_request::Subject,
};
use handoff_runtime::convert::to_timestamp;

use super::company::{CHANNELS, TIME_ZONE};
use super::journey;
use super::person::person;
use super::random::Random;
use super::season;

/// How many leads the demo makes.
pub const LEADS: u64 = 20_000;

/// A sample: the same values give the same leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Another seed is another story of the same company.
    pub seed: u64,
    /// How many leads.
    pub leads: u64,
    /// The end of the story, which goes eighteen months back; it should not lie in the future.
    pub until: DateTime<Utc>,
}

impl Sample {
    /// The leads with their histories, in the order in which they were captured.
    pub fn items(self) -> impl Iterator<Item = ImportRequest> {
        let arrivals = season::arrivals(self.seed, self.leads, self.until, TIME_ZONE);
        (1..).zip(arrivals).map(move |(number, captured)| self.item(number, captured))
    }

    fn item(self, number: u64, captured: DateTime<Utc>) -> ImportRequest {
        let mut random = Random::new(self.seed, number);
        // All weights are above zero, so there is always one.
        let channel = random.weighted(&CHANNELS, |channel| channel.weight).unwrap_or(&CHANNELS[0]);
        let lead = Lead {
            kind: LeadKind::B2b.into(),
            person: Some(person(number, &mut random)),
            origin: Some(Origin {
                channel: channel.channel.into(),
                source: channel.source.to_owned(),
                medium: channel.medium.to_owned(),
                campaign: channel.campaign.to_owned(),
            }),
            ..Lead::default()
        };
        ImportRequest {
            source_key: format!("demo/{}/{number}", self.seed),
            subject: Some(Subject::Lead(lead)),
            capture_time: Some(to_timestamp(captured)),
            history: journey::history(&mut random, channel, captured, self.until),
        }
    }
}

/// Whether the lead of an item became an MQL.
pub(crate) fn is_handed_over(item: &ImportRequest) -> bool {
    item.history.iter().any(|entry| matches!(entry.entry, Some(Entry::Qualified(_))))
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    fn sample(seed: u64) -> Sample {
        Sample { seed, leads: 4_000, until: "2026-11-22T14:30:00Z".parse().unwrap() }
    }

    /// How many histories have an entry that is it.
    fn count(items: &[ImportRequest], is_it: impl Fn(&Entry) -> bool) -> usize {
        let has =
            |item: &&ImportRequest| item.history.iter().any(|entry| entry.entry.as_ref().is_some_and(&is_it));
        items.iter().filter(has).count()
    }

    fn source(item: &ImportRequest) -> &str {
        match &item.subject {
            Some(Subject::Lead(lead)) => lead.origin.as_ref().map(|origin| origin.source.as_str()).unwrap(),
            _ => panic!("every item is a lead"),
        }
    }

    #[test]
    fn the_same_seed_is_the_same_story_and_another_seed_another() {
        let bytes = |seed| sample(seed).items().map(|item| item.encode_to_vec()).collect::<Vec<_>>();
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }

    #[test]
    fn every_history_is_in_order_and_ends_before_the_end() {
        let sample = sample(1);
        let end = to_timestamp(sample.until);
        for item in sample.items() {
            let times: Vec<i64> =
                item.history.iter().map(|entry| entry.occur_time.unwrap().seconds).collect();
            assert!(times.is_sorted(), "{}", item.source_key);
            assert!(item.capture_time.unwrap().seconds <= times.first().copied().unwrap_or(i64::MAX));
            assert!(times.iter().all(|time| *time <= end.seconds), "{}", item.source_key);
            assert!(item.history.len() <= 200);
        }
    }

    #[test]
    fn the_story_has_every_part() {
        let items: Vec<_> = sample(1).items().collect();
        assert_eq!(items.len(), 4_000);
        let handed_over = items.iter().filter(|item| is_handed_over(item)).count();
        assert!((800..1_200).contains(&handed_over), "{handed_over}");
        let won = count(&items, |entry| matches!(entry, Entry::Outcome(won) if won.amount.is_some()));
        assert!(won > 50, "{won}");
        let open = items.iter().filter(|item| {
            matches!(item.history.last().and_then(|last| last.entry.as_ref()), Some(Entry::Assigned(_)))
        });
        assert!(open.count() > 10);
        let twice = items.iter().filter(|item| {
            item.history.iter().filter(|entry| matches!(entry.entry, Some(Entry::Qualified(_)))).count() == 2
        });
        assert!(twice.count() > 10);
    }

    #[test]
    fn sales_rejects_most_of_the_bad_channel() {
        let items: Vec<_> = sample(1).items().collect();
        let (bad, good): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| source(item) == "leadmarket");
        let share = |items: &[ImportRequest]| {
            let accepted = count(items, |entry| matches!(entry, Entry::Accepted(_)));
            accepted * 100 / count(items, |entry| matches!(entry, Entry::Qualified(_)))
        };
        assert!(share(&bad) < 30, "{}", share(&bad));
        assert!(share(&good) > 50, "{}", share(&good));
    }
}
