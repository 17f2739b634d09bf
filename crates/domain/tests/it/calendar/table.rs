//! The table of deadlines that an independent library made.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::calendar::{Calendar, LocalTime};

use super::calendar;

fn read(file: &str) -> Vec<HashMap<String, String>> {
    let folder = env::var_os("HANDOFF_TEST_DATA").expect("set when this test was built; build it again");
    let path = PathBuf::from(folder).join("business_clock").join(file);
    let mut reader = csv::Reader::from_path(&path).expect("a readable table");
    let header = reader.headers().expect("a header").clone();
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()).collect()
}

/// A row of the table.
struct Row(HashMap<String, String>);

impl Row {
    fn text(&self, column: &str) -> &str {
        &self.0[column]
    }

    fn instant(&self, column: &str) -> DateTime<Utc> {
        self.text(column).parse().expect("an instant")
    }

    fn seconds(&self, column: &str) -> TimeDelta {
        TimeDelta::seconds(self.text(column).parse().expect("a number"))
    }

    fn calendar(&self, holidays: &[String]) -> Calendar {
        let closed: Vec<&str> = holidays.iter().map(String::as_str).collect();
        let hours = format!("{}-{}", self.text("open"), self.text("close"));
        let closed = if self.text("holidays") == "nl" { closed } else { Vec::new() };
        calendar(self.text("tz"), 5, &[&hours], &closed)
    }

    /// The hours of one day; the table's "business day" is this much business time.
    fn day(&self) -> TimeDelta {
        let time = |column| self.text(column).parse::<LocalTime>().expect("a time").seconds();
        TimeDelta::seconds(i64::from(time("close") - time("open")))
    }
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn every_row_of_the_business_clock_agrees() {
    let holidays: Vec<String> =
        read("nl_holidays_2023_2028.csv").into_iter().map(|row| row["date"].clone()).collect();
    let rows: Vec<Row> = read("vectors.csv").into_iter().map(Row).collect();
    assert_eq!(rows.len(), 68);
    for row in rows {
        let calendar = row.calendar(&holidays);
        let (start, end) = (row.instant("start_utc"), row.instant("end_utc"));
        let kind = format!("{} from {start} ({})", row.text("kind"), row.text("holidays"));
        let elapsed = calendar.measure(start, end);
        assert_eq!(TimeDelta::microseconds(elapsed.calendar_us), row.seconds("elapsed_seconds"), "{kind}");
        assert_eq!(TimeDelta::microseconds(elapsed.business_us), row.seconds("business_seconds"), "{kind}");
        for (column, amount) in [
            ("due_1_business_hour", TimeDelta::hours(1)),
            ("due_4_business_hours", TimeDelta::hours(4)),
            ("due_1_business_day", row.day()),
            ("due_2_business_days", row.day() * 2),
        ] {
            assert_eq!(calendar.deadline(start, amount), Some(row.instant(column)), "{kind}: {column}");
        }
    }
}
