//! Exports as people save them: each dialect with the mapping that reads it, or the message that says which mapping
//! would.

use handoff_proto::qualification::v1::import_request::Subject;
use proptest::prelude::*;

use super::super::{Mapping, Read, Reader};

/// Three columns of a lead, with `file` in the mapping's `[file]`.
fn mapping(file: &str) -> String {
    format!(
        "kind = \"leads\"\nsource = \"crm\"\n[lead]\nexternal_id = \"Id\"\norganisation = \"Firma\"\n\
         captured = \"Am\"\n[file]\n{file}\n"
    )
}

/// What each row of a file comes to: `line id|organisation|time`, or why it was refused.
fn read(bytes: &[u8], mapping: &str) -> Vec<String> {
    let mapping = match Mapping::from_toml(mapping) {
        Ok(mapping) => mapping,
        Err(error) => return vec![error.to_string()],
    };
    let mut reader = match Reader::new(bytes, &mapping) {
        Ok(reader) => reader,
        Err(error) => return vec![error.to_string()],
    };
    let mut told = Vec::new();
    while let Some(read) = reader.read() {
        match read {
            Read::Nothing => told.push("nothing".to_owned()),
            Read::Problems(problems) => told.extend(problems.iter().map(ToString::to_string)),
            Read::Item(item) => {
                let Some(Subject::Lead(lead)) = &item.request.subject else { panic!("it is a lead") };
                let person = lead.person.clone().unwrap_or_default();
                let time = item.request.capture_time.unwrap_or_default();
                told.push(format!("{} {}|{}|{time}", item.line, person.external_id, person.organisation));
            }
        }
    }
    told
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, file: &str, expected: &[&str]) {
    assert_eq!(read(bytes.as_ref(), &mapping(file)), expected, "{file}");
}

/// A file of one row, read as `line id|organisation|time`.
const ONE: &str = "2 7|Büro|2026-03-30T08:00:00Z";
const DAY_FIRST: &str = "date_formats = [\"%d.%m.%Y %H:%M\"]\nzone = \"Europe/Rome\"";

#[test]
fn semicolons_and_tabs_separate() {
    let file = format!("delimiter = \";\"\n{DAY_FIRST}");
    check("Id;Firma;Am\n7;Büro;30.03.2026 10:00\n", &file, &[ONE]);
    check("Id\tFirma\tAm\n7\tBüro\t30.03.2026 10:00\n", &file.replace(';', "\\t"), &[ONE]);
}

#[test]
fn every_line_end_ends_a_line_and_the_last_may_have_none() {
    let unix = "Id,Firma,Am\n7,Büro,2026-03-30T08:00:00Z\n\n9,B,2026-03-30T08:00:00Z";
    let told = ["2 7|Büro|2026-03-30T08:00:00Z", "4 9|B|2026-03-30T08:00:00Z"];
    check(unix, "", &told);
    check(unix.replace('\n', "\r\n"), "", &told);
    check(unix.replace('\n', "\r"), "", &told);
}

#[test]
fn every_encoding_is_read_that_the_mapping_or_the_file_names() {
    let text = "Id,Firma,Am\n7,Büro,2026-03-30T08:00:00Z\n";
    check(["\u{feff}", text].concat(), "", &[ONE]);
    let latin: Vec<u8> = text.chars().map(|char| char as u8).collect();
    check(&latin, "encoding = \"windows-1252\"", &[ONE]);
    check(&latin, "encoding = \"iso-8859-1\"", &[ONE]);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check([&b"\xff\xfe"[..], &wide].concat(), "", &[ONE]);
    check(&wide, "encoding = \"utf-16le\"", &[ONE]);
    check(
        &latin,
        "",
        &["2: column \"Firma\": the byte 0xFC is not UTF-8; if the file is in another encoding, say which: \
           encoding = \"windows-1252\""],
    );
    check(
        &wide,
        "",
        &[
            "1: column \"1\": a NUL byte, which no text holds; a file of UTF-16 says so: encoding = \"utf-16le\"",
        ],
    );
    check(
        text,
        "encoding = \"klingon\"",
        &["file.encoding: \"klingon\" is none: \"windows-1252\", \"utf-16le\" …"],
    );
}

#[test]
fn a_header_in_another_encoding_is_refused_by_its_column() {
    let told = "1: column \"2\": the byte 0xE9 is not UTF-8; if the file is in another encoding, say which: \
                encoding = \"windows-1252\"";
    check(b"Id,Soci\xe9t\xe9,Am\n", "", &[told]);
}

