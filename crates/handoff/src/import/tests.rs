//! Whole files through whole mappings.

use handoff_proto::qualification::v1::{HistoryEntry, history_entry::Entry, import_request::Subject};

use super::{Mapping, Read, Reader};

mod dialect;
mod lookup;

const OLIST_LEADS: &str = include_str!("../../mappings/olist-leads.toml");
const OLIST_DEALS: &str = include_str!("../../mappings/olist-deals.toml");
const WEB_ACTIVITIES: &str = include_str!("../../mappings/web-activities.toml");
const X_EDUCATION: &str = include_str!("../../mappings/x-education.toml");
const CRM_LEADS: &str = include_str!("../../mappings/crm-leads.toml");

/// What each row of a file comes to, a line each.
fn read(mapping: &str, file: &str) -> String {
    let mapping = Mapping::from_toml(mapping).unwrap();
    let mut reader = match Reader::new(file.as_bytes(), &mapping) {
        Ok(reader) => reader,
        Err(error) => return error.to_string(),
    };
    let mut lines = Vec::new();
    while let Some(read) = reader.read() {
        match read {
            Read::Nothing => lines.push("nothing".to_owned()),
            Read::Problems(problems) => {
                lines.extend(problems.iter().map(|problem| format!("refused {problem}")))
            }
            Read::Item(item) => {
                let request = &item.request;
                let subject = match request.subject.as_ref().unwrap() {
                    Subject::Lead(lead) => format!(
                        "{:?} {:?} kind {} at {}",
                        lead.person.as_ref().unwrap(),
                        lead.origin.as_ref().unwrap(),
                        lead.kind,
                        request.capture_time.unwrap()
                    ),
                    Subject::LeadRef(lead) => format!("{:?}", lead.lead.as_ref().unwrap()),
                };
                lines.push(format!("{} {} {subject}", item.line, request.source_key));
                lines.extend(request.history.iter().map(show_entry));
            }
        }
    }
    lines.join("\n")
}

fn show_entry(entry: &HistoryEntry) -> String {
    let content = match entry.entry.as_ref().unwrap() {
        Entry::Activity(activity) => format!("{activity:?}"),
        Entry::Qualified(_) => "Qualified".to_owned(),
        Entry::Assigned(assigned) => format!("{assigned:?}"),
        Entry::Accepted(accepted) => format!("{accepted:?}"),
        Entry::Rejected(rejected) => format!("{rejected:?}"),
        Entry::Returned(returned) => format!("{returned:?}"),
        Entry::Contact(contact) => format!("{contact:?}"),
        Entry::Outcome(outcome) => format!("{outcome:?}"),
        Entry::Nurtured(nurtured) => format!("{nurtured:?}"),
        Entry::Disqualified(disqualified) => format!("{disqualified:?}"),
    };
    format!("  {} {} {content}", entry.source_key, entry.occur_time.unwrap())
}

#[test]
fn olist_leads_are_mqls_from_their_first_contact_on() {
    insta::assert_snapshot!(read(
        OLIST_LEADS,
        "mql_id,first_contact_date,landing_page_id,origin\n\
         dac32acd4db4c29c230538b72f8dd87d,2018-02-01,88740e65d5d6b056e0cda098e1ea6313,social\n\
         8c18d1de7f67e60dbd64e3c07d7e9d5d,2017-10-20,007f9098284a86ee80ddeb25d53e0af8,\n"
    ));
}

#[test]
fn olist_deals_are_customers() {
    insta::assert_snapshot!(read(
        OLIST_DEALS,
        "mql_id,seller_id,won_date\n5420aad7fec3549a85876ba1c529bd84,2c43fb,2018-02-26 19:58:54\n"
    ));
}

/// What others did to a lead, an SMS or a call, is none of its activities.
#[test]
fn activities_may_be_columns_of_the_leads_row() {
    insta::assert_snapshot!(read(
        X_EDUCATION,
        "Prospect ID,Lead Origin,Lead Source,Do Not Email,Total Time Spent on Website,Last Activity,Country,\
         Specialization,What is your current occupation\n\
         a1,API,Olark Chat,No,0,Olark Chat Conversation,unknown,Select,\n\
         a2,Lead Add Form,Reference,Yes,674,SMS Sent,India,\"Banking, Investment\",Working Professional\n\
         a3,Landing Page Submission,google,No,61,Had a Phone Conversation,,,Select\n"
    ));
}

