//! A file's bytes as UTF-8, whatever encoding the mapping says. A byte-order mark decides over the mapping, because it
//! is the file's own word. What is UTF-8 passes through unlooked at: whoever takes a row apart knows its columns, and
//! can say where a byte is wrong.

use std::io::{self, Chain, Cursor, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

/// Bytes that are taken from the file at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileEncoding(&'static Encoding);

impl FileEncoding {
    /// The encoding that browsers know by this name; Latin-1 is read as Windows-1252, which it is in practice.
    pub(crate) fn from_mapping(name: &str) -> Option<Self> {
        Encoding::for_label(name.as_bytes()).map(Self)
    }
}

/// A file that gives UTF-8.
pub(crate) struct Decoded<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    /// None: it is UTF-8 already, or says so.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    bytes_read: u64,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    /// Looks for a byte-order mark, which is no part of the text.
    pub(crate) fn new(mut file: R, declared: FileEncoding) -> io::Result<Self> {
        let mut start = Vec::new();
        file.by_ref().take(3).read_to_end(&mut start)?;
        let (encoding, mark) = Encoding::for_bom(&start).unwrap_or((declared.0, 0));
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        start.drain(..mark);
        Ok(Self {
            input: Cursor::new(start).chain(file),
            decoder,
            raw: vec![0; CHUNK_BYTES],
            ready: Vec::new(),
            given: 0,
            bytes_read: mark as u64,
            ended: false,
        })
    }

    /// How many of the file's own bytes have been taken.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The name of what is decoded; none for UTF-8. What the encoding cannot mean has become U+FFFD.
    pub(crate) fn decoded_from(&self) -> Option<&'static str> {
        self.decoder.as_ref().map(|decoder| decoder.encoding().name())
    }

    fn take(&mut self) -> io::Result<()> {
        let read = self.input.read(&mut self.raw)?;
        self.bytes_read += read as u64;
        self.ended = read == 0;
        self.ready.clear();
        self.given = 0;
        let raw = &self.raw[..read];
        let Some(decoder) = &mut self.decoder else {
            self.ready.extend_from_slice(raw);
            return Ok(());
        };
        let longest = decoder.max_utf8_buffer_length(read).unwrap_or(4 * CHUNK_BYTES);
        self.ready.resize(longest, 0);
        let (result, _, written, _) = decoder.decode_to_utf8(raw, &mut self.ready, self.ended);
        debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer holds the longest text of the chunk");
        self.ready.truncate(written);
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !self.ended {
            self.take()?;
        }
        let length = buffer.len().min(self.ready.len() - self.given);
        buffer[..length].copy_from_slice(&self.ready[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], encoding: &str, text: &str) {
        let encoding = FileEncoding::from_mapping(encoding).unwrap();
        let mut decoded = Decoded::new(bytes, encoding).unwrap();
        let mut read = String::new();
        decoded.read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), decoded.bytes_read()), (text, bytes.len() as u64), "{bytes:x?}");
    }

    #[test]
    fn each_encoding_is_read() {
        check("né".as_bytes(), "utf-8", "né");
        check(b"n\xe9 \x80", "windows-1252", "né €");
        check(b"n\xe9", "latin1", "né");
        check(b"n\xea", "iso-8859-2", "nę");
        check(b"n\0\xe9\0", "utf-16le", "né");
        check(b"\0n\0\xe9", "utf-16be", "né");
        check(b"", "utf-16le", "");
    }

    #[test]
    fn a_byte_order_mark_is_the_files_own_word() {
        check(b"\xef\xbb\xbfn\xc3\xa9", "windows-1252", "né");
        check(b"\xff\xfen\0\xe9\0", "utf-8", "né");
        check(b"\xfe\xff\0n\0\xe9", "utf-8", "né");
        check(b"\xef\xbb\xbf", "utf-8", "");
    }

    #[test]
    fn what_an_encoding_cannot_mean_shows() {
        check(b"\xff\xfen\0\xe9", "utf-8", "n\u{fffd}");
    }

    #[test]
    fn characters_may_lie_across_chunks() {
        let text = "é".repeat(CHUNK_BYTES);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&[&b"\xff\xfe"[..], &bytes].concat(), "utf-8", &text);
        check(
            &[&b"\0"[..], &b"x".repeat(2 * CHUNK_BYTES)].concat(),
            "utf-8",
            &format!("\0{}", "x".repeat(2 * CHUNK_BYTES)),
        );
    }
}
