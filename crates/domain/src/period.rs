//! Periods of a report: days, ISO weeks, months, quarters, years and any range, as whole local dates of the report's
//! zone.
//!
//! A period is dates; only [`Period::bounds`] turns it into instants, so that the same period can be read in another
//! zone. Fiscal years are ranges like any other.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::calendar::local;

/// The kinds of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// A local date.
    Day,
    /// Monday to Sunday, numbered as ISO 8601 does; some years have a week 53.
    IsoWeek,
    /// A month of the calendar.
    Month,
    /// Three months from January, April, July or October.
    Quarter,
    /// January to December.
    Year,
    /// Any range of dates.
    Custom,
}

impl PeriodKind {
    const NAMES: [(Self, &'static str); 6] = [
        (Self::Day, "DAY"),
        (Self::IsoWeek, "ISO_WEEK"),
        (Self::Month, "MONTH"),
        (Self::Quarter, "QUARTER"),
        (Self::Year, "YEAR"),
        (Self::Custom, "CUSTOM"),
    ];

    /// The word used on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::IsoWeek => "ISO_WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
            Self::Custom => "CUSTOM",
        }
    }
}

impl fmt::Display for PeriodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PeriodKind {
    type Err = UnknownPeriodKind;

    fn from_str(text: &str) -> Result<Self, UnknownPeriodKind> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind).ok_or(UnknownPeriodKind)
    }
}

/// The text names no kind of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPeriodKind;

impl fmt::Display for UnknownPeriodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a period is DAY, ISO_WEEK, MONTH, QUARTER, YEAR or CUSTOM")
    }
}

impl std::error::Error for UnknownPeriodKind {}

/// Local dates `[start, end)`. Periods sort by their start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    kind: PeriodKind,
    start: NaiveDate,
    end: NaiveDate,
}

impl Period {
    /// The period of a kind that contains `date`; for [`PeriodKind::Custom`] that date alone. None next to the ends of
    /// chrono's range, where no whole period is left.
    pub fn containing(kind: PeriodKind, date: NaiveDate) -> Option<Self> {
        let start = match kind {
            PeriodKind::Day | PeriodKind::Custom => date,
            PeriodKind::IsoWeek => {
                date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?
            }
            PeriodKind::Month => date.with_day(1)?,
            PeriodKind::Quarter => date.with_day(1)?.with_month0(date.month0() / 3 * 3)?,
            PeriodKind::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1)?,
        };
        Some(Self { kind, start, end: Self::end_of(kind, start)? })
    }

    /// The range `[start, end)`; none if it is empty.
    pub fn range(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start < end).then_some(Self { kind: PeriodKind::Custom, start, end })
    }

    /// What kind of period it is.
    pub fn kind(&self) -> PeriodKind {
        self.kind
    }

    /// Its first date.
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// The date after its last one.
    pub fn end(&self) -> NaiveDate {
        self.end
    }

    /// Its length in dates.
    pub fn days(&self) -> i64 {
        (self.end - self.start).num_days()
    }

    /// Whether a local date lies in it.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.start <= date && date < self.end
    }

    /// `[a, b)`: the local midnights at its ends, in `zone`. Where a midnight is skipped, the first instant of its
    /// date; where it occurs twice, the first one. So periods that follow each other have a common bound, always.
    pub fn bounds(&self, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        (local::midnight(zone, self.start), local::midnight(zone, self.end))
    }

    /// The period of the same kind that ends where this one starts; a range is preceded by one of the same length.
    pub fn previous(&self) -> Option<Self> {
        let before = self.start.pred_opt()?;
        match self.kind {
            PeriodKind::Custom => {
                let days = u64::try_from(self.days()).ok()?;
                Self::range(self.start.checked_sub_days(Days::new(days))?, self.start)
            }
            kind => Self::containing(kind, before),
        }
    }

    /// The periods of a kind that this one touches, in order; the first and the last may reach over its ends. For
    /// [`PeriodKind::Custom`] the period itself, undivided.
    pub fn split(&self, kind: PeriodKind) -> Vec<Self> {
        if kind == PeriodKind::Custom {
            return vec![*self];
        }
        let first = Self::containing(kind, self.start);
        let next = |period: &Self| Self::containing(kind, period.end);
        std::iter::successors(first, next).take_while(|period| period.start < self.end).collect()
    }

    /// The range of as many periods of `kind` that ends where this one starts; for [`PeriodKind::Custom`] of as many
    /// days. None next to the ends of chrono's range.
    pub fn preceding(&self, kind: PeriodKind) -> Option<Self> {
        let start = match kind {
            PeriodKind::Custom => self.start.checked_sub_days(Days::new(u64::try_from(self.days()).ok()?))?,
            _ => (0..self.split(kind).len()).try_fold(self.start, |start, _| {
                Self::containing(kind, start.pred_opt()?).map(|period| period.start)
            })?,
        };
        Self::range(start, self.start)
    }

    /// What people call it: `2026-11-22`, `2026-W47`, `2026-11`, `2026-Q4`, `2026`, and with both dates included
    /// `2026-11-01..2026-11-22`.
    pub fn label(&self) -> String {
        let (start, year) = (self.start, self.start.year());
        match self.kind {
            PeriodKind::Day => start.to_string(),
            PeriodKind::IsoWeek => {
                // The ISO year of a week is not always the year of its Monday.
                let week = start.iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            PeriodKind::Month => format!("{year:04}-{:02}", start.month()),
            PeriodKind::Quarter => format!("{year:04}-Q{}", start.month0() / 3 + 1),
            PeriodKind::Year => format!("{year:04}"),
            PeriodKind::Custom => format!("{start}..{}", self.end.pred_opt().unwrap_or(self.end)),
        }
    }

    fn end_of(kind: PeriodKind, start: NaiveDate) -> Option<NaiveDate> {
        match kind {
            PeriodKind::Day | PeriodKind::Custom => start.succ_opt(),
            PeriodKind::IsoWeek => start.checked_add_days(Days::new(7)),
            PeriodKind::Month => start.checked_add_months(Months::new(1)),
            PeriodKind::Quarter => start.checked_add_months(Months::new(3)),
            PeriodKind::Year => start.checked_add_months(Months::new(12)),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.start, self.end, self.kind).cmp(&(other.start, other.end, other.kind))
    }
}
