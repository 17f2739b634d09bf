//! People who do not exist, at addresses that cannot: `.example` belongs to nobody.

use handoff_proto::qualification::v1::Person;

use super::random::Random;

const GIVEN: [&str; 24] = [
    "Alba", "Bruna", "Carlo", "Diana", "Enzo", "Flora", "Gino", "Hilda", "Ivo", "Julia", "Karl", "Lena",
    "Mario", "Nina", "Otto", "Paola", "Quinto", "Rita", "Silvio", "Tina", "Ugo", "Vera", "Walter", "Zoe",
];
const FAMILY: [&str; 24] = [
    "Abate",
    "Bassi",
    "Conti",
    "Donati",
    "Esposito",
    "Ferri",
    "Galli",
    "Huber",
    "Innocenti",
    "Jung",
    "Keller",
    "Longo",
    "Marini",
    "Neri",
    "Orlandi",
    "Pagani",
    "Quaranta",
    "Riva",
    "Serra",
    "Testa",
    "Urso",
    "Villa",
    "Weber",
    "Zanetti",
];
const PLACE: [&str; 12] = [
    "Adria", "Brenta", "Corso", "Delta", "Etna", "Foro", "Garda", "Isola", "Lago", "Monte", "Porto", "Valle",
];
const TRADE: [&str; 8] =
    ["Logistics", "Foods", "Textiles", "Machines", "Software", "Paper", "Travel", "Energy"];
const EMPLOYEES: [&str; 6] = ["8", "35", "120", "340", "1200", "4500"];

/// The person of the lead with that number.
pub(crate) fn person(number: u64, random: &mut Random) -> Person {
    let given = random.pick(&GIVEN).copied().unwrap_or_default();
    let family = random.pick(&FAMILY).copied().unwrap_or_default();
    let place = random.pick(&PLACE).copied().unwrap_or_default();
    let trade = random.pick(&TRADE).copied().unwrap_or_default();
    let employees = random.pick(&EMPLOYEES).copied().unwrap_or_default();
    let domain = format!("{}-{}", place.to_lowercase(), trade.to_lowercase());
    Person {
        external_id: format!("D-{number:06}"),
        email: format!("{}.{}.{number}@{domain}.example", given.to_lowercase(), family.to_lowercase()),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        organisation: format!("{place} {trade}"),
        attributes: [("employees".to_owned(), employees.to_owned())].into(),
        ..Person::default()
    }
}
