//! Every method of Handoff's services with what its declaration says of it: whether it streams, and who may call it.
//!
//! The list is generated from the protos, so that it can neither lack a method nor name one that is gone.

use crate::common::v1::Role;

include!("gen/methods.rs");

/// A method as its proto declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// As it is called: `/handoff.sla.v1.SlaService/GetCalendar`.
    pub path: &'static str,
    /// One request and one answer.
    pub is_unary: bool,
    /// The longest deadline that a call of it gets, in seconds; 0 for streams, which have none but their callers'.
    pub deadline_max_seconds: u32,
    /// Who may call it: whoever has one of them.
    pub roles: &'static [Role],
}

/// The method with exactly this path; no other spelling of it is one.
pub fn find(path: &str) -> Option<&'static Method> {
    let place = METHODS.binary_search_by(|method| method.path.cmp(path)).ok()?;
    METHODS.get(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_path_and_by_no_other() {
        for method in METHODS {
            assert_eq!(find(method.path), Some(method));
            for other in [
                method.path.trim_start_matches('/').to_owned(),
                format!("/{}", method.path),
                format!("{}/", method.path),
                method.path.to_lowercase(),
                method.path.replace("Service/", "Service//"),
                method.path.replace("Service/", "Service%2F"),
                method.path.replace('a', "%61"),
                format!("{}?", method.path),
            ] {
                assert_eq!(find(&other), None, "{other}");
            }
        }
    }
}
