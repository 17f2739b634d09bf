//! An issuer on a port of this machine: it answers what it is told to, when it is told to, and counts how often it was
//! asked.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;

pub(super) struct Issuer {
    pub(super) address: String,
    answer: watch::Sender<String>,
    open: watch::Sender<bool>,
    asked: watch::Sender<usize>,
    serving: JoinHandle<()>,
}

impl Issuer {
    /// One that has `keys`.
    pub(super) async fn with(keys: &[Value]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = format!("http://{}/keys?secret=7", listener.local_addr().expect("an address"));
        let answer = watch::Sender::new(keys_answer(keys));
        let (open, asked) = (watch::Sender::new(true), watch::Sender::new(0));
        let (answers, opens, asks) = (answer.clone(), open.clone(), asked.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers.clone(), opens.clone(), asks.clone()));
            }
        });
        Self { address, answer, open, asked, serving }
    }

    /// A judge who asks it.
    pub(super) async fn judge(&self) -> Tokens {
        let source = self.address.parse().expect("an address");
        Tokens::with_clock(config(source), clock).await.expect("an address that does not answer is no error")
    }

    /// From now on it has these keys.
    pub(super) fn rotate(&self, keys: &[Value]) {
        self.answer.send_replace(keys_answer(keys));
    }

    /// From now on it answers this, to the letter.
    pub(super) fn answer(&self, answer: String) {
        self.answer.send_replace(answer);
    }

    /// Leaves questions without an answer until `open`.
    pub(super) fn close(&self) {
        self.open.send_replace(false);
    }

    pub(super) fn open(&self) {
        self.open.send_replace(true);
    }

    /// How often it was asked so far.
    pub(super) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until it was asked `times`.
    pub(super) async fn was_asked(&self, times: usize) {
        self.asked
            .subscribe()
            .wait_for(|asked| *asked >= times)
            .await
            .expect("it counts as long as it is there");
    }

    /// Nobody listens there any more.
    pub(super) async fn stop(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }
}

/// A proper answer with a body.
pub(super) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn keys_answer(keys: &[Value]) -> String {
    ok(&json!({ "keys": keys }).to_string())
}

async fn serve(
    mut stream: TcpStream,
    answer: watch::Sender<String>,
    open: watch::Sender<bool>,
    asked: watch::Sender<usize>,
) {
    let mut question = Vec::new();
    while !question.ends_with(b"\r\n\r\n") {
        let mut part = [0; 1024];
        match stream.read(&mut part).await {
            Ok(read) if read > 0 => question.extend_from_slice(&part[..read]),
            _ => return,
        }
    }
    assert!(
        question.starts_with(b"GET /keys?secret=7 HTTP/1.1\r\n"),
        "{}",
        String::from_utf8_lossy(&question)
    );
    asked.send_modify(|asked| *asked += 1);
    open.subscribe().wait_for(|open| *open).await.expect("the sender is here");
    let answer = answer.borrow().clone();
    // Whoever asked may have given up.
    let _ = stream.write_all(answer.as_bytes()).await;
}