#[test]
fn a_nul_byte_is_refused_with_its_column_and_the_rest_goes_on() {
    check(
        "Id,Firma,Am\n7,B\0ro,2026-03-30T08:00:00Z\n8,B,2026-03-30T08:00:00Z\n",
        "",
        &[
            "2: column \"Firma\": a NUL byte, which no text holds; a file of UTF-16 says so: encoding = \"utf-16le\"",
            "3 8|B|2026-03-30T08:00:00Z",
        ],
    );
}

#[test]
fn whole_rows_may_be_quoted_as_one_cell() {
    let file = "\"Id,Firma,Am\"\n\"7,\"\"Büro, Rom\"\",2026-03-30T08:00:00Z\"\n8,B,2026-03-30T08:00:00Z\n\
                \"9,\"\"two\nlines\"\",2026-03-30T08:00:00Z\",,\n";
    check(
        file,
        "quoted_rows = true",
        &[
            "2 7|Büro, Rom|2026-03-30T08:00:00Z",
            "3 8|B|2026-03-30T08:00:00Z",
            "4 9|two\nlines|2026-03-30T08:00:00Z",
        ],
    );
    let told = read(file.as_bytes(), &mapping(""));
    assert!(
        told[0].starts_with("file: the whole header is one quoted cell: say quoted_rows = true\n"),
        "{told:?}"
    );
}

#[test]
fn a_missing_header_is_given_by_the_mapping_or_by_numbers() {
    let rows = "7,Büro,2026-03-30T08:00:00Z\n8,B,2026-03-30T08:00:00Z\n";
    let told = ["1 7|Büro|2026-03-30T08:00:00Z", "2 8|B|2026-03-30T08:00:00Z"];
    check(rows, "header = [\"Id\", \"Firma\", \"Am\"]", &told);
    let numbers =
        mapping("header = false").replace("\"Id\"", "1").replace("\"Firma\"", "2").replace("\"Am\"", "3");
    assert_eq!(read(rows.as_bytes(), &numbers), told);
    let bad = read("7,B,yesterday\n".as_bytes(), &numbers);
    assert_eq!(bad, ["1: column \"3\": \"yesterday\" is no time in the format \"RFC3339\""]);
}

#[test]
fn lines_before_the_header_are_skipped() {
    let file = "sep=;\r\nLeads \"as of\r\nId;Firma;Am\r\n7;Büro;30.03.2026 10:00\r\n";
    check(
        file,
        &format!("delimiter = \";\"\nskip_lines = 2\n{DAY_FIRST}"),
        &["4 7|Büro|2026-03-30T08:00:00Z"],
    );
}

#[test]
fn separators_at_the_end_of_a_line_are_no_cells() {
    let row = "7,Büro,2026-03-30T08:00:00Z";
    check(
        format!("Id,Firma,Am,,\n{row},,\n{row}\n{row},,,,\n"),
        "",
        &[ONE, &ONE.replacen('2', "3", 1), &ONE.replacen('2', "4", 1)],
    );
}

#[test]
fn ragged_rows_are_refused_or_filled_as_the_mapping_says() {
    let file = "Id,Am,Firma\n7,2026-03-30T08:00:00Z\n8,2026-03-30T08:00:00Z,Meier, Söhne\n9,\n";
    let beyond = "3: cell 4 (\" Söhne\") lies beyond the 3 columns of the header; a cell that holds the separator must \
                  stand in quotes";
    check(
        file,
        "",
        &[
            "2: 2 cells, but the header has 3; if cells that are missing at the end are empty, say short_rows = true",
            beyond,
            "4: 2 cells, but the header has 3; if cells that are missing at the end are empty, say short_rows = true",
        ],
    );
    check(
        file,
        "short_rows = true",
        &["2 7||2026-03-30T08:00:00Z", beyond, "4: column \"Am\": a time is needed"],
    );
}

#[test]
fn empty_lines_are_no_rows_and_empty_rows_tell_nothing() {
    let file = "\n\nId,Firma,Am\n\n,,\n ,,\n7,Büro,2026-03-30T08:00:00Z\n\n\n";
    check(file, "", &["nothing", "nothing", &ONE.replacen('2', "7", 1)]);
}

