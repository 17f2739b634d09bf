//! HTTP/2 as bare frames (RFC 9113), with headers that nothing compresses (RFC 7541): for saying what no library of a good
//! client would say. It writes, and never reads what is answered.

/// What a client says first, before any frame.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The setting that says how much of an answer may be sent unasked, in bytes.
pub const INITIAL_WINDOW_SIZE: u16 = 4;
/// The last frame of a request.
pub const END_STREAM: u8 = 0x1;
/// The last frame of a set of headers.
pub const END_HEADERS: u8 = 0x4;

/// The kinds that are written here, with their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Bytes of a body.
    Data = 0,
    /// The beginning of a request.
    Headers = 1,
    /// Which stream goes first; long out of use, and still to be taken.
    Priority = 2,
    /// The end of a stream before its time.
    ResetStream = 3,
    /// What the other side is to keep to; it has to confirm it.
    Settings = 4,
    /// A question that has to be answered with the same bytes.
    Ping = 6,
    /// Leave to send so many bytes more.
    WindowUpdate = 8,
    /// More of a set of headers.
    Continuation = 9,
}

/// Appends a frame to `out`.
pub fn push(out: &mut Vec<u8>, kind: Kind, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).expect("a test writes no frame of gigabytes");
    out.extend(&length.to_be_bytes()[1..]);
    out.extend([kind as u8, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
}

/// The payload of a SETTINGS frame.
pub fn settings(pairs: &[(u16, u32)]) -> Vec<u8> {
    pairs.iter().flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect()
}

/// A set of headers, each spelt out and to be remembered by nobody.
pub fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        // A literal that is never indexed, with a new name.
        block.push(0x10);
        for text in [name, value] {
            push_length(&mut block, text.len());
            block.extend(text.as_bytes());
        }
    }
    block
}

/// A whole number behind a prefix of seven bits (RFC 7541, section 5.1); the eighth says that the text is not in Huffman's
/// code.
fn push_length(block: &mut Vec<u8>, length: usize) {
    let low = |number: usize| u8::try_from(number & 0x7f).expect("seven bits are a byte");
    if length < 0x7f {
        block.push(low(length));
        return;
    }
    block.push(0x7f);
    let mut rest = length - 0x7f;
    while rest >= 0x80 {
        block.push(low(rest) | 0x80);
        rest >>= 7;
    }
    block.push(low(rest));
}

/// A message as gRPC frames it: not compressed, and its length.
pub fn message(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a test sends no message of gigabytes");
    [&[0][..], &length.to_be_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_its_length_kind_flags_stream_and_payload() {
        let mut out = Vec::new();
        push(&mut out, Kind::Settings, 0, 0, &settings(&[(INITIAL_WINDOW_SIZE, 1)]));
        push(&mut out, Kind::WindowUpdate, 0, 0x0102_0304, &1_u32.to_be_bytes());
        assert_eq!(
            out,
            [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 4, 8, 0, 1, 2, 3, 4, 0, 0, 0, 1],
            "as RFC 9113 draws it"
        );
    }

    #[test]
    fn headers_are_literals_with_their_lengths() {
        assert_eq!(headers(&[("a", "bc")]), [0x10, 1, b'a', 2, b'b', b'c']);
        // 1337 is the example of RFC 7541, C.1.2, there behind five bits.
        let mut block = Vec::new();
        push_length(&mut block, 1337);
        assert_eq!(block, [0x7f, 0xba, 0x09]);
        let mut block = Vec::new();
        push_length(&mut block, 126);
        push_length(&mut block, 127);
        push_length(&mut block, 255);
        assert_eq!(block, [126, 0x7f, 0, 0x7f, 0x80, 1]);
    }

    #[test]
    fn a_message_has_five_bytes_before_it() {
        assert_eq!(message(b"xyz"), [0, 0, 0, 0, 3, b'x', b'y', b'z']);
    }
}
