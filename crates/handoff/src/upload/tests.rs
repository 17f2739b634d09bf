//! Uploads against a service that reads and answers when it is told to.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};

use futures_util::Stream;
use handoff_proto::qualification::v1::ImportedItem;
use handoff_runtime::client::{Caller, connect};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::transport::Server;
use tonic::{Request, Response, Streaming};
use tonic_prost::ProstCodec;
use tower::Service;

use super::*;

/// What a stream of the stub does.
#[derive(Clone)]
struct Script {
    /// It reads nothing before the source was asked for so many items.
    asked: usize,
    /// It answers nothing before it has read so many.
    read: usize,
    /// It breaks after so many answers.
    answers: usize,
}

/// An Import RPC that answers every item with its own source key, as its script says; a script for each stream.
#[derive(Clone)]
struct Stub {
    scripts: Arc<Mutex<VecDeque<Script>>>,
    asked: watch::Receiver<usize>,
}

impl NamedService for Stub {
    const NAME: &'static str = "handoff.qualification.v1.QualificationService";
}

impl Service<http::Request<Body>> for Stub {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let stub = self.clone();
        let codec = ProstCodec::<ImportResponse, ImportRequest>::default();
        Box::pin(async { Ok(Grpc::new(codec).streaming(stub, request).await) })
    }
}

impl StreamingService<ImportRequest> for Stub {
    type Response = ImportResponse;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<ImportResponse, Status>> + Send>>;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Self::ResponseStream>, Status>> + Send>>;

    fn call(&mut self, request: Request<Streaming<ImportRequest>>) -> Self::Future {
        let script = self.scripts.lock().unwrap().pop_front().expect("a script for every stream");
        let (answers, told) = mpsc::channel(16);
        tokio::spawn(script.play(request.into_inner(), self.asked.clone(), answers));
        Box::pin(async { Ok(Response::new(Box::pin(ReceiverStream::new(told)) as Self::ResponseStream)) })
    }
}

impl Script {
    async fn play(
        self,
        mut items: Streaming<ImportRequest>,
        mut asked: watch::Receiver<usize>,
        answers: mpsc::Sender<Result<ImportResponse, Status>>,
    ) {
        asked.wait_for(|asked| *asked >= self.asked).await.unwrap();
        let (mut read, mut unanswered, mut answered) = (0, VecDeque::new(), 0);
        while let Some(item) = items.message().await.expect("the sender does not break") {
            read += 1;
            unanswered.push_back(item.source_key);
            while read >= self.read
                && let Some(lead) = unanswered.pop_front()
            {
                let imported = import_response::Result::Imported(ImportedItem { lead, ..Default::default() });
                let index = i64::try_from(answered).unwrap();
                answered += 1;
                if answers.send(Ok(ImportResponse { index, result: Some(imported) })).await.is_err() {
                    return;
                }
                if answered == self.answers {
                    let _ = answers.send(Err(Status::unavailable("a restart"))).await;
                    return;
                }
            }
        }
        assert!(unanswered.is_empty(), "{} items are all that it was sent", unanswered.len());
    }
}

/// So many items, and what became of them.
struct Numbers {
    count: usize,
    asked: watch::Sender<usize>,
    answered: usize,
    sent_again: usize,
    broke: Vec<String>,
}

impl Source for Numbers {
    type Place = usize;

    fn next(&mut self) -> Option<(usize, ImportRequest)> {
        let number = *self.asked.borrow();
        if number == self.count {
            return None;
        }
        self.asked.send_replace(number + 1);
        Some((number, ImportRequest { source_key: format!("item {number}"), ..ImportRequest::default() }))
    }

    fn answered(&mut self, place: usize, answer: Answer) -> ControlFlow<()> {
        assert_eq!(place, self.answered, "answers come in the order of the items, each once");
        let import_response::Result::Imported(item) = answer.result else { panic!("none is refused") };
        assert_eq!(item.lead, format!("item {place}"), "the answer is that of the item");
        self.answered += 1;
        self.sent_again += usize::from(answer.sent_again);
        ControlFlow::Continue(())
    }

    fn broke(&mut self, why: &Status) {
        self.broke.push(why.message().to_owned());
    }

    fn goes_on(&mut self) {}
}

/// Uploads so many items to a service that plays these scripts.
async fn uploaded(count: usize, scripts: Vec<Script>) -> Numbers {
    let (asked, seen) = watch::channel(0);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let stub = Stub { scripts: Arc::new(Mutex::new(scripts.into())), asked: seen };
    let incoming = TcpListenerStream::new(listener);
    let serving = tokio::spawn(Server::builder().add_service(stub).serve_with_incoming(incoming));
    let caller = Caller::service("tests");
    let mut service = QualificationServiceClient::new(connect(&endpoint, &caller).await.unwrap());
    let mut numbers = Numbers { count, asked, answered: 0, sent_again: 0, broke: Vec::new() };
    upload(&mut service, &mut numbers, Duration::from_secs(60)).await.unwrap();
    serving.abort();
    numbers
}

#[tokio::test]
async fn ten_thousand_items_are_unanswered_and_many_of_them_unread_and_none_is_lost() {
    let script = Script { asked: 10_000, read: 10_000, answers: usize::MAX };
    let numbers = uploaded(12_345, vec![script]).await;
    assert_eq!(numbers.broke, [""; 0], "the connection holds what the service has not read");
    assert_eq!((numbers.answered, numbers.sent_again), (12_345, 0));
}

#[tokio::test]
async fn what_a_broken_stream_left_unanswered_is_sent_again_and_nothing_else() {
    let scripts = vec![
        Script { asked: 0, read: 10_000, answers: 2_500 },
        Script { asked: 0, read: 1, answers: usize::MAX },
    ];
    let numbers = uploaded(11_000, scripts).await;
    assert_eq!(numbers.broke, ["a restart"]);
    assert_eq!(numbers.answered, 11_000);
    assert!((7_500..=8_500).contains(&numbers.sent_again), "{} were sent again", numbers.sent_again);
}
