//! Words: an enum of the domain and the proto enum that says the same.

use handoff_domain::predicate::Answer;
use handoff_domain::profile::Subject;
use handoff_domain::promotion::Ground;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::duplicate::Likeness;
use handoff_domain::qualification::record::{
    Channel, ContactKind, Direction, HandoffState, LeadKind, Ruling, Suppression, Trigger,
};
use handoff_domain::qualification::reevaluation::{Change, Mode, Progress};
use handoff_domain::qualification::rejection::{Attribution, Disposition};
use handoff_domain::routing::Method;
use handoff_domain::value::ValueType;
use handoff_proto::qualification::v1 as pb;

/// Defines both directions. On the wire there is one value more, "unspecified", and there may be values that the
/// domain does not have yet.
macro_rules! words {
    ($($domain:ident as $wire:ident: $to:ident, $from:ident { $($ours:ident = $theirs:ident),+ $(,)? })+) => {$(
        #[doc = concat!("A `", stringify!($domain), "` for the wire.")]
        #[allow(dead_code, reason = "a word that is only ever heard keeps its way out for the tests")]
        pub(crate) fn $to(word: $domain) -> pb::$wire {
            match word {
                $($domain::$ours => pb::$wire::$theirs,)+
            }
        }

        #[doc = concat!("The `", stringify!($domain), "` on the wire, if it says one.")]
        #[allow(dead_code, reason = "a word that is only ever told keeps its way back for the tests")]
        pub(crate) fn $from(word: pb::$wire) -> Option<$domain> {
            match word {
                $(pb::$wire::$theirs => Some($domain::$ours),)+
                _ => None,
            }
        }
    )+};
}

