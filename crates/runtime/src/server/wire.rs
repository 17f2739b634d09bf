//! How the messages of RPCs look on the wire: how large they may be, and whether they may be compressed. tonic has this as
//! properties of each generated server, whose own default is 4 MiB for requests and no bound for answers; here it is
//! said once for all of them.
//!
//! What is compressed is unpacked only once its caller is known and may call, and never beyond the size of a request:
//! what would be larger is refused in the middle, whatever it unpacks to.

use handoff_proto::event::v1::event_log_service_server::EventLogServiceServer;
use handoff_proto::qualification::v1::catalogue_service_server::CatalogueServiceServer;
use handoff_proto::qualification::v1::decision_service_server::DecisionServiceServer;
use handoff_proto::qualification::v1::qualification_service_server::QualificationServiceServer;
use handoff_proto::qualification::v1::reevaluation_service_server::ReevaluationServiceServer;
use handoff_proto::qualification::v1::routing_service_server::RoutingServiceServer;
use handoff_proto::qualification::v1::score_service_server::ScoreServiceServer;
use handoff_proto::qualification::v1::stage_service_server::StageServiceServer;
use handoff_proto::qualification::v1::version_service_server::VersionServiceServer;
use handoff_proto::reporting::v1::reporting_service_server::ReportingServiceServer;
use handoff_proto::sla::v1::sla_service_server::SlaServiceServer;
use tonic::codec::CompressionEncoding;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::{v1, v1alpha};

/// What every generated server is told.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    pub(crate) request_bytes: usize,
    /// Of an answer as it is sent: compressed, if it is.
    pub(crate) answer_bytes: usize,
    /// What is taken, and sent to whoever asks for it.
    pub(crate) compression: Option<CompressionEncoding>,
}

impl Wire {
    /// The server, told.
    pub fn of<S: Generated>(self, server: S) -> S {
        let server = server.sized(self.request_bytes, self.answer_bytes);
        match self.compression {
            Some(encoding) => server.compressed(encoding),
            None => server,
        }
    }
}

/// A server that tonic generates. Each has these methods, and there is no trait of tonic's for them.
pub trait Generated {
    /// With the largest request and the largest answer.
    #[must_use]
    fn sized(self, request: usize, answer: usize) -> Self;
    /// With an encoding that it takes and sends.
    #[must_use]
    fn compressed(self, encoding: CompressionEncoding) -> Self;
}

macro_rules! generated {
    ($($server:ty),+ $(,)?) => {$(
        impl<T> Generated for $server {
            fn sized(self, request: usize, answer: usize) -> Self {
                self.max_decoding_message_size(request).max_encoding_message_size(answer)
            }

            fn compressed(self, encoding: CompressionEncoding) -> Self {
                self.accept_compressed(encoding).send_compressed(encoding)
            }
        }
    )+};
}

generated!(
    QualificationServiceServer<T>,
    CatalogueServiceServer<T>,
    VersionServiceServer<T>,
    RoutingServiceServer<T>,
    ScoreServiceServer<T>,
    StageServiceServer<T>,
    ReevaluationServiceServer<T>,
    DecisionServiceServer<T>,
    SlaServiceServer<T>,
    ReportingServiceServer<T>,
    EventLogServiceServer<T>,
    HealthServer<T>,
    v1::ServerReflectionServer<T>,
    v1alpha::ServerReflectionServer<T>,
);