#[test]
fn an_american_export_is_read_with_its_dates_and_amounts() {
    let mapping = r#"
        kind = "leads"
        source = "crm"
        key = ["Lead ID"]
        [file]
        encoding = "windows-1252"
        date_formats = ["%m/%d/%Y", "%m/%d/%Y %I:%M %p"]
        zone = "America/New_York"
        thousands_mark = ","
        amount_marks = ["$"]
        [lead]
        external_id = "Lead ID"
        organisation = "Company"
        captured = "Created"
        [[history]]
        event = "MQL"
        at = "Created"
        [[history]]
        event = "ACCEPTED"
        at = "Accepted"
        [[history]]
        event = "WON"
        at = "Closed"
        amount = "Amount"
        currency = { constant = "USD" }
    "#;
    insta::assert_snapshot!(read(
        mapping,
        "Lead ID,Company,Created,Accepted,Closed,Amount\r\n\
         1,\"Acme, Inc.\",03/07/2026,3/8/2026 3:30 AM,03/30/2026,\"$1,250,000.50\"\r\n\
         2,Globex,12/31/2026 11:59 PM,,,\r\n\
         3,Initech,30/03/2026,,,\r\n\
         4,Hooli,03/09/2026,03/10/2026,03/11/2026,\"$1.250,00\"\r\n"
    ));
}

#[test]
fn a_semicolon_file_of_activities_is_translated() {
    insta::assert_snapshot!(read(
        WEB_ACTIVITIES,
        "\u{feff}event_id;email;event;page;time\n\
         81;ada@example.com;ebook download;/guides/crm;30/03/2026 10:15\n\
         82; ada@example.com ;page view;-;30/03/2026 10:16\n"
    ));
}

const CRM_HEADER: &str = "Lead ID,Email,Phone,First Name,Last Name,Company,Type,Created,Sourced By,Lead Source,Campaign,\
     Qualified On,Assigned On,Owner,First Call,Accepted On,Rejected On,Rejection Reason,Rejection Note,Opportunity On,\
     Won On,Amount,Lost On\n";

#[test]
fn a_row_with_dates_is_a_lead_with_its_history_in_the_order_of_the_mapping() {
    insta::assert_snapshot!(read(
        CRM_LEADS,
        &format!(
            "{CRM_HEADER}\
             7,ada@example.com,,Ada,Byron,Engines Ltd,Business,27/03/2026,Marketing,google,spring,\
             30/03/2026 09:00,30/03/2026 09:05,bob,30/03/2026 11:00,30/03/2026 12:30,,,,01/04/2026,05/05/2026,\"12.500,50\",\n\
             8,eve@example.com,,Eve,,,Select,27/03/2026,?,n/a,,30/03/2026 09:00,,,,,31/03/2026,Too small,,,,,\n"
        )
    ));
}

#[test]
fn a_bad_row_is_refused_with_line_column_and_reason_and_the_rest_goes_on() {
    insta::assert_snapshot!(read(
        CRM_LEADS,
        &format!(
            "{CRM_HEADER}\
             7,ada@example.com,,Ada,Byron,Engines,Company,31/02/2026,Marketing,,,,,,,,,,,,05/05/2026,12.5x,\n\
             too,short\n\
             9,,,Ada,,,,,Marketing,,,,30/03/2026,,,,,,,,,,\n\
             10,eve@example.com,,Eve,,,,27/03/2026,Marketing,,,,,,,,,,,,,,\n"
        )
    ));
}

#[test]
fn a_row_without_any_date_tells_nothing() {
    let file = "mql_id,won_date\na,\n";
    assert_eq!(read(OLIST_DEALS, file), "nothing");
}

#[test]
fn a_row_that_is_not_utf8_is_refused_alone() {
    let mapping = Mapping::from_toml(OLIST_DEALS).unwrap();
    let file: &[u8] = b"mql_id,won_date\n\xff,2018-02-26 19:58:54\nb,2018-02-26 19:58:54\n";
    let mut reader = Reader::new(file, &mapping).unwrap();
    assert!(
        matches!(reader.read(), Some(Read::Problems(p)) if p[0].to_string().starts_with("2: column \"mql_id\": the byte 0xFF"))
    );
    assert!(matches!(reader.read(), Some(Read::Item(item)) if item.line == 3));
    assert!(reader.read().is_none());
}

#[test]
fn a_header_that_lacks_columns_refuses_the_file() {
    insta::assert_snapshot!(read(OLIST_LEADS, "id,first_contact_date\n1,2018-02-01\n"));
}