words! {
    LeadKind as LeadKind: kind, from_kind { B2b = B2b, B2c = B2c, Unknown = Unknown }
    Channel as OriginChannel: channel, from_channel {
        Marketing = Marketing,
        SalesDevelopment = SalesDevelopment,
        Sales = Sales,
        Partner = Partner,
        Referral = Referral,
        Unknown = Unknown,
    }
    Suppression as Suppression: suppression, from_suppression {
        None = None,
        Consent = Consent,
        Competitor = Competitor,
        Customer = Customer,
        Test = Test,
    }
    Method as RoutingMethod: method, from_method {
        KeepOwner = KeepOwner,
        WeightedRoundRobin = WeightedRoundRobin,
        LeastOpenWork = LeastOpenWork,
    }
    Likeness as Likeness: likeness, from_likeness {
        Mailbox = Mailbox,
        Phone = Phone,
        NameAndOrganisation = NameAndOrganisation,
        NameAndDomain = NameAndDomain,
    }
    Stage as Stage: stage, from_stage {
        Lead = Lead,
        Nurture = Nurture,
        Disqualified = Disqualified,
        Mql = Mql,
        Sql = Sql,
        Opportunity = Opportunity,
        Customer = Customer,
    }
    HandoffState as HandoffState: state, from_state {
        PendingRoute = PendingRoute,
        Assigned = Assigned,
        Accepted = Accepted,
        Rejected = Rejected,
        Disputed = Disputed,
        Withdrawn = Withdrawn,
    }
    Ruling as DisputeRuling: ruling, from_ruling { Upheld = Upheld, Overturned = Overturned }
    Trigger as QualificationTrigger: trigger, from_trigger {
        Manual = Manual,
        SalesReady = SalesReady,
        Imported = Imported,
        Score = Score,
        FastTrack = FastTrack,
        Published = Published,
    }
    Attribution as RejectionAttribution: attribution, from_attribution {
        Criteria = Criteria,
        Data = Data,
        Timing = Timing,
        Routing = Routing,
    }
    Disposition as RejectionDisposition: disposition, from_disposition {
        Recycle = Recycle,
        Disqualify = Disqualify,
        Merge = Merge,
        ReturnToRouting = ReturnToRouting,
    }
    ContactKind as ContactOutcome: contact_kind, from_contact_kind {
        Attempt = Attempted,
        Connect = Connected,
        Meeting = MeetingHeld,
    }
    Direction as ContactDirection: direction, from_direction { Inbound = Inbound, Outbound = Outbound }
    Answer as CriterionAnswer: answer, from_answer { Match = Match, NoMatch = NoMatch, Unknown = Unknown }
    Ground as PromotionGround: ground, from_ground {
        Thresholds = Thresholds,
        Published = Published,
        FastTrack = FastTrack,
    }
    Mode as ReevaluationMode: mode, from_mode { Shadow = Shadow, Capped = Capped }
    Progress as ReevaluationState: progress, from_progress {
        Evaluating = Evaluating,
        Applying = Applying,
        Done = Done,
        Superseded = Superseded,
    }
    Change as ReevaluationChange: change, from_change {
        Qualifies = Qualifies,
        Waits = Waits,
        Leaves = Leaves,
        Later = Later,
    }
    Subject as AttributeSubject: attribute_subject, from_attribute_subject {
        Person = Person,
        Organisation = Organisation,
    }
    ValueType as ValueType: value_type, from_value_type {
        Text = Text,
        Number = Number,
        Money = Money,
        Date = Date,
        Boolean = Boolean,
        List = List,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back_from_the_wire() {
        for word in LeadKind::ALL {
            assert_eq!(from_kind(kind(*word)), Some(*word));
        }
        for word in Channel::ALL {
            assert_eq!(from_channel(channel(*word)), Some(*word));
        }
        for word in Suppression::ALL {
            assert_eq!(from_suppression(suppression(*word)), Some(*word));
        }
        for word in Stage::ALL {
            assert_eq!(from_stage(stage(*word)), Some(*word));
        }
        for word in HandoffState::ALL {
            assert_eq!(from_state(state(*word)), Some(*word));
        }
        for word in Ruling::ALL {
            assert_eq!(from_ruling(ruling(*word)), Some(*word));
        }
        for word in Trigger::ALL {
            assert_eq!(from_trigger(trigger(*word)), Some(*word));
        }
        for word in Attribution::ALL {
            assert_eq!(from_attribution(attribution(*word)), Some(*word));
        }
        for word in Disposition::ALL {
            assert_eq!(from_disposition(disposition(*word)), Some(*word));
        }
        for word in ContactKind::ALL {
            assert_eq!(from_contact_kind(contact_kind(*word)), Some(*word));
        }
        for word in Direction::ALL {
            assert_eq!(from_direction(direction(*word)), Some(*word));
        }
        for word in Answer::ALL {
            assert_eq!(from_answer(answer(*word)), Some(*word));
        }
        for word in Ground::ALL {
            assert_eq!(from_ground(ground(*word)), Some(*word));
        }
        for word in Mode::ALL {
            assert_eq!(from_mode(mode(*word)), Some(*word));
        }
        for word in Progress::ALL {
            assert_eq!(from_progress(progress(*word)), Some(*word));
        }
        for word in Change::ALL {
            assert_eq!(from_change(change(*word)), Some(*word));
        }
        for word in Subject::ALL {
            assert_eq!(from_attribute_subject(attribute_subject(*word)), Some(*word));
        }
        for word in ValueType::ALL {
            assert_eq!(from_value_type(value_type(*word)), Some(*word));
        }
    }

    #[test]
    fn the_names_on_the_wire_are_the_domains() {
        for word in Stage::ALL {
            assert_eq!(stage(*word).as_str_name(), format!("STAGE_{word}"));
        }
        for word in HandoffState::ALL {
            assert_eq!(state(*word).as_str_name(), format!("HANDOFF_STATE_{word}"));
        }
        for word in Channel::ALL {
            assert_eq!(channel(*word).as_str_name(), format!("ORIGIN_CHANNEL_{word}"));
        }
    }
}
