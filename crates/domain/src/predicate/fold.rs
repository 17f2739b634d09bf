//! Comparing texts without regard to case and without a copy of them. Values and operands come trimmed.

/// Whether two texts are the same but for case.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || !(one.is_ascii() && other.is_ascii()) && lower(one).eq(lower(other))
}

/// Whether `part` occurs in `text`, but for case.
pub(super) fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    }
    text.char_indices().any(|(start, _)| begins_with(&text[start..], part))
}

/// Whether `text` begins with `part`, but for case.
fn begins_with(text: &str, part: &str) -> bool {
    let mut text = lower(text);
    lower(part).all(|c| text.next() == Some(c))
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_but_for_case() {
        for (one, other) in
            [("Retail", "rETAIL"), ("ÉNERGIE", "énergie"), ("İ", "i̇"), ("\u{2126}", "ω"), ("\u{212a}", "k")]
        {
            assert!(same(one, other) && same(other, one), "{one} {other}");
        }
        for (one, other) in [("Retail", "Retai"), ("energie", "énergie"), ("a  b", "a b"), ("ss", "ß")] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_part_is_found_wherever_it_is() {
        for (text, part) in
            [("Head of Sales", "SALES"), ("Head of Sales", "head"), ("Größe", "RÖ"), ("aab", "ab")]
        {
            assert!(contains(text, part), "{text} {part}");
        }
        for (text, part) in [("Sales", "Sales manager"), ("Größe", "RO"), ("é", "e")] {
            assert!(!contains(text, part), "{text} {part}");
        }
    }
}
