//! Calls by path, with bytes for a body: what a test makes that knows every method and none in particular.

use anyhow::Context;
use futures_util::stream;
use http::uri::PathAndQuery;
use prost::bytes::{Buf, BufMut};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// How a call is answered at first: the refusal, or OK where an answer or a stream begins. A method of whatever kind can
/// be called so: on the wire they begin alike.
///
/// # Errors
/// When the path or a header is none.
pub async fn call(
    channel: &Channel,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> anyhow::Result<Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await?;
    let mut request = Request::new(stream::iter([body.to_vec()]));
    for (name, value) in headers {
        let value: AsciiMetadataValue = value.parse().context("a plain value")?;
        request.metadata_mut().insert(AsciiMetadataKey::from_bytes(name.as_bytes())?, value);
    }
    let path: PathAndQuery = path.parse()?;
    Ok(match client.streaming(request, path, Bytes).await {
        Ok(_) => Status::new(Code::Ok, ""),
        Err(status) => status,
    })
}

#[derive(Debug, Clone, Copy)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
