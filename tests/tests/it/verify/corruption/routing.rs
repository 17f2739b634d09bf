//! What breaks routing.

use handoff_verify::Law;

use super::Corruption;

pub(super) const CORRUPTIONS: &[Corruption] = &[
    (
        "a turn is longer than its weight says",
        concat!(
            "update qualification.routing_turn set pass = pass + 1 where ",
            one!("qualification.routing_turn", "true")
        ),
        Law::StateRouting,
    ),
    (
        "a turn is forgotten",
        concat!("delete from qualification.routing_turn where ", one!("qualification.routing_turn", "true")),
        Law::StateRouting,
    ),
    (
        "a plan has another number",
        "update qualification.routing_plan set number = number + 1",
        Law::StateRouting,
    ),
    (
        "who gave a handoff back is forgotten",
        "update qualification.handoff_route set returned_by = null where returned_by is not null",
        Law::StateRouting,
    ),
    (
        "somebody was left out for another reason",
        concat!(
            "update qualification.handoff_route set absent = absent + 1 where ",
            one!("qualification.handoff_route", "is_waiting")
        ),
        Law::StateRouting,
    ),
    (
        "somebody waits by a rule that nobody looks at",
        "update qualification.routing_queue set rule = 'elsewhere' where rule = 'spares'",
        Law::StateRouting,
    ),
    (
        "a user takes fewer than was said",
        "update qualification.user_account set capacity = 1 where capacity is not null",
        Law::StateDirectory,
    ),
    (
        "a user is there again before its time",
        "update qualification.user_account set absences = '[]' where absences <> '[]'",
        Law::StateDirectory,
    ),
    (
        "a calendar is another than sla's",
        "update qualification.calendar_copy set version = version + 1 where slug = 'always'",
        Law::StateCalendars,
    ),
    (
        "a calendar of sla's was not copied",
        "delete from qualification.calendar_copy where slug = 'always'",
        Law::StateCalendars,
    ),
];
