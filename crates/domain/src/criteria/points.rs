//! Milli-points as people read them.

use std::fmt;

/// `12`, `-2.5`, `0.001`: exactly.
pub(super) struct Points(pub(super) i64);

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, size) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}", size / 1_000)?;
        match size % 1_000 {
            0 => Ok(()),
            milli => write!(f, ".{}", format!("{milli:03}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milli_points_are_written_exactly() {
        for (milli, text) in [(0, "0"), (12_000, "12"), (-2_500, "-2.5"), (1, "0.001"), (-999, "-0.999")] {
            assert_eq!(Points(milli).to_string(), text);
        }
        assert_eq!(Points(i64::MIN).to_string(), "-9223372036854775.808");
    }
}
