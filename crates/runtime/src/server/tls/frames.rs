//! What a connection may say that carries nothing. PING, SETTINGS, PRIORITY and WINDOW_UPDATE cost their sender next to
//! nothing and us some work each, and h2 bounds none of them; so each is paid for. A connection begins with a stock, gets
//! more as time passes, with every request, and with what we write to it: who reads much has to say so. When nothing is
//! left the connection is ended. A piece of a body that is smaller than any message counts as such a frame; requests and
//! other pieces are for h2 to bound.
//!
//! It reads no more than the nine bytes before each frame (RFC 9113, 4.1), and judges nothing by their content.
//!
//! HTTP/1.1, which pages in browsers may speak ([`super::super::web`]), has no such frames: every byte of it is part of
//! headers or of a body, and both are bounded. Where only HTTP/2 was agreed on it ends the connection.

use std::io;

use tokio::time::Instant;

use crate::limits;

/// What a client says before its first frame, and no client of HTTP/1.1 says.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD_BYTES: usize = 9;

// Kinds of frames, by their numbers.
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const CONTINUATION: u8 = 0x9;

/// The stock of one connection.
#[derive(Debug)]
pub(super) struct Stock {
    left: u64,
    /// When time was last paid for.
    since: Instant,
    /// Written, and not yet paid for.
    written: usize,
    protocol: Protocol,
    /// How much of the preface is there.
    begun: usize,
    /// Bytes of a payload until the next head.
    skip: usize,
    head: [u8; HEAD_BYTES],
    /// How much of the head is there.
    filled: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http2,
    /// The first bytes will tell.
    Either,
    /// Whatever else: whether it is served is the server's business.
    Other,
}

impl Stock {
    /// Of a connection in plain text, which may turn out to speak HTTP/1.1.
    pub(super) fn new(now: Instant) -> Self {
        let left = limits::CONTROL_FRAMES;
        let protocol = Protocol::Either;
        Self { left, since: now, written: 0, protocol, begun: 0, skip: 0, head: [0; HEAD_BYTES], filled: 0 }
    }

    /// Of one that has agreed on HTTP/2.
    pub(super) fn http2(now: Instant) -> Self {
        Self { protocol: Protocol::Http2, ..Self::new(now) }
    }

