//! A request of every method that goes through, as full of personal values as it may be. `LEAD` and `HANDOFF` stand for
//! ones that are made for the request, `VERSION` and `HASH` for a version and its content, `REQUEST` for a
//! new id and `OTHER` for a word that nobody used before.

use handoff_proto::method::METHODS;
use serde_json::{Value, json};

/// A file with a holiday of this name.
const HOLIDAYS: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:SOME\r\nDTSTART;VALUE=DATE:20260406\r\nEND:VEVENT\r\n\
                        END:VCALENDAR\r\n";

/// The request of the method with this name.
pub(super) fn that_goes_through(name: &str) -> Value {
    let lead = || json!({"name": "LEAD"});
    let origin = json!({"channel": "ORIGIN_CHANNEL_MARKETING", "source": "SOME", "medium": "SOME", "campaign": "SOME"});
    let person = json!({
        "externalId": "ID-OTHER", "recordIds": {"billing": "SOME OTHER"}, "email": "OTHER.MAIL", "phone": "NUMBER", "givenName": "SOME", "familyName": "SOME",
        "organisation": "SOME", "attributes": {"nickname": "SOME"},
        "verifyTimes": {"nickname": "2025-09-01T08:00:00Z", "email": "2025-09-01T08:00:00Z"}
    });
    let euros = |units: &str| json!({"currencyCode": "EUR", "units": units});
    let query = || {
        json!({"startDate": "2025-10-01", "endDate": "2025-11-01", "periodKind": "PERIOD_KIND_MONTH",
            "timeZone": "Europe/Rome", "breakdown": "DIMENSION_SOURCE",
            "filters": [{"dimension": "DIMENSION_CAMPAIGN", "value": "SOME"}]})
    };
    match name {
        "CreateTenant" => json!({"requestId": "REQUEST", "tenant": {"name": "tenants/OTHER",
            "timeZone": "Europe/Rome", "currencyCode": "EUR", "fiscalYearStartMonth": 1,
            "starterTarget": {"businessDays": 2}}}),
        "PutTeam" => json!({"requestId": "REQUEST", "team": {"name": "teams/OTHER", "side": "SIDE_SALES"}}),
        "PutUser" => json!({"requestId": "REQUEST", "user": {"name": "users/OTHER", "displayName": "SOME",
            "email": "OTHER.MAIL", "side": "SIDE_SALES", "team": "teams/north", "active": true}}),
        "ListUsers" => json!({"pageToken": ""}),
        "CaptureLead" => {
            json!({"requestId": "REQUEST", "lead": {"kind": "LEAD_KIND_UNKNOWN", "person": person,
            "origin": origin, "persona": "SOME", "tracks": []}, "productLine": "default"})
        }
        "UpdateTenant" => json!({"requestId": "REQUEST", "updateMask": "stageLabels,crmField", "tenant": {
            "stageLabels": [{"stage": "STAGE_OPPORTUNITY", "label": "SOME"}], "crmField": {"name": "SOME OTHER"}}}),
        "ListStageChanges" => json!({"filter": {"segment": "SOME"}}),
        "WatchStageChanges" => json!({"filter": {"productLine": "default"}}),
        "WatchHandoffs" => json!({"owner": "users/bob", "team": "teams/north", "open": true}),
        "ListNurturedLeads" => json!({}),
        "NurtureLead" => json!({"requestId": "REQUEST", "lead": lead(), "segment": "SOME"}),
        "SetStage" => {
            json!({"requestId": "REQUEST", "lead": lead(), "value": "MQL", "lastPosition": "1000000",
            "note": "SOME"})
        }
        "GetLead" => json!({"lead": {"email": "KNOWN.MAIL"}}),
        "ExplainScore" => json!({"lead": {"email": "KNOWN.MAIL"}, "productLine": "default"}),
        "AdjustScore" => {
            json!({"requestId": "REQUEST", "lead": lead(), "points": "5", "note": "SOME"})
        }
        "ResetScore" => json!({"requestId": "REQUEST", "lead": lead()}),
        "MergeLeads" => {
            json!({"requestId": "REQUEST", "survivor": lead(), "duplicate": {"email": "KNOWN.MAIL"}})
        }
        "UnmergeLead" => json!({"requestId": "REQUEST", "lead": {"email": "KNOWN.MAIL"}}),
        "FindDuplicates" => json!({"lead": {"recordId": {"system": "billing", "id": "KNOWN.MAIL"}}}),
        "RecordActivity" => json!({"requestId": "REQUEST", "lead": lead(), "type": "VISIT",
            "properties": {"page": "SOME"}}),
        "QualifyLead" => json!({"requestId": "REQUEST", "lead": lead()}),
        "AssignHandoff" => json!({"requestId": "REQUEST", "name": "HANDOFF", "owner": "users/ann"}),
        "GetHandoff" => json!({"name": "HANDOFF"}),
        "ListHandoffs" => json!({"owner": "users/bob"}),
        "AcceptHandoff" => json!({"requestId": "REQUEST", "name": "HANDOFF"}),
        "RejectHandoff" => {
            json!({"requestId": "REQUEST", "name": "HANDOFF", "reason": "OTHER", "note": "SOME",
            "disposition": "REJECTION_DISPOSITION_RECYCLE"})
        }
        "WithdrawHandoff" => {
            json!({"requestId": "REQUEST", "name": "HANDOFF", "note": "SOME", "cooldown": "3600s"})
        }
        "DisputeHandoff" => json!({"requestId": "REQUEST", "name": "HANDOFF", "note": "SOME"}),
        "ResolveDispute" => {
            json!({"requestId": "REQUEST", "name": "HANDOFF", "note": "SOME", "owner": "users/ann",
            "ruling": "DISPUTE_RULING_OVERTURNED"})
        }
        "PutRoutingPlan" => {
            json!({"requestId": "REQUEST", "plan": {"rules": [{"key": "partners", "label": "Partners",
            "when": {"channels": ["ORIGIN_CHANNEL_PARTNER"], "attributes": [{"attribute": "country",
                "predicate": {"equals": "IT"}}]},
            "keepOwner": {"attribute": "industry"}}],
            "otherwise": {"users": ["users/bob"], "method": "ROUTING_METHOD_LEAST_OPEN_WORK"}}})
        }
        "ExplainRouting" => json!({"name": "HANDOFF"}),
        "SetAvailability" => {
            json!({"requestId": "REQUEST", "user": "users/ann", "availability": {"capacity": 100,
            "weight": 5, "absences": [{"startTime": "2020-08-10T00:00:00Z", "endTime": "2020-08-17T00:00:00Z"}]}})
        }
        "SetTeamCalendar" => json!({"requestId": "REQUEST", "team": "teams/north"}),
        "RecordContact" => {
            json!({"requestId": "REQUEST", "lead": lead(), "outcome": "CONTACT_OUTCOME_ATTEMPTED",
            "direction": "CONTACT_DIRECTION_OUTBOUND", "human": true, "medium": "PHONE"})
        }
        "RecordOutcome" => json!({"requestId": "REQUEST", "lead": lead(), "outcome": "OUTCOME_LOST",
            "reason": "SOME"}),
        "Import" => json!({"sourceKey": "SOME OTHER", "lead": {"person": person, "origin": origin,
            "persona": "SOME"}, "captureTime": "2025-10-01T08:00:00Z", "history": history()}),
        "DraftVersion" => {
            json!({"requestId": "REQUEST", "subject": "criteria-sets/b2b", "content": {"criteriaSet": {
            "kind": "LEAD_KIND_B2B", "criteria": [{"key": "company_size", "label": "SOME OTHER", "attribute": "industry",
            "predicate": {"in": {"values": ["SOME", "OTHER"]}}, "points": "12.5", "maxAgeMonths": 12,
            "onUnknown": "UNKNOWN_POLICY_PENALISE", "penalty": "-5"}]}}})
        }
        "GetVersion" => json!({"name": "VERSION"}),
        "ListVersions" => json!({"subject": "scoring-model"}),
        "SubmitVersion" | "WithdrawSignature" | "WithdrawVersion" | "ScheduleVersion" => {
            json!({"requestId": "REQUEST", "name": "VERSION"})
        }
        "SignVersion" => json!({"requestId": "REQUEST", "name": "VERSION", "contentHash": "HASH"}),
        "PutAttribute" => json!({"requestId": "REQUEST", "attribute": {"key": "OTHER", "label": "SOME",
            "subject": "ATTRIBUTE_SUBJECT_PERSON", "valueType": "VALUE_TYPE_TEXT"}}),
        "PutActivityType" => {
            json!({"requestId": "REQUEST", "activityType": {"type": "LABELLED", "label": "SOME OTHER",
            "properties": {"page": "VALUE_TYPE_TEXT"}}})
        }
        "PutCurrencyRate" => json!({"requestId": "REQUEST", "currencyRate": {"fromCurrencyCode": "USD",
            "toCurrencyCode": "EUR", "effectiveDate": "2025-10-01", "rate": "0.9"}}),
        "PutCalendar" => json!({"requestId": "REQUEST", "calendar": {"name": "calendars/OTHER",
            "displayName": "SOME", "timeZone": "Europe/Rome",
            "weeklyHours": [{"weekday": "WEEKDAY_MONDAY", "hours": {"open": "09:00", "close": "18:00"}}],
            "exceptions": [{"date": "2026-04-06", "displayName": "SOME",
                "hours": [{"open": "09:00", "close": "12:00"}]}]}}),
        "ImportHolidays" => {
            json!({"requestId": "REQUEST", "calendar": "calendars/default", "icalendar": HOLIDAYS,
            "firstYear": 2026, "lastYear": 2026})
        }
        "GetCalendar" => json!({"name": "calendars/default"}),
        "PreviewDeadline" => json!({"calendar": "calendars/default", "startTime": "2025-10-01T08:00:00Z"}),
        "PreviewElapsed" => json!({"calendar": "calendars/default", "startTime": "2025-10-01T08:00:00Z"}),
        "ListClocks" => json!({"handoff": "HANDOFF"}),
        "GetMqlReport" | "GetSqlReport" => json!({"query": query()}),
        "GetVelocityReport" => json!({"query": query(), "startMilestone": "MILESTONE_MQL",
            "endMilestone": "MILESTONE_ACCEPTED", "timeUnit": "TIME_UNIT_CALENDAR"}),
        "PlanGoal" => json!({"revenue": euros("1000000"), "dealValue": euros("50000"), "sqlToDeal": "0.25",
            "mqlToSql": "0.2", "leadToMql": "0.3", "visitToLead": "0.021",
            "mix": [{"leadCount": "100", "leadToDeal": "0.1", "dealValue": euros("50000")}]}),
        "SubscribeEvents" => json!({"cursors": []}),
        "GetReevaluation" => json!({"name": "scoring-model/versions/3/reevaluation"}),
        "ListReevaluatedLeads" => json!({"parent": "scoring-model/versions/3/reevaluation"}),
        "ListReevaluations" | "ListAttributes" | "ListActivityTypes" | "ListCurrencyRates" => {
            json!({"pageSize": 10})
        }
        "GetTenant" | "ListCalendars" | "ListBreaches" | "GetContract" | "GetLogHead" | "GetRoutingPlan" => {
            json!({})
        }
        _ => Value::Null,
    }
}

