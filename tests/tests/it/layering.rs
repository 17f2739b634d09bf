//! Who may depend on whom, read from the manifests: the arrows of ARCHITECTURE.md, and the names that no crate and no
//! module may have. An arrow that is missing here is a decision to take, not a line to add.

use std::collections::{BTreeMap, BTreeSet};

use handoff_tests::sources;

/// Our crates and which of ours each may depend on; in its own tests too.
const ARROWS: &[(&str, &[&str])] = &[
    ("handoff-domain", &[]),
    ("handoff-proto", &[]),
    ("handoff-store", &["handoff-domain"]),
    ("handoff-runtime", &["handoff-domain", "handoff-store", "handoff-proto"]),
    // It reads the store's plain rows and decodes events; of the rules it may know ids and calendars.
    ("handoff-verify", &["handoff-domain", "handoff-store", "handoff-proto"]),
    ("handoff-qualification", SERVICE),
    ("handoff-sla", SERVICE),
    ("handoff-reporting", SERVICE),
    // A client of the API; the services for `up`, the store for its embedded Postgres and for `migrate`.
    (
        "handoff",
        &[
            "handoff-proto",
            "handoff-runtime",
            "handoff-store",
            "handoff-qualification",
            "handoff-sla",
            "handoff-reporting",
            "handoff-verify",
        ],
    ),
    // A benchmark apart, in a workspace of its own.
    ("handoff-rules", &["handoff-domain"]),
];

/// What a service may use: never another service.
const SERVICE: &[&str] = &["handoff-domain", "handoff-proto", "handoff-store", "handoff-runtime"];

/// The one crate that may depend on all of ours.
const TESTS: &str = "handoff-tests";

/// Crates of others that only some of ours may use, and which. What a name begins with counts.
const KEPT_TO: &[(&str, &[&str])] = &[
    // Whoever knows the database could write past the batch.
    ("sqlx", &["handoff-store"]),
    // The wire stays out of the rules and out of the store.
    ("tonic", NOT_THE_CORE),
    ("prost", NOT_THE_CORE),
    ("axum", NOT_THE_CORE),
    // The domain does no input and output and waits for nothing.
    ("tokio", ABOVE_THE_DOMAIN),
    ("serde", ABOVE_THE_DOMAIN),
    ("tracing", ABOVE_THE_DOMAIN),
    ("anyhow", ABOVE_THE_DOMAIN),
];

const NOT_THE_CORE: &[&str] = &[
    "handoff-proto",
    "handoff-runtime",
    "handoff-verify",
    "handoff-qualification",
    "handoff-sla",
    "handoff-reporting",
    "handoff",
    TESTS,
];

const ABOVE_THE_DOMAIN: &[&str] = &[
    "handoff-rules",
    "handoff-store",
    "handoff-runtime",
    "handoff-verify",
    "handoff-qualification",
    "handoff-sla",
    "handoff-reporting",
    "handoff",
    TESTS,
];

/// Names that say nothing about what is inside, and so collect everything.
const NAMES_OF_NOTHING: &[&str] =
    &["common", "util", "utils", "helper", "helpers", "type", "types", "model", "models", "misc"];

/// A crate of ours.
struct Manifest {
    path: String,
    name: String,
    /// What the library or program needs.
    needs: BTreeSet<String>,
    /// What only its tests and its build script need.
    tests_need: BTreeSet<String>,
}

fn manifests() -> Vec<Manifest> {
    let sources = sources::all().expect("the workspace can be read");
    let members = sources.iter().filter(|s| s.path.ends_with("/Cargo.toml"));
    let manifests: Vec<Manifest> = members
        .map(|source| {
            let table: toml::Table = source.text.parse().unwrap_or_else(|e| panic!("{}: {e}", source.path));
            let name = table["package"]["name"].as_str().expect("a package has a name").to_owned();
            let mut tests_need = dependencies(&table, "dev-dependencies");
            tests_need.extend(dependencies(&table, "build-dependencies"));
            Manifest {
                path: source.path.clone(),
                name,
                needs: dependencies(&table, "dependencies"),
                tests_need,
            }
        })
        .collect();
    assert!(manifests.len() > ARROWS.len(), "the manifests were not found");
    manifests
}

/// The names in a section and in the same section of every target.
fn dependencies(table: &toml::Table, section: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |table: &toml::Table| {
        if let Some(toml::Value::Table(section)) = table.get(section) {
            for (name, value) in section {
                names.insert(value.get("package").and_then(|p| p.as_str()).unwrap_or(name).to_owned());
            }
        }
    };
    add(table);
    for target in table.get("target").and_then(|t| t.as_table()).into_iter().flat_map(|t| t.values()) {
        target.as_table().into_iter().for_each(&mut add);
    }
    names
}

#[test]
fn every_crate_depends_only_on_those_below_it() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let ours = |name: &String| name.starts_with("handoff");
    for manifest in manifests().iter().filter(|m| m.name != TESTS) {
        let below = allowed.get(manifest.name.as_str());
        let below = below.unwrap_or_else(|| panic!("{}: draw its arrows in this file", manifest.path));
        for name in manifest.needs.iter().chain(&manifest.tests_need).filter(|name| ours(name)) {
            assert!(below.contains(&name.as_str()), "{} must not depend on {name}", manifest.path);
        }
    }
}

#[test]
fn the_database_and_the_wire_are_known_only_where_they_belong() {
    for manifest in manifests() {
        for name in &manifest.needs {
            for (kept, to) in
                KEPT_TO.iter().filter(|(kept, _)| name == kept || name.starts_with(&format!("{kept}-")))
            {
                assert!(to.contains(&manifest.name.as_str()), "{}: {kept} belongs to {to:?}", manifest.path);
            }
        }
        // Not even a test of another crate may go round the store, but for the floors of the benchmark.
        let may = [TESTS, "handoff-store"].contains(&manifest.name.as_str());
        assert!(may || !manifest.tests_need.contains("sqlx"), "{}: only the store knows sqlx", manifest.path);
    }
}

/// A floor is what one writes without the store, so it must not stand on it. Nothing else of that crate may do so.
#[test]
fn only_the_floors_of_the_benchmark_go_round_the_store() {
    let sources = sources::all().expect("the workspace can be read");
    // In halves, so that this file does not contain what it forbids.
    let (driver, floors) = (concat!("sq", "lx::"), "tests/benches/bench/floor/");
    let round: Vec<&str> = sources
        .iter()
        .filter(|s| s.is_rust() && s.path.starts_with("tests/") && s.text.contains(driver))
        .map(|s| s.path.as_str())
        .collect();
    assert!(!round.is_empty(), "the floors were not found");
    assert!(round.iter().all(|path| path.starts_with(floors)), "{round:?}");
}

#[test]
fn no_crate_and_no_module_is_named_after_nothing() {
    for manifest in manifests() {
        let last = manifest.name.rsplit('-').next().expect("a name has a last part");
        assert!(!NAMES_OF_NOTHING.contains(&last), "{}", manifest.path);
    }
    for source in sources::all().expect("the workspace can be read").iter().filter(|s| s.is_rust()) {
        for part in source.path.trim_end_matches(".rs").split('/') {
            assert!(!NAMES_OF_NOTHING.contains(&part), "{}: name it after what it is for", source.path);
        }
    }
}
