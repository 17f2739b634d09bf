//! The RPCs of `handoff.qualification.v1.ScoreService`, one line each: which file answers which.

use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::score_service_server::ScoreService;
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::rpc;

/// The server half.
#[derive(Debug, Clone)]
pub(crate) struct Scores {
    app: App,
}

impl Scores {
    /// Serves with these parts.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ScoreService for Scores {
    async fn explain_score(&self, r: Request<pb::ExplainScoreRequest>) -> Answer<pb::ExplainScoreResponse> {
        rpc::explain_score::explain_score(&self.app, r).await
    }

    async fn adjust_score(&self, r: Request<pb::AdjustScoreRequest>) -> Answer<pb::AdjustScoreResponse> {
        rpc::adjust_score::adjust_score(&self.app, r).await
    }

    async fn reset_score(&self, r: Request<pb::ResetScoreRequest>) -> Answer<pb::ResetScoreResponse> {
        rpc::reset_score::reset_score(&self.app, r).await
    }
}
