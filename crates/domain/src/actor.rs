//! Who did it: the principal behind a command, and the side of the hand-over that it speaks for.

use std::fmt;
use std::str::FromStr;

/// A side of the hand-over. Only SALES may accept or reject (R3); SYSTEM is the product itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Generates and qualifies leads.
    Marketing,
    /// Accepts or rejects them and works them.
    Sales,
    /// Workers, consumers and imports.
    System,
}

impl Side {
    /// The word used on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "MARKETING",
            Self::Sales => "SALES",
            Self::System => "SYSTEM",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Side {
    type Err = UnknownSide;

    fn from_str(text: &str) -> Result<Self, UnknownSide> {
        match text {
            "MARKETING" => Ok(Self::Marketing),
            "SALES" => Ok(Self::Sales),
            "SYSTEM" => Ok(Self::System),
            _ => Err(UnknownSide),
        }
    }
}

/// The text names no side; MARKETING, SALES and SYSTEM are all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSide;

impl fmt::Display for UnknownSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a side is MARKETING, SALES or SYSTEM")
    }
}

impl std::error::Error for UnknownSide {}

/// The author of a command, as the identity layer verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `users/ada` for a person, `services/importer` for a program; never an e-mail address.
    pub principal: String,
    /// The side it speaks for.
    pub side: Side,
}
