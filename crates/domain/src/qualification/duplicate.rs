//! What makes two leads look like one person. It never makes them one: people look, and merge.

use std::collections::BTreeSet;

use crate::qualification::record::Person;
use crate::word::words;

words! {
    /// What speaks for two leads being one person, the strongest first.
    pub enum Likeness {
        /// Addresses that many providers deliver to one mailbox.
        Mailbox = "MAILBOX",
        /// One telephone number.
        Phone = "PHONE",
        /// One name, at one organisation.
        NameAndOrganisation = "NAME_AND_ORGANISATION",
        /// One name, and addresses at one domain.
        NameAndDomain = "NAME_AND_DOMAIN",
    }
}

/// What two persons have in common; empty if nothing makes them look like one.
pub fn likenesses(one: &Person, other: &Person) -> BTreeSet<Likeness> {
    let same = |of: fn(&Person) -> Option<String>| of(one).is_some_and(|ours| of(other) == Some(ours));
    let is_namesake = same(full_name);
    let found = [
        (Likeness::Mailbox, same(mailbox)),
        (Likeness::Phone, same(Person::number)),
        (Likeness::NameAndOrganisation, is_namesake && same(organisation)),
        (Likeness::NameAndDomain, is_namesake && same(domain)),
    ];
    found.into_iter().filter_map(|(likeness, is_so)| is_so.then_some(likeness)).collect()
}

/// The address without what many providers pass over: dots before the @, and a tag behind a plus sign. An address is
/// never known by this, because others do not.
fn mailbox(person: &Person) -> Option<String> {
    let (name, domain) = person.email.as_deref()?.split_once('@')?;
    let name = name.split('+').next().unwrap_or(name).replace('.', "");
    Some(format!("{name}@{domain}"))
}

fn domain(person: &Person) -> Option<String> {
    person.email.as_deref()?.split_once('@').map(|(_, domain)| domain.to_owned())
}

fn full_name(person: &Person) -> Option<String> {
    Some(format!("{} {}", folded(&person.given_name)?, folded(&person.family_name)?))
}

fn organisation(person: &Person) -> Option<String> {
    folded(&person.organisation)
}

fn folded(text: &Option<String>) -> Option<String> {
    text.as_deref().map(|text| text.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: &str, phone: &str, given: &str, family: &str, organisation: &str) -> Person {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Person {
            email: text(email),
            phone: text(phone),
            given_name: text(given),
            family_name: text(family),
            organisation: text(organisation),
            ..Person::default()
        }
    }

    #[test]
    fn each_likeness_is_found_by_itself_and_both_ways() {
        use Likeness::{Mailbox, NameAndDomain, NameAndOrganisation, Phone};
        for (one, other, found) in [
            (
                person("lea.rossi@x.org", "", "", "", ""),
                person("learossi+news@x.org", "", "", "", ""),
                Mailbox,
            ),
            (person("", "+39 06 698 12345", "", "", ""), person("", "0039-0669812345", "", "", ""), Phone),
            (
                person("lea@x.org", "", "Lea", "Rossi", "Acme"),
                person("lr@y.org", "", "LEA", "rossi", "ACME"),
                NameAndOrganisation,
            ),
            (
                person("lea@x.org", "", "Lea", "Rossi", ""),
                person("lr@x.org", "", "lea", "Rossi", "Acme"),
                NameAndDomain,
            ),
        ] {
            assert_eq!(likenesses(&one, &other), [found].into());
            assert_eq!(likenesses(&other, &one), [found].into());
        }
    }

    #[test]
    fn what_is_missing_on_both_sides_is_nothing_in_common() {
        for (one, other) in [
            (Person::default(), Person::default()),
            (person("lea@x.org", "", "", "", "Acme"), person("bob@x.org", "", "", "", "Acme")),
            (person("", "698 12345", "", "", ""), person("", "698 12345", "", "", "")),
            (person("", "", "Lea", "Rossi", ""), person("", "", "Lea", "Rossi", "")),
            (person("", "", "Lea", "", "Acme"), person("", "", "Lea", "", "Acme")),
            (person("lea@x.org", "", "", "", ""), person("lea@y.org", "", "", "", "")),
        ] {
            assert!(likenesses(&one, &other).is_empty(), "{one:?} {other:?}");
        }
    }
}