/// Everything that an import can say of the past, in an order in which it can have happened.
fn history() -> Value {
    let entry = |hour: u32, name: &str, what: Value| {
        json!({"occurTime": format!("2025-10-02T{hour:02}:00:00Z"), "productLine": "default",
            "sourceKey": format!("SOME OTHER {hour}"), name: what})
    };
    json!([
        entry(1, "activity", json!({"type": "VISIT", "properties": {"page": "SOME"}})),
        entry(2, "qualified", json!({})),
        entry(3, "assigned", json!({"owner": "users/bob"})),
        entry(4, "rejected", json!({"reason": "OTHER", "decidedBy": "users/bob", "note": "SOME"})),
        entry(5, "nurtured", json!({"segment": "SOME"})),
        entry(6, "qualified", json!({})),
        entry(7, "assigned", json!({"owner": "users/bob"})),
        entry(
            8,
            "contact",
            json!({"outcome": "CONTACT_OUTCOME_CONNECTED", "human": true,
            "direction": "CONTACT_DIRECTION_OUTBOUND", "medium": "PHONE", "madeBy": "users/bob"})
        ),
        entry(9, "accepted", json!({"decidedBy": "users/bob"})),
        entry(10, "outcome", json!({"outcome": "OUTCOME_LOST", "reason": "SOME"})),
        entry(11, "disqualified", json!({"reason": "SOME"})),
    ])
}

#[test]
fn there_is_one_of_every_method() {
    for method in METHODS {
        let name = method.path.rsplit('/').next().unwrap_or_default();
        assert_ne!(that_goes_through(name), Value::Null, "say what a request of {name} looks like");
    }
}
