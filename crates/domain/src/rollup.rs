//! Rollups: sums of what the facts that hold now add to cells by local day, kept by retractable deltas. A change of a
//! record writes what it adds now less what it added before, so that at any position of the logs a cell is the sum of
//! the contributions of all records, and a report read from the cells is the same report as from the facts.
//!
//! A contribution never depends on now. Who is overdue, too young to judge or still waiting is found when a report is
//! asked for, from the days by which the cells are kept and the facts of the one day on which it changes.
//!
//! # What the cells hold
//!
//! A cell is named by dimension, value, part, grain, first date and detail, and holds counters by whole-number keys. It
//! is of one tenant; days are local dates in the tenant's zone. Dimension `TOTAL` (value empty) holds every record, each
//! other dimension the records by their value, empty for none; a lead counts in all but OWNER and TEAM. Leads and
//! hand-overs that are tests add nothing, nor does a clock whose hand-over is a test or unknown. `month` is a cell of
//! grain MONTH with the day of the month, 1 to 31, in its keys. MQL in the following is `mql_at`, recorded or implied;
//! void is withdrawn as MERGED or TEST.
//!
//! | part | cell | key | counts, by which day |
//! |---|---|---|---|
//! | `COUNTS` | month | day·64 + 0…35 | hand-overs with an MQL, by its day: 18 if implied + 9 if its cycle is 1 + outcome |
//! | | | day·64 + 35 + outcome | hand-overs that ended, by the day of their end |
//! | | | day·64 + 44 | deals, by the day on which they were won |
//! | | | day·64 + 45 (implied: 46) | deals of hand-overs with an MQL that is not void, by the day of the MQL |
//! | | | day·64 + 47, 48, 49 | leads by capture; of those, customers; leads by the day they became customers |
//! | | | day·64 + 50, 51, 52 | DECIDE clocks by deadline: met; late, open, or cancelled after a breach; cancelled without one |
//! | | | day·64 + 53, 54 | hand-overs whose rejection was overturned and that are not decided anew, by the day on which it was; by that of the MQL |
//! | `REJECTIONS` | month, detail `ATTRIBUTION REASON` | day·64 + 0, 1, 2 | rejected hand-overs: by the day of the rejection; of an MQL that is recorded (implied) |
//! | `AMOUNTS` | month, detail currency | day·64 + 3·b + 0, 1, 2 | deals won with an amount: how many, whole units, nanos; b = 0 by the day won, 1 (2) by that of an MQL that is recorded (implied) and not void |
//! | `STARTED` | month | day·100,000 + 3·(10,000 + local days from start to deadline) + 0, 1, 2 | DECIDE clocks by start: those of 51, 50, 52 |
//! | `GIVEN` | month, total only | day·1,000,000 + bucket | DECIDE clocks by deadline: deadline − start |
//! | `S>E BY END` | month; and DAY, total only | see below | pairs that are over, by the day of their end |
//! | `S>E BY START` | the same | see below | the same pairs, by the day of their start |
//! | `S>E WAITING` | month | day·100 + hours since midnight | pairs that are not over, by the day of their start |
//!
//! Outcomes are 0 open, 1 accepted, 2 accepted by silence, 3 accepted by implication, 4 rejected for ROUTING, 5 rejected
//! otherwise, 6 expired, 7 withdrawn, 8 void. Clocks count only with a hand-over whose MQL is recorded.
//!
//! Lengths: a pair of a hand-over starts and ends at milestones that were recorded. One that has its end is a sample,
//! or invalid if it ends before it starts. One that never reached its end is over at the first of these: its end if that
//! is no acceptance (for ends up to ACCEPTED, any end), won, lost; otherwise it waits. The keys: 0 invalid; 1 samples; 2
//! of these, those whose business time sla logged (of the DECIDE clocks of the hand-over the first ran from exactly the
//! start, and the last to exactly the end; theirs together counts); 3 those that gave up; 4 those that gave up before they started; 10…13 the sums of whole seconds or days of the samples in CALENDAR, CALENDAR_DAYS, BUSINESS, BUSINESS_DAYS;
//! 20 and 22 the microseconds beyond the seconds; (1 + unit)·10⁸ + bucket the samples and (5 + unit)·10⁸ + bucket those
//! that gave up, by the [bucket](histogram) of their length. Business units are only of what sla logged, and only of
//! `MQL>DECIDED`, whose detail is the target of the DECIDE clock that was set last, in words, empty without one.

pub mod cell;
pub mod contribution;
pub mod count;
pub mod histogram;
pub mod length;
pub mod pair;
pub mod tally;