    /// Takes what was read, in whatever pieces it came. Says how many frames have begun in it.
    ///
    /// # Errors
    /// When it cannot be paid for any more, or is not what was agreed on.
    pub(super) fn read(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut bytes = self.begin(bytes)?;
        let mut frames = 0;
        loop {
            let skipped = bytes.len().min(self.skip);
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let taken = bytes.len().min(HEAD_BYTES - self.filled);
            self.head[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled < HEAD_BYTES {
                return Ok(frames);
            }
            self.filled = 0;
            frames += 1;
            let [high, middle, low, kind, ..] = self.head;
            self.skip = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            match kind {
                HEADERS => self.earn(limits::CONTROL_FRAMES_PER_REQUEST),
                DATA if self.skip < limits::DATA_BYTES => self.pay(1)?,
                DATA | RST_STREAM | CONTINUATION => {}
                // It is gone through for every stream there is.
                SETTINGS => self.pay(limits::CONTROL_FRAMES_FOR_SETTINGS)?,
                _ => self.pay(1)?,
            }
        }
    }

    /// Takes what belongs to the preface, and gives the frames after it: none of another protocol.
    fn begin<'b>(&mut self, bytes: &'b [u8]) -> io::Result<&'b [u8]> {
        if self.protocol == Protocol::Other {
            return Ok(&[]);
        }
        let (begin, frames) = bytes.split_at(bytes.len().min(PREFACE.len() - self.begun));
        if PREFACE[self.begun..].starts_with(begin) {
            self.begun += begin.len();
            return Ok(frames);
        }
        if self.protocol == Protocol::Http2 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP/2"));
        }
        self.protocol = Protocol::Other;
        Ok(&[])
    }

    /// Takes what was written to the other side.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        let earned = self.written / limits::BYTES_PER_CONTROL_FRAME;
        self.written %= limits::BYTES_PER_CONTROL_FRAME;
        self.earn(earned as u64);
    }

    fn earn(&mut self, frames: u64) {
        self.left = limits::CONTROL_FRAMES.min(self.left + frames);
    }

    fn pay(&mut self, frames: u64) -> io::Result<()> {
        if self.left < frames {
            // The clock is asked only now: most connections never come here.
            let seconds = self.since.elapsed().as_secs_f64();
            let earned = (seconds * limits::CONTROL_FRAMES_PER_SECOND) as u64;
            if earned > 0 {
                self.since = Instant::now();
                self.earn(earned);
            }
        }
        match self.left.checked_sub(frames) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(io::Error::other("more frames that carry nothing than a connection may send")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    const PING: u8 = 0x6;

    fn frame(kind: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 1], &vec![0; payload]].concat()
    }

    /// One that has read the preface.
    fn stock() -> Stock {
        let mut stock = Stock::new(Instant::now());
        stock.read(PREFACE).unwrap();
        stock
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_begin_like_http2_is_not_read_as_frames() {
        let request =
            [b"POST / HTTP/1.1\r\n\r\nabcde".as_slice(), &many(PING, 8, limits::CONTROL_FRAMES + 1)].concat();
        for piece in [1, 3, 24, 25, 10_000] {
            let mut stock = Stock::new(Instant::now());
            assert!(request.chunks(piece).all(|bytes| stock.read(bytes).unwrap() == 0));
        }
        // As long as the preface may still come it is waited for, and one letter tells.
        let mut stock = Stock::new(Instant::now());
        assert!(PREFACE.chunks(1).all(|bytes| stock.read(bytes).unwrap() == 0));
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES)).unwrap();
        stock.read(&frame(PING, 8)).expect_err("one too many");
        let mut agreed = Stock::http2(Instant::now());
        agreed.read(&PREFACE[..23]).unwrap();
        agreed.read(b"X").expect_err("not what was agreed on");
    }

    fn many(kind: u8, payload: usize, times: u64) -> Vec<u8> {
        frame(kind, payload).repeat(usize::try_from(times).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn the_stock_is_what_is_had_and_not_one_frame_more() {
        let small = limits::DATA_BYTES - 1;
        for (kind, bytes) in [(0x2, 5), (PING, 8), (0x8, 4), (0x77, 0), (DATA, 0), (DATA, small)] {
            let mut stock = stock();
            stock.read(&many(kind, bytes, limits::CONTROL_FRAMES)).unwrap();
            stock.read(&frame(kind, bytes)).expect_err("one too many");
        }
        let settings = limits::CONTROL_FRAMES / limits::CONTROL_FRAMES_FOR_SETTINGS;
        let mut settled = stock();
        settled.read(&many(SETTINGS, 6, settings)).unwrap();
        settled.read(&frame(SETTINGS, 6)).expect_err("one too many");
    }

    #[tokio::test(start_paused = true)]
    async fn it_counts_the_same_in_whatever_pieces_frames_come() {
        for piece in [1, 2, 5, 9, 10, 17, 1_000] {
            let mut stock = stock();
            let bytes = many(PING, 8, limits::CONTROL_FRAMES);
            let frames: usize = bytes.chunks(piece).map(|bytes| stock.read(bytes).unwrap()).sum();
            assert_eq!(frames as u64, limits::CONTROL_FRAMES);
            // The head is enough to know it.
            let result = frame(PING, 8)[..9].chunks(piece).try_for_each(|bytes| stock.read(bytes).map(drop));
            result.expect_err("one too many");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_and_requests_cost_nothing() {
        let mut stock = stock();
        for (kind, bytes) in [(DATA, limits::DATA_BYTES), (HEADERS, 3), (RST_STREAM, 4), (CONTINUATION, 3)] {
            stock.read(&many(kind, bytes, limits::CONTROL_FRAMES * 2)).unwrap();
        }
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES)).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn requests_answers_and_time_bring_more() {
        let mut stock = stock();
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES)).unwrap();
        stock.read(&frame(HEADERS, 100)).unwrap();
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES_PER_REQUEST)).unwrap();
        (0..limits::BYTES_PER_CONTROL_FRAME * 3).for_each(|_| stock.wrote(1));
        stock.read(&many(PING, 8, 3)).unwrap();
        advance(Duration::from_secs(1)).await;
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES_PER_SECOND as u64)).unwrap();
        stock.read(&frame(PING, 8)).expect_err("one too many");
    }

    #[tokio::test(start_paused = true)]
    async fn however_long_it_waits_the_stock_is_never_larger_than_at_first() {
        let mut stock = stock();
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES)).unwrap();
        advance(Duration::from_secs(3_600)).await;
        stock.read(&many(PING, 8, limits::CONTROL_FRAMES)).unwrap();
        stock.read(&frame(PING, 8)).expect_err("one too many");
    }
}
