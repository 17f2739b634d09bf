//! What kind of method a path names, read from the compiled protos, so that no list of ours can go stale.

use std::collections::HashSet;
use std::sync::LazyLock;

use prost::Message;
use prost_types::FileDescriptorSet;

/// Whether `path` (`/package.Service/Method`) is one of Handoff's RPCs with one request and one answer. Streams,
/// health, reflection and unknown paths are not.
pub(crate) fn is_unary(path: &str) -> bool {
    UNARY.contains(path)
}

static UNARY: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let files = FileDescriptorSet::decode(handoff_proto::DESCRIPTOR_SET)
        .expect("the descriptor set is generated and a test proves it fresh");
    let mut unary = HashSet::new();
    for file in &files.file {
        for service in &file.service {
            for method in &service.method {
                if !method.client_streaming() && !method.server_streaming() {
                    unary.insert(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
                }
            }
        }
    }
    unary
});

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
