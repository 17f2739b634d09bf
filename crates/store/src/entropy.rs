//! The one place where the operating system's randomness enters. Everything else takes randomness as an argument, so
//! that a simulation can give its own.

use uuid::Uuid;

/// Ten random bytes: what a UUIDv7 holds besides its instant.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
pub fn ten_bytes() -> [u8; 10] {
    // A v4 UUID is sixteen random bytes of the operating system but for four bits in byte 6 and two in byte 8.
    let bytes = Uuid::new_v4().into_bytes();
    let mut random = [0; 10];
    random[..6].copy_from_slice(&bytes[..6]);
    random[6..].copy_from_slice(&bytes[9..13]);
    random
}