#[test]
fn quoted_cells_may_hold_line_breaks_and_later_rows_keep_their_lines() {
    let file = "Id,Firma,Am\n7,\"Büro\r\n\"\"Rom\"\"\",2026-03-30T08:00:00Z\n8,B,soon\n";
    check(
        file,
        "",
        &[
            "2 7|Büro\r\n\"Rom\"|2026-03-30T08:00:00Z",
            "4: column \"Am\": \"soon\" is no time in the format \"RFC3339\"",
        ],
    );
}

#[test]
fn a_quote_that_is_not_closed_swallows_nothing_in_silence() {
    let rest = "8,B,2026-03-30T08:00:00Z\n";
    let open = "2: a quote is opened in this row and never closed; nothing after it was read. If quotes are ordinary \
                characters in this file, say so: quote = \"\"";
    check(format!("Id,Firma,Am\n7,\"Büro,2026-03-30T08:00:00Z\n{rest}"), "", &[open]);
    check("Id,Firma,Am\n7,x,\"2026", "", &[open]);
    // One that a later row closes by its own quote leaves text behind it.
    check(
        format!("Id,Firma,Am\n7,\"Büro,2026-03-30T08:00:00Z\n8,\"B\",2026-03-30T08:00:00Z\n{rest}"),
        "",
        &[
            "2: text follows a quote that ends a cell; a quote within a cell is written twice. The row reaches to line 3, \
         because quoted cells may hold line breaks: is a quote in it not closed?",
            "4 8|B|2026-03-30T08:00:00Z",
        ],
    );
    check(
        "Id,Firma,Am\n7,\"Büro,2026-03-30T08:00:00Z\n",
        "quote = \"\"",
        &["2 7|\"Büro|2026-03-30T08:00:00Z"],
    );
}

#[test]
fn a_cell_may_be_long_but_not_endless() {
    let long = "x".repeat(100_000);
    check(
        format!("Id,Firma,Am\n7,{long},2026-03-30T08:00:00Z\n"),
        "",
        &[&format!("2 7|{long}|2026-03-30T08:00:00Z")],
    );
    let endless = "x".repeat(1024 * 1024 + 1);
    let told = read(format!("Id,Firma,Am\n7,{endless},now\n").as_bytes(), &mapping(""));
    assert!(told.len() == 1 && told[0].starts_with("2: the row is longer than 1 MiB"), "{}", told[0]);
    // A message shows the beginning.
    let told = read(format!("Id,Firma,Am\n7,x,{long}\n").as_bytes(), &mapping(""));
    assert!(told[0].starts_with("2: column \"Am\": \"xxx") && told[0].len() < 300, "{}", told[0]);
}