#[test]
fn milestones_may_stand_in_a_row_each() {
    let mapping = r#"
        kind = "history"
        source = "bpi"
        [lead]
        external_id = "case"
        [[history]]
        event = { column = "what", translate = { "A_SUBMITTED" = "", "A_ACCEPTED" = "ACCEPTED" } }
        at = "when"
        decided_by = "who"
    "#;
    insta::assert_snapshot!(read(
        mapping,
        "case,what,when,who\n1,A_SUBMITTED,2026-03-30T10:00:00Z,\n1,A_ACCEPTED,2026-03-30T11:00:00Z,112\n\
         1,MQL,2026-03-30T09:00:00+02:00,\n1,REJECTED,2026-03-30T12:00:00Z,112\n1,BOUGHT,2026-03-30T12:00:00Z,\n"
    ));
}

#[test]
fn ids_of_further_systems_describe_a_lead_and_find_one() {
    let leads = r#"
        kind = "leads"
        source = "warehouse"
        key = ["id"]
        [lead]
        captured = "at"
        [lead.record_ids]
        warehouse = "id"
        billing = { column = "account", missing = ["-"] }
    "#;
    let history = r#"
        kind = "history"
        source = "billing"
        [lead.record_ids]
        billing = "account"
        [[history]]
        event = "WON"
        at = "at"
    "#;
    let file =
        "id,account,at\nW-1,B-1,2026-03-30T10:00:00Z\nW-2,-,2026-03-30T11:00:00Z\n,-,2026-03-30T12:00:00Z\n";
    insta::assert_snapshot!(read(leads, file));
    insta::assert_snapshot!(read(history, "account,at\nB-1,2026-03-30T10:00:00Z\n,2026-03-30T10:00:00Z\n"));
    let two = history.replace("[[history]]", "warehouse = \"id\"\n[[history]]");
    insta::assert_snapshot!(Mapping::from_toml(&two).unwrap_err());
}

#[test]
fn a_field_that_says_nothing_about_its_event_is_refused() {
    let mapping = r#"
        kind = "history"
        source = "crm"
        [lead]
        external_id = "id"
        [[history]]
        event = "WON"
        at = "at"
        amount = "id"
        owner = "id"
        [[history]]
        event = "REJECTED"
        at = "at"
        [[history]]
        event = "BOUGHT"
        at = "at"
    "#;
    insta::assert_snapshot!(read(mapping, "id,at\n"));
}

#[test]
fn a_refusal_of_the_service_finds_its_column() {
    let mapping = Mapping::from_toml(CRM_LEADS).unwrap();
    let file = format!("{CRM_HEADER}8,e@x.org,,,,,,27/03/2026,,,,,30/03/2026,bob,,,,,,,,,\n");
    let mut reader = Reader::new(file.as_bytes(), &mapping).unwrap();
    let Some(Read::Item(item)) = reader.read() else { panic!("the row is good") };
    for (path, column) in [
        ("lead.person.email", Some("Email")),
        ("lead.origin.campaign", Some("Campaign")),
        ("capture_time", Some("Created")),
        ("history[0].assigned.owner", Some("Owner")),
        ("history[0].occur_time", Some("Assigned On")),
        ("history[1].occur_time", None),
        ("source_key", None),
    ] {
        assert_eq!(reader.plan().column_of(&item, path), column, "{path}");
    }
}

/// How many rows of a real file come to an item; every other row fails the test.
#[cfg(test_data)]
fn count_items(mapping: &str, name: &str, mut see: impl FnMut(super::Item)) -> usize {
    let folder = std::env::var("HANDOFF_TEST_DATA").unwrap();
    let file = std::fs::File::open(format!("{folder}/olist/{name}")).unwrap();
    let mut reader = Reader::new(file, &Mapping::from_toml(mapping).unwrap()).unwrap();
    let mut count = 0;
    while let Some(read) = reader.read() {
        let Read::Item(item) = read else { panic!("{read:?}") };
        count += 1;
        see(*item);
    }
    count
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn every_row_of_the_olist_funnel_is_understood() {
    #[cfg(test_data)]
    {
        let mut keys = std::collections::BTreeSet::new();
        let mut without_source = 0;
        let leads = count_items(OLIST_LEADS, "olist_marketing_qualified_leads_dataset.csv", |item| {
            let Some(Subject::Lead(lead)) = item.request.subject else { panic!("it is a lead") };
            without_source += usize::from(lead.origin.unwrap().source.is_empty());
            keys.insert(item.request.source_key);
        });
        let deals = count_items(OLIST_DEALS, "olist_closed_deals_dataset.csv", |item| {
            keys.insert(item.request.source_key);
        });
        assert_eq!((leads, without_source, deals, keys.len()), (8_000, 60, 842, 8_842));
    }
}
