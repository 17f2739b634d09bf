//! A proxy before the test server that cuts connections where a test says: before a message of the client reaches the
//! server, after it has, or after the server has answered and before the client hears it. So a test decides what a
//! client cannot know, such as whether its transaction was committed.
//!
//! It reads the client's messages only as far as it must to tell the beginning and the end of a transaction from what
//! is between, and understands no encryption.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

use super::{ScratchDatabase, url_of};

/// What a client is about to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// `begin`, with whatever it sends in the same message.
    Begin,
    /// Something within its transaction.
    Statement,
    /// `commit`.
    Commit,
}

/// What becomes of the connection then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It lives on.
    Pass,
    /// It is cut, and the server never hears it.
    CutBefore,
    /// It is cut as soon as the server has been told.
    CutAfter,
    /// It is cut once the server has answered; the client does not get the answer.
    CutAnswer,
}

type Judge = Arc<Mutex<dyn FnMut(Moment) -> Verdict + Send>>;

/// The proxy. It stops taking connections when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of this machine and passes everything on to the server of `database`. `judge` is asked
    /// about every [`Moment`] of every connection.
    ///
    /// # Errors
    /// There is no port to listen on.
    pub async fn start(
        database: &ScratchDatabase,
        judge: impl FnMut(Moment) -> Verdict + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let through = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(listener.local_addr()?.port())
            .username(database.server.get_username())
            .ssl_mode(PgSslMode::Disable);
        let (server, judge): (_, Judge) = (database.server.clone(), Arc::new(Mutex::new(judge)));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A connection that fails is a connection that is cut.
                tokio::spawn(pass_on(client, server.clone(), Arc::clone(&judge)));
            }
        });
        Ok(Self { url: url_of(&through, &database.name), accepting })
    }

    /// The database's URL through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass_on(client: TcpStream, server: PgConnectOptions, judge: Judge) -> io::Result<()> {
    client.set_nodelay(true)?;
    match server.get_socket() {
        Some(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{}", server.get_port()));
            between(client, UnixStream::connect(socket).await?, judge).await
        }
        None => {
            let server = TcpStream::connect((server.get_host(), server.get_port())).await?;
            server.set_nodelay(true)?;
            between(client, server, judge).await
        }
    }
}

/// Passes on in both directions until either side ends or the judge cuts; both ends are closed by being dropped.
async fn between(
    mut client: TcpStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    judge: Judge,
) -> io::Result<()> {
    let (mut said, mut answered) = (Vec::new(), vec![0; 64 << 10]);
    let mut has_started = false;
    loop {
        tokio::select! {
            read = client.read_buf(&mut said) => {
                if read? == 0 {
                    return Ok(());
                }
                while let Some(length) = message_length(&said, has_started) {
                    let message: Vec<u8> = said.drain(..length).collect();
                    let moment = if has_started { moment(&message) } else { None };
                    has_started = true;
                    let verdict = moment.map_or(Verdict::Pass, |moment| {
                        judge.lock().unwrap_or_else(PoisonError::into_inner)(moment)
                    });
                    if verdict == Verdict::CutBefore {
                        return Ok(());
                    }
                    server.write_all(&message).await?;
                    match verdict {
                        Verdict::Pass | Verdict::CutBefore => {}
                        Verdict::CutAfter => return server.shutdown().await,
                        Verdict::CutAnswer => return server.read(&mut answered).await.map(|_| ()),
                    }
                }
            }
            read = server.read(&mut answered) => {
                match read? {
                    0 => return Ok(()),
                    length => client.write_all(&answered[..length]).await?,
                }
            }
        }
    }
}

/// The length of the first message, if all of it is there: a kind, and a length that counts itself. The start message
/// has no kind.
fn message_length(said: &[u8], has_started: bool) -> Option<usize> {
    let kind = usize::from(has_started);
    let length = said.get(kind..kind + 4)?;
    let length = kind + u32::from_be_bytes(length.try_into().ok()?) as usize;
    (said.len() >= length).then_some(length)
}

/// What a message is the end of: a simple query, or the `Sync` behind the messages of a prepared one.
fn moment(message: &[u8]) -> Option<Moment> {
    match message {
        [b'Q', _, _, _, _, text @ ..] if text.starts_with(b"begin") => Some(Moment::Begin),
        [b'Q', _, _, _, _, text @ ..] if text.starts_with(b"commit") => Some(Moment::Commit),
        [b'Q' | b'S', ..] => Some(Moment::Statement),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let query = |text: &str| {
            let length = u32::try_from(text.len() + 5).expect("a short text");
            [&b"Q"[..], &length.to_be_bytes(), text.as_bytes(), b"\0"].concat()
        };
        for (message, expected) in [
            (query("begin; set local x = 1"), Some(Moment::Begin)),
            (query("commit"), Some(Moment::Commit)),
            (query("select 1"), Some(Moment::Statement)),
            (b"S\0\0\0\x04".to_vec(), Some(Moment::Statement)),
            (b"P\0\0\0\x08\0\0\0\0".to_vec(), None),
        ] {
            assert_eq!(message_length(&message, true), Some(message.len()));
            assert_eq!(message_length(&message[..message.len() - 1], true), None);
            assert_eq!(moment(&message), expected);
        }
    }
}
