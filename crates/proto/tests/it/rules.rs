//! Rules of our own for the protos, beyond `buf lint`.

use handoff_proto::common::v1::Role;
use handoff_proto::method::METHODS;
use prost_reflect::{DescriptorPool, Kind};

fn pool() -> DescriptorPool {
    DescriptorPool::decode(handoff_proto::DESCRIPTOR_SET).expect("a valid descriptor set")
}

/// Reads, searches, explanations, previews, plans and streams change nothing.
const NOT_MUTATING: [&str; 8] = ["Explain", "Get", "List", "Find", "Plan", "Preview", "Subscribe", "Watch"];

#[test]
fn every_mutating_rpc_takes_a_request_id() {
    for service in pool().services() {
        for method in service.methods() {
            // The items of a stream carry source keys instead.
            let mutates = !NOT_MUTATING.iter().any(|verb| method.name().starts_with(verb))
                && !method.is_client_streaming();
            let has_id =
                method.input().get_field_by_name("request_id").is_some_and(|f| f.kind() == Kind::String);
            assert_eq!(
                mutates,
                has_id,
                "{}: a request_id if and only if it changes something",
                method.full_name()
            );
        }
    }
}

#[test]
fn every_method_says_who_may_call_it() {
    assert!(METHODS.len() > 25, "the table is generated");
    for method in METHODS {
        assert!(!method.roles.is_empty(), "{} has no option (handoff.common.v1.access)", method.path);
        assert!(!method.roles.contains(&Role::Unspecified), "{}", method.path);
    }
}

#[test]
fn every_single_call_says_how_long_it_may_take_at_most() {
    for method in METHODS {
        let (least, most) = if method.is_unary { (1, 60) } else { (0, 0) };
        let seconds = method.deadline_max_seconds;
        assert!((least..=most).contains(&seconds), "{}: deadline_max_seconds {seconds}", method.path);
    }
}

#[test]
fn instants_are_called_time_and_are_timestamps() {
    for message in pool().all_messages().filter(|m| m.package_name().starts_with("handoff.")) {
        for field in message.fields() {
            let is_timestamp =
                matches!(field.kind(), Kind::Message(m) if m.full_name() == "google.protobuf.Timestamp");
            // The values of a map are told by the map's own name.
            let is_of_map = message.is_map_entry();
            if is_timestamp && is_of_map {
                assert!(message.name().ends_with("TimesEntry"), "{}", message.full_name());
            } else if is_timestamp {
                assert!(field.name().ends_with("_time"), "{}", field.full_name());
            }
        }
    }
}

#[test]
fn every_list_pages_by_token() {
    for service in pool().services() {
        for method in service.methods().filter(|m| m.name().starts_with("List")) {
            for field in ["page_size", "page_token"] {
                assert!(method.input().get_field_by_name(field).is_some(), "{}: {field}", method.full_name());
            }
            assert!(method.output().get_field_by_name("next_page_token").is_some(), "{}", method.full_name());
        }
    }
}
