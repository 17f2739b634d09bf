//! Columns that come from a second file, and events that depend on other columns.

use std::fs;

use handoff_proto::qualification::v1::import_request::Subject;
use tempfile::TempDir;

use super::super::{Mapping, Read, Reader};
use super::show_entry;

const PIPELINE: &str = include_str!("../../../mappings/crm-pipeline.toml");
const LOANS: &str = include_str!("../../../mappings/loan-applications.toml");

const MAPPING: &str = r#"
kind = "leads"
source = "crm"
[lookup.accounts]
file = "accounts.csv"
key = "account"
by = { column = "firm", translate = { "ACME" = "Acme" } }
[lead]
external_id = "id"
captured = "at"
persona = { lookup = "accounts", column = "sector" }
"#;

const ACCOUNTS: &str = "account,sector\nAcme,retail\nBetasoloin,\n";

/// What the rows of `file` come to when `accounts` lies beside it: id and persona, or why not.
fn read(mapping: &str, accounts: &str, file: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("accounts.csv"), accounts).unwrap();
    let mut mapping = Mapping::from_toml(mapping).unwrap();
    if let Err(error) = mapping.open_lookups(folder.path()) {
        return vec![error.to_string()];
    }
    let mut reader = match Reader::new(file.as_bytes(), &mapping) {
        Ok(reader) => reader,
        Err(error) => return vec![error.to_string()],
    };
    let mut told = Vec::new();
    while let Some(read) = reader.read() {
        match read {
            Read::Nothing => told.push("nothing".to_owned()),
            Read::Problems(problems) => told.extend(problems.iter().map(ToString::to_string)),
            Read::Item(item) => {
                let Some(Subject::Lead(lead)) = item.request.subject else { panic!("it is a lead") };
                told.push(format!("{} {}", lead.person.unwrap().external_id, lead.persona));
            }
        }
    }
    told
}

const FILE: &str = "id,firm,at\n1,Acme,2026-03-30T08:00:00Z\n2,ACME,2026-03-30T08:00:00Z\n3,Betasoloin,2026-03-30T08:00:00Z\n\
                    4,,2026-03-30T08:00:00Z\n5,Nobody,2026-03-30T08:00:00Z\n";

#[test]
fn a_row_finds_its_columns_in_the_other_file_or_is_refused() {
    assert_eq!(
        read(MAPPING, ACCOUNTS, FILE),
        [
            "1 retail",
            "2 retail",
            "3 ",
            "4 ",
            "6: column \"firm\": \"Nobody\" is not in accounts.csv (column \"account\")"
        ]
    );
    let lenient = MAPPING.replace("key =", "unknown = \"missing\"\nkey =");
    assert_eq!(read(&lenient, ACCOUNTS, FILE), ["1 retail", "2 retail", "3 ", "4 ", "5 "]);
}

#[test]
fn a_look_up_file_may_be_written_in_its_own_way() {
    let own = MAPPING.replace("[lead]", "format = { delimiter = \";\" }\n[lead]");
    assert_eq!(read(&own, &ACCOUNTS.replace(',', ";"), FILE)[0], "1 retail");
    let told = read(MAPPING, &ACCOUNTS.replace(',', ";"), FILE);
    let way_out =
        "lookup.accounts: accounts.csv: the header is one cell with \";\" in it: say delimiter = \";\"";
    assert_eq!(told, [way_out]);
}

