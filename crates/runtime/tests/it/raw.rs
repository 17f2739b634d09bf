//! A call by bare HTTP/2, with exactly the headers that a test wants and no client that thinks along: tonic's would
//! answer a passed deadline itself.

use std::net::SocketAddr;

use handoff_proto::event::v1::{GetLogHeadRequest, SubscribeEventsRequest};
use http::{HeaderMap, Request};
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::codegen::Bytes;
use tonic::{Code, Status};

pub(crate) const HEAD: &str = "/handoff.event.v1.EventLogService/GetLogHead";
pub(crate) const SUBSCRIBE: &str = "/handoff.event.v1.EventLogService/SubscribeEvents";
pub(crate) const IDENTITY: [(&str, &str); 3] =
    [("handoff-tenant", "acme"), ("handoff-user", "users/ada"), ("handoff-side", "SALES")];

/// The request that [`HEAD`] takes.
pub(crate) fn head_of(tenant: &str) -> Vec<u8> {
    GetLogHeadRequest { tenant_uid: tenant.to_owned() }.encode_to_vec()
}

/// The request that [`SUBSCRIBE`] takes.
pub(crate) fn no_cursors() -> Vec<u8> {
    SubscribeEventsRequest::default().encode_to_vec()
}

/// A message as it stands in a body.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

/// Calls and gives the status, from the headers or from the trailers.
pub(crate) async fn call(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    message: Vec<u8>,
) -> Status {
    call_over(TcpStream::connect(address).await.unwrap(), path, headers, message).await
}

/// The same over a connection that is there.
pub(crate) async fn call_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    path: &str,
    headers: &[(&str, &str)],
    message: Vec<u8>,
) -> Status {
    answer_over(stream, path, headers, framed(&message)).await.status
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    /// Its messages, framed.
    pub(crate) body: Vec<u8>,
    /// From the headers or from the trailers.
    pub(crate) status: Status,
}

/// The same with a body as it is, and the whole answer.
pub(crate) async fn answer_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut request = Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (answer, mut sent) =
        sender.ready().await.unwrap().send_request(request.body(()).unwrap(), false).unwrap();
    // The server may have answered already, without waiting for the body.
    let _ = sent.send_data(Bytes::from(body), true);
    let (parts, mut received) = answer.await.unwrap().into_parts();
    assert_eq!(parts.status, 200);
    let mut body = Vec::new();
    let status = match Status::from_header_map(&parts.headers) {
        Some(status) => status,
        None => {
            while let Some(data) = received.data().await {
                let data = data.unwrap();
                received.flow_control().release_capacity(data.len()).unwrap();
                body.extend(data);
            }
            let trailers: HeaderMap = received.trailers().await.unwrap().unwrap_or_default();
            Status::from_header_map(&trailers).unwrap_or_else(|| Status::new(Code::Unknown, "no status came"))
        }
    };
    connection.abort();
    Answer { headers: parts.headers, body, status }
}
