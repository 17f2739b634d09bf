//! What kind of method a path names, by the table that is generated from the protos.

use std::time::Duration;

use handoff_proto::method;

/// Whether `path` (`/package.Service/Method`) is one of Handoff's RPCs with one request and one answer. Streams,
/// health, reflection and unknown paths are not.
pub(crate) fn is_unary(path: &str) -> bool {
    method::find(path).is_some_and(|method| method.is_unary)
}

/// How long a call of it may take at most; none for what [`is_unary`] is false for.
pub(crate) fn deadline_max(path: &str) -> Option<Duration> {
    let method = method::find(path).filter(|method| method.is_unary)?;
    Some(Duration::from_secs(method.deadline_max_seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_from_single_calls() {
        assert!(is_unary("/handoff.event.v1.EventLogService/GetLogHead"));
        assert!(!is_unary("/handoff.event.v1.EventLogService/SubscribeEvents"));
        assert!(!is_unary("/grpc.health.v1.Health/Check"));
        assert!(!is_unary("/handoff.event.v1.EventLogService/getLogHead"));
    }
}
