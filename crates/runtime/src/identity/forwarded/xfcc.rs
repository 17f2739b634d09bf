//! The grammar of `x-forwarded-client-cert`: elements between commas, one for each proxy; pairs between semicolons; a
//! key, `=` and a value, which stands in double quotes if it holds a separator. In quotes a backslash makes the byte
//! after it an ordinary one: Envoy writes names of certificates so.
//!
//! It reads the whole header and keeps the last element's client. Nothing may be empty but a value, and nothing may follow
//! the last pair. Quotes and backslashes outside of quotes are refused, since others may read them as the beginning of
//! something. Keys are known in any case, and one that we do not know is passed over: proxies learn new ones.
//!
//! Envoy quotes subjects but writes URIs and host names of a certificate as they are. That none of them holds a comma, and
//! so looks like an element of its own, is for the mesh's authority to see to: it signs no such certificate.

use std::str;

use super::ForwardedError;
use crate::identity::spiffe::SpiffeId;

/// The most proxies on the way of a call.
pub(super) const ELEMENTS: usize = 64;

/// Who the last element says the client is.
///
/// # Errors
/// Where any element is malformed, and where the last has not exactly one URI that is a SPIFFE id.
pub(super) fn last_client(header: &[u8]) -> Result<SpiffeId, ForwardedError> {
    let mut reader = Reader { rest: header };
    for _ in 0..ELEMENTS {
        let (uris, end) = reader.element()?;
        if matches!(end, End::Element) {
            continue;
        }
        let [uri] = uris.as_slice() else { return Err(ForwardedError::Uris(uris.len())) };
        let uri = str::from_utf8(uri).map_err(|_| ForwardedError::Malformed("a URI is not plain ASCII"))?;
        return Ok(uri.parse()?);
    }
    Err(ForwardedError::TooManyElements)
}

/// What ended a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// A semicolon: another pair follows.
    Pair,
    /// A comma: another element follows.
    Element,
    /// The end of the header.
    Header,
}

struct Reader<'h> {
    rest: &'h [u8],
}

impl Reader<'_> {
    /// Reads one element; returns its URIs and what ended it.
    fn element(&mut self) -> Result<(Vec<Vec<u8>>, End), ForwardedError> {
        let mut uris = Vec::new();
        loop {
            let is_uri = self.key()?.eq_ignore_ascii_case(b"uri");
            let (value, end) = self.value()?;
            if is_uri {
                uris.push(value);
            }
            if end != End::Pair {
                return Ok((uris, end));
            }
        }
    }

    /// Reads a key and the `=` behind it.
    fn key(&mut self) -> Result<&[u8], ForwardedError> {
        let rest = self.rest.trim_ascii_start();
        let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let length = rest.iter().take_while(|byte| is_of_key(byte)).count();
        let (key, rest) = rest.split_at(length);
        match rest.strip_prefix(b"=") {
            Some(rest) if !key.is_empty() => {
                self.rest = rest;
                Ok(key)
            }
            _ => Err(ForwardedError::Malformed("a key and = are missing")),
        }
    }

    /// Reads a value and what ends it.
    fn value(&mut self) -> Result<(Vec<u8>, End), ForwardedError> {
        if let Some(rest) = self.rest.strip_prefix(b"\"") {
            self.rest = rest;
            let value = self.quoted()?;
            self.rest = self.rest.trim_ascii_start();
            return Ok((value, self.end()?));
        }
        let length = self.rest.iter().take_while(|byte| !matches!(byte, b';' | b',')).count();
        let (value, rest) = self.rest.split_at(length);
        if value.iter().any(|byte| matches!(byte, b'"' | b'\\')) {
            return Err(ForwardedError::Malformed("a quote or a backslash stands outside of quotes"));
        }
        self.rest = rest;
        Ok((value.trim_ascii_end().to_vec(), self.end()?))
    }

    /// Reads a value to the quote that ends it.
    fn quoted(&mut self) -> Result<Vec<u8>, ForwardedError> {
        let mut value = Vec::new();
        let mut bytes = self.rest.iter();
        loop {
            match bytes.next() {
                Some(b'"') => break,
                Some(b'\\') => value.extend(bytes.next()),
                Some(byte) => value.push(*byte),
                None => return Err(ForwardedError::Malformed("a quote is not closed")),
            }
        }
        self.rest = bytes.as_slice();
        Ok(value)
    }

    fn end(&mut self) -> Result<End, ForwardedError> {
        let Some((byte, rest)) = self.rest.split_first() else { return Ok(End::Header) };
        self.rest = rest;
        match byte {
            b';' => Ok(End::Pair),
            b',' => Ok(End::Element),
            _ => Err(ForwardedError::Malformed("something follows a closed quote")),
        }
    }
}