#[test]
fn a_column_that_is_there_twice_is_meant_by_its_number() {
    let file = "Id,Am,Firma,Am\n7,no,Büro,2026-03-30T08:00:00Z\n";
    check(
        file,
        "",
        &["lead.captured: the file has the column \"Am\" twice; name the one that is meant by its number: \
                       2 or 4"],
    );
    assert_eq!(read(file.as_bytes(), &mapping("").replace("\"Am\"", "4")), [ONE]);
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_the_way_out() {
    check("", "", &["it is empty: not even a header is there"]);
    check("\r\n\r\n", "", &["it is empty: not even a header is there"]);
    let way_out = |bytes: &str, file: &str| {
        read(bytes.as_bytes(), &mapping(file))[0].lines().next().unwrap_or("").to_owned()
    };
    assert_eq!(
        way_out("Id;Firma;Am\n", ""),
        "file: the header is one cell with \";\" in it: say delimiter = \";\""
    );
    assert_eq!(
        way_out("Id,Firma,Am\n", "delimiter = \";\""),
        "file: the header is one cell with \",\" in it: say delimiter = \",\""
    );
    assert_eq!(
        way_out("sep=;\nId;Firma;Am\n", ""),
        "file: the first line is a note for a spreadsheet: say delimiter = \";\" and skip_lines = 1"
    );
    assert_eq!(
        way_out("id,firma,Am\n", ""),
        "lead.external_id: the file has no column \"Id\"; is \"id\" meant?"
    );
}

#[test]
fn a_format_that_contradicts_itself_is_refused() {
    let told = read(b"", &mapping("quote = \"ab\""));
    assert!(told[0].contains("one character is needed, or \"\" for none"), "{told:?}");
    check(
        "",
        "delimiter = \"–\"\nquoted_rows = true\nquote = \"\"\nzone = \"Rome\"\nthousands_mark = \".\"\nheader = []",
        &[
            "file.delimiter: one ASCII character is needed\nfile.quoted_rows: there is no quote\nfile.zone: \"Rome\" is no \
         IANA time zone\nfile.thousands_mark: it is the decimal mark too; say decimal_mark = \",\" or the like\n\
         file.header: a list of names needs at least one",
        ],
    );
}

/// How a spreadsheet saves a table, and the mapping that says so.
#[derive(Debug, Clone)]
struct Dialect {
    delimiter: char,
    line_end: &'static str,
    always_quotes: bool,
    quoted_rows: bool,
    header: u8,
    trailing: bool,
    encoding: u8,
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|']);
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (delimiter, line_end, any::<bool>(), any::<bool>(), 0..3_u8, any::<bool>(), 0..5_u8).prop_map(
        |(delimiter, line_end, always_quotes, quoted_rows, header, trailing, encoding)| Dialect {
            delimiter,
            line_end,
            always_quotes,
            quoted_rows,
            header,
            trailing,
            encoding,
        },
    )
}

impl Dialect {
    fn row(&self, cells: &[String]) -> String {
        let style = if self.always_quotes { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter as u8)
            .quote_style(style)
            .from_writer(Vec::new());
        writer.write_record(cells).unwrap();
        let row = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mut row = row.strip_suffix('\n').unwrap_or(&row).to_owned();
        if self.quoted_rows {
            row = format!("\"{}\"", row.replace('"', "\"\""));
        }
        if self.trailing {
            row.push(self.delimiter);
        }
        row + self.line_end
    }

    fn file(&self, rows: &[(String, String)]) -> (Vec<u8>, String) {
        let names = ["Id", "Firma", "Am"].map(str::to_owned);
        let mut text = if self.header == 0 { self.row(&names) } else { String::new() };
        for (id, firm) in rows {
            text += &self.row(&[id.clone(), firm.clone(), "2026-03-30T08:00:00Z".to_owned()]);
        }
        let (bytes, encoding) = match self.encoding {
            0 => (text.into_bytes(), "utf-8"),
            1 => (["\u{feff}", &text].concat().into_bytes(), "utf-8"),
            2 => (text.chars().map(|char| char as u8).collect(), "latin1"),
            3 => (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), "utf-16be"),
            _ => (
                [&b"\xff\xfe"[..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()]
                    .concat(),
                "utf-8",
            ),
        };
        let header = ["header = true", "header = false", "header = [\"Id\", \"Firma\", \"Am\"]"]
            [usize::from(self.header)];
        let delimiter = self.delimiter.to_string();
        let file = format!(
            "encoding = \"{encoding}\"\ndelimiter = {delimiter:?}\n{header}\nquoted_rows = {}",
            self.quoted_rows
        );
        let mapping = mapping(&file);
        let by_number = self.header == 1;
        let mapping = if by_number {
            mapping.replace("= \"Id\"", "= 1").replace("= \"Firma\"", "= 2").replace("= \"Am\"", "= 3")
        } else {
            mapping
        };
        (bytes, mapping)
    }
}

proptest! {
    /// Whatever a cell holds (separators, quotes, line breaks, letters of Latin-1) and however it is saved.
    #[test]
    fn what_is_written_in_a_dialect_is_read_back(
        dialect in dialects(),
        rows in prop::collection::vec(("[a-z0-9]{1,9}", "[a-zA-Z ,;|\t\"'éüß\r\n]{0,20}"), 1..20),
    ) {
        let (bytes, mapping) = dialect.file(&rows);
        let told = read(&bytes, &mapping);
        let meant: Vec<_> = rows.iter().map(|(id, firm)| format!("{id}|{}|2026-03-30T08:00:00Z", firm.trim())).collect();
        let told: Vec<_> = told.iter().map(|told| told.split_once(' ').map_or(told.as_str(), |(_, rest)| rest)).collect();
        prop_assert_eq!(told, meant);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes: Vec<u8>, quoted_rows: bool) {
        let _ = read(&bytes, &mapping(&format!("quoted_rows = {quoted_rows}")));
        let _ = read(&[b"Id,Firma,Am\n", &bytes[..]].concat(), &mapping("short_rows = true"));
    }
}
