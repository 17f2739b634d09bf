//! The floor: a unary call through tonic that does nothing, with the same request message. No layers, no deadline, no
//! identity: whatever RecordActivity takes beyond this is ours to answer for.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Context as _, ensure};
use handoff_proto::qualification::v1::RecordActivityRequest;
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::server::{NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::load::Call;
use crate::population::{Activities, Population};
use crate::services::CONNECTIONS;

type Codec = ProstCodec<RecordActivityRequest, RecordActivityRequest>;

/// Connections to an echo that serves until the process ends.
pub(crate) struct Echo {
    channels: Vec<Channel>,
    population: Population,
}

impl Echo {
    /// Serves on a free port, with the requests about a population.
    pub(crate) async fn start(population: &Population) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr()?))?.tcp_nodelay(true);
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            Server::builder().tcp_nodelay(true).add_service(EchoServer).serve_with_incoming(incoming),
        );
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(endpoint.connect().await.context("the echo does not answer")?);
        }
        Ok(Self { channels, population: population.clone() })
    }

    /// What task number `task` does.
    pub(crate) fn caller(&self, task: usize) -> Caller {
        let channel = self.channels[task % self.channels.len()].clone();
        Caller { client: tonic::client::Grpc::new(channel), activities: self.population.activities(task) }
    }
}

/// A client of the echo.
pub(crate) struct Caller {
    client: tonic::client::Grpc<Channel>,
    activities: Activities,
}

impl Call for Caller {
    async fn make(&mut self) -> anyhow::Result<()> {
        self.client.ready().await?;
        let (_, sent) = self.activities.next();
        let request_id = sent.request_id.clone();
        let path = PathAndQuery::from_static("/benchmark.Echo/Echo");
        let answer: Response<RecordActivityRequest> =
            self.client.unary(Request::new(sent), path, Codec::default()).await?;
        ensure!(answer.get_ref().request_id == request_id, "the echo answered something else");
        Ok(())
    }
}

/// The server, as generated code would have it.
#[derive(Debug, Clone)]
struct EchoServer;

impl NamedService for EchoServer {
    const NAME: &'static str = "benchmark.Echo";
}

impl Service<http::Request<Body>> for EchoServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async { Ok(tonic::server::Grpc::new(Codec::default()).unary(Back, request).await) })
    }
}

/// The RPC: each request back to whom it came from.
struct Back;

impl UnaryService<RecordActivityRequest> for Back {
    type Response = RecordActivityRequest;
    type Future = Ready<Result<Response<RecordActivityRequest>, Status>>;

    fn call(&mut self, request: Request<RecordActivityRequest>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}
