//! The limits as they are written, their ranges, and that docs/LIMITS.md says the same.

use clap::{CommandFactory, FromArgMatches, Parser};

use super::*;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    limits: LimitsConfig,
}

fn parse(arguments: &[&str]) -> Result<LimitsConfig, String> {
    let matches = Arguments::command().try_get_matches_from([&["service"], arguments].concat());
    let parsed = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map(|arguments| arguments.limits).map_err(|error| error.to_string())
}

#[test]
fn a_service_that_is_told_nothing_has_the_limits_of_the_table() {
    assert_eq!(parse(&[]), Ok(LimitsConfig::default()));
    assert!(LimitsConfig::default().faults().is_empty());
    let (batch, usual) = (LimitsConfig::default().batch(), Limits::default());
    assert_eq!(format!("{batch:?}"), format!("{usual:?}"));
}

/// Both ends of a range are taken, what lies beside them is refused by the flag's name.
#[test]
fn a_value_beside_its_range_is_refused_by_the_name_of_its_flag() {
    for (flag, least, most, beside) in [
        ("--request-bytes", "65536", "8388608", ["65535", "8388609"]),
        ("--answer-bytes", "4194304", "67108864", ["4194303", "67108865"]),
        ("--header-bytes", "4096", "1048576", ["4095", "1048577"]),
        ("--connection-streams", "1", "10000", ["0", "10001"]),
        ("--connection-age", "1s", "24h", ["999ms", "86401s"]),
        ("--keepalive-interval", "1s", "1h", ["0s", "61m"]),
        ("--keepalive-timeout", "1s", "5m", ["0s", "301s"]),
        ("--stream-window-bytes", "16384", "16777216", ["16383", "16777217"]),
        ("--connection-window-bytes", "65536", "67108864", ["65535", "67108865"]),
        ("--calls-in-flight", "1", "100000", ["0", "100001"]),
        ("--tenant-calls-per-second", "1", "4294967295", ["0", "4294967296"]),
        ("--batch-commands", "1", "4096", ["0", "4097"]),
        ("--queue-commands", "1", "100000", ["0", "100001"]),
        ("--queue-bytes", "1048576", "1073741824", ["1048575", "1073741825"]),
        ("--queue-total-bytes", "1048576", "17179869184", ["1048575", "17179869185"]),
        ("--queue-wait", "10ms", "60s", ["9ms", "60001ms"]),
        ("--stream-idle", "1s", "24h", ["999ms", "25h"]),
        ("--stream-age", "1s", "24h", ["999ms", "25h"]),
        ("--drain-wait", "0s", "5m", ["-1s", "301s"]),
        ("--drain", "0ms", "1h", ["1", "61m"]),
    ] {
        for value in [least, most] {
            assert!(parse(&[&format!("{flag}={value}")]).is_ok(), "{flag}={value}");
        }
        for value in beside {
            let refusal = parse(&[&format!("{flag}={value}")]).expect_err(value);
            assert!(refusal.contains(flag), "{refusal}");
        }
    }
}

#[test]
fn a_burst_is_of_a_rate() {
    let refusal = parse(&["--tenant-burst=5"]).expect_err("a burst of nothing");
    assert!(refusal.contains("--tenant-calls-per-second"), "{refusal}");
    let limits = parse(&["--tenant-burst=5", "--tenant-calls-per-second=2"]).expect("both");
    assert_eq!(
        (limits.tenant_burst, limits.tenant_calls_per_second),
        (NonZeroU32::new(5), NonZeroU32::new(2))
    );
}

#[test]
fn what_does_not_fit_together_is_told_all_at_once() {
    let limits = LimitsConfig {
        stream_window_bytes: 2 << 20,
        connection_window_bytes: 1 << 20,
        queue_bytes: 2 << 20,
        queue_total_bytes: 1 << 20,
        request_bytes: 4 << 20,
        answer_bytes: 5 << 20,
        ..LimitsConfig::default()
    };
    let faults = limits.faults();
    assert_eq!(faults.len(), 3, "{faults:?}");
    for flag in ["--connection-window-bytes", "--queue-total-bytes", "--answer-bytes"] {
        assert!(faults.iter().any(|fault| fault.contains(flag)), "{flag}: {faults:?}");
    }
}

/// The rows of the tables of docs/LIMITS.md, cell by cell.
fn rows() -> Vec<Vec<String>> {
    let page = include_str!("../../../../../docs/LIMITS.md");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| limit");
    page.lines().filter(is_row).map(cells).collect()
}

#[test]
fn the_table_and_the_flags_say_the_same() {
    let code = |text: String| format!("`{text}`");
    let flags: Vec<[String; 3]> = Arguments::command()
        .get_arguments()
        .map(|flag| {
            let default = flag.get_default_values().first().map(|value| code(value.to_string_lossy().into()));
            let default = default.unwrap_or_else(|| match flag.get_id().as_str() {
                "tenant_burst" => "those of a second".to_owned(),
                _ => "none".to_owned(),
            });
            let variable = flag.get_env().expect("every limit has one").to_string_lossy();
            [default, code(format!("--{}", flag.get_long().expect("a flag"))), code(variable.into())]
        })
        .collect();
    let told: Vec<[String; 3]> = rows()
        .into_iter()
        .filter(|row| row.len() == 6)
        .map(|row| [row[1].clone(), row[2].clone(), row[3].clone()])
        .collect();
    assert_eq!(told, flags, "in the same order");
}

/// All files of this kind in a folder of the repository, one after the other.
fn texts(folder: &str, kind: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut folders, mut texts) = (vec![root.join(folder)], String::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("it can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == kind) {
                texts.push_str(&std::fs::read_to_string(path).expect("a text"));
            }
        }
    }
    texts
}

/// What the protos promise in so many words; 55 characters is what a trace context has, and nothing is limited to 1.
#[test]
fn every_limit_that_the_protos_name_stands_in_the_tables() {
    let protos = texts("proto", "proto").replace("\n", " ").replace("//", "");
    let protos = protos.split_whitespace().collect::<Vec<_>>().join(" ");
    let numbers: std::collections::BTreeSet<&str> = protos
        .split(" at most ")
        .skip(1)
        .filter_map(|rest| rest.split(|letter: char| !letter.is_ascii_digit() && letter != ',').next())
        .map(|number| number.trim_end_matches(','))
        .filter(|number| !["", "1", "55"].contains(number))
        .collect();
    assert!(numbers.len() > 10, "the protos are not read: {numbers:?}");
    let values: Vec<String> = rows().into_iter().map(|row| row[1].clone()).collect();
    for number in numbers {
        let stands =
            |value: &String| value.split([' ', '`']).any(|word| word.trim_end_matches(',') == number);
        assert!(values.iter().any(stands), "at most {number}");
    }
}

#[test]
fn every_test_that_the_tables_name_is_there() {
    let sources = texts("crates", "rs");
    let rows = rows();
    assert!(rows.len() > 30, "the tables are not read: {}", rows.len());
    for row in rows {
        let test = row.last().expect("a cell").trim_matches('`');
        assert!(sources.contains(&format!("fn {test}(")), "{test} of {row:?}");
    }
}