#[test]
fn a_bad_look_up_file_is_refused_as_a_whole() {
    let told = read(MAPPING, "account,sector\nAcme,retail\n,x\nAcme,finance\nZ\n", FILE);
    insta::assert_snapshot!(told.join("\n"), @r#"
    lookup.accounts: accounts.csv:3: column "account": a row to be looked up needs a value here
    lookup.accounts: accounts.csv:4: column "account": "Acme" stands in an earlier row too
    lookup.accounts: accounts.csv:5: 1 cells, but the header has 2; if cells that are missing at the end are empty, say short_rows = true
    "#);
    let missing = MAPPING.replace("accounts.csv", "konten.csv");
    let told = read(&missing, ACCOUNTS, FILE);
    assert!(
        told[0].starts_with("lookup.accounts: cannot read ") && told[0].contains("konten.csv"),
        "{told:?}"
    );
}

#[test]
fn what_a_look_up_lacks_is_named() {
    let told = read(&MAPPING.replace("\"sector\"", "\"branch\""), ACCOUNTS, FILE);
    let lacks =
        "lead.persona: accounts.csv: the file has no column \"branch\"; it has \"account\", \"sector\"";
    assert_eq!(told, [lacks]);
    let told = read(&MAPPING.replace("lookup = \"accounts\"", "lookup = \"konten\""), ACCOUNTS, FILE);
    assert_eq!(told, ["lead.persona: there is no [lookup.konten]"]);
    // Without its file there is nothing to look up in.
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let unread = Reader::new(FILE.as_bytes(), &mapping).err().unwrap().to_string();
    assert_eq!(unread, "lead.persona: accounts.csv was not read");
}

#[test]
fn one_column_is_another_event_by_how_far_the_row_came() {
    let header = "case_id,created_at,first_contact_at,preaccepted_at,accepted_at,approved_at,declined_at,cancelled_at,amount_req\n";
    let day = |day: u32| format!("2011-10-{day:02}T10:00:00+02:00");
    let (created, contact, preaccepted, accepted, end) = (day(1), day(2), day(3), day(4), day(5));
    let rows = [
        format!("1,{created},,,,,{end},,5000"),
        format!("2,{created},{contact},{preaccepted},,,{end},,5000"),
        format!("3,{created},{contact},{preaccepted},,,,{end},5000"),
        format!("4,{created},{contact},{preaccepted},{accepted},,{end},,5000"),
        format!("5,{created},{contact},{preaccepted},{accepted},{end},,,5000"),
    ];
    let mapping = Mapping::from_toml(LOANS).unwrap();
    let file = format!("{header}{}\n", rows.join("\n"));
    let mut reader = Reader::new(file.as_bytes(), &mapping).unwrap();
    let mut told = Vec::new();
    while let Some(read) = reader.read() {
        let Read::Item(item) = read else { panic!("{read:?}") };
        told.extend(item.request.history.iter().map(show_entry));
    }
    insta::assert_snapshot!(told.join("\n"));
}

/// How many rows of the pipeline are refused for each column.
#[cfg(test_data)]
fn refused(mapping: &str) -> std::collections::BTreeMap<String, usize> {
    let folder = std::path::Path::new(&std::env::var("HANDOFF_TEST_DATA").unwrap()).join("maven_crm");
    let mut mapping = Mapping::from_toml(mapping).unwrap();
    mapping.open_lookups(&folder).unwrap();
    let file = fs::File::open(folder.join("sales_pipeline.csv")).unwrap();
    let mut reader = Reader::new(file, &mapping).unwrap();
    let mut counts = std::collections::BTreeMap::new();
    while let Some(read) = reader.read() {
        let Read::Problems(problems) = read else { continue };
        for problem in problems {
            *counts.entry(problem.column.unwrap_or_default()).or_default() += 1;
        }
    }
    counts
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn the_pipelines_product_is_found_by_its_translation_alone() {
    #[cfg(test_data)]
    {
        let exact = PIPELINE.replacen(", translate = { \"GTXPro\" = \"GTX Pro\" }", "", 1);
        assert_eq!(refused(PIPELINE), [("engage_date".to_owned(), 500)].into());
        // `dq_product_join` of the control totals.
        let totals = std::env::var("HANDOFF_TEST_DATA").unwrap() + "/control_totals.json";
        let totals: serde_json::Value = serde_json::from_str(&fs::read_to_string(totals).unwrap()).unwrap();
        let lost = totals["maven_crm"]["dq_product_join"]["rows"][0][1].as_u64().unwrap() as usize;
        assert_eq!(refused(&exact), [("engage_date".to_owned(), 500), ("product".to_owned(), lost)].into());
    }
    #[cfg(not(test_data))]
    let _ = PIPELINE;
}
