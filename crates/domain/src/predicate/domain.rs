//! The domain of an e-mail address or a web address. Only reads what is written: names are not looked up, and a name in
//! Unicode and its form in Punycode are two names.

use super::fold;

/// The domain in a text: what follows the `@` of an address, the host of a web address, or the text itself. None if
/// that is no name of two or more labels.
pub(super) fn domain_of(text: &str) -> Option<&str> {
    let text = match text.find(':') {
        Some(colon) if text[colon..].starts_with("://") => &text[colon + 3..],
        _ => text,
    };
    let path = text.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let text = &text[..path.unwrap_or(text.len())];
    let text = text.rfind('@').map_or(text, |at| &text[at + 1..]);
    let text = text.find(':').map_or(text, |port| &text[..port]);
    let text = text.strip_suffix('.').unwrap_or(text);
    is_domain(text).then_some(text)
}

/// Whether a text is the name of a domain: two or more labels of letters, digits and inner dashes, at most 253 bytes.
pub(super) fn is_domain(text: &str) -> bool {
    let (mut label, mut dots, mut before) = (0, 0, b'.');
    for byte in text.bytes() {
        let fits = match byte {
            b'.' => before != b'.' && before != b'-',
            b'-' => before != b'.',
            _ => byte.is_ascii_alphanumeric() || !byte.is_ascii(),
        };
        (label, dots) = if byte == b'.' { (0, dots + 1) } else { (label + 1, dots) };
        if !fits || label > 63 {
            return false;
        }
        before = byte;
    }
    let letters = text.is_ascii() || text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
    letters && dots > 0 && before != b'.' && before != b'-' && text.len() <= 253
}

/// Whether `domain` is `parent` or lies below it.
pub(super) fn lies_in(domain: &str, parent: &str) -> bool {
    if domain.is_ascii() && parent.is_ascii() {
        let (domain, parent) = (domain.as_bytes(), parent.as_bytes());
        let Some(start) = domain.len().checked_sub(parent.len()) else { return false };
        return domain[start..].eq_ignore_ascii_case(parent) && (start == 0 || domain[start - 1] == b'.');
    }
    // As many labels from the end as the parent has, because in lower case a name may be of another length.
    let labels = parent.split('.').count();
    let start = domain.rmatch_indices('.').nth(labels - 1).map_or(0, |(dot, _)| dot + 1);
    fold::same(&domain[start..], parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_found_in_addresses_of_all_kinds() {
        for text in [
            "acme.com",
            "acme.com.",
            "ada@acme.com",
            "\"a@b\"@acme.com",
            "mailto:ada@acme.com",
            "https://acme.com",
            "https://ada:secret@acme.com:8443/a@b?c=@d#e",
            "acme.com/about",
        ] {
            assert_eq!(domain_of(text), Some("acme.com"), "{text}");
        }
        for text in [
            "",
            "acme",
            "ada@acme",
            "not a domain.",
            "https://",
            "a..b",
            "-a.com",
            "a-.com",
            "a.b-",
            ".com",
            "a b.com",
            "a–b.com",
            "[::1]",
        ] {
            assert_eq!(domain_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_label_has_63_bytes_and_a_name_253_and_not_one_more() {
        let label = "a".repeat(63);
        assert!(is_domain(&format!("{label}.com")) && !is_domain(&format!("a{label}.com")));
        let name = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert!(is_domain(&name) && !is_domain(&format!("{name}a")));
    }

    #[test]
    fn subdomains_lie_in_a_domain_and_neighbours_do_not() {
        for inside in ["acme.com", "ACME.com", "mail.acme.com", "a.b.Acme.Com"] {
            assert!(lies_in(inside, "acme.com"), "{inside}");
        }
        for outside in ["com", "notacme.com", "acme.com.evil.org", "acme.co"] {
            assert!(!lies_in(outside, "acme.com"), "{outside}");
        }
        assert!(lies_in("shop.MÜLLER.de", "müller.de"));
    }
}
