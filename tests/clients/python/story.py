"""A lead's way through Handoff as a stranger would write it: plain gRPC, no code of ours.

A client (see by_reflection.py and from_protos.py) is called with a service, a method and a request as a dictionary in
protobuf's JSON, and answers likewise. The story prints what it saw as one JSON object; who runs it judges that.
"""

import json
import sys
import time
import uuid

import grpc

QUALIFICATION = "handoff.qualification.v1.QualificationService"
REPORTING = "handoff.reporting.v1.ReportingService"
LOG = "handoff.event.v1.EventLogService"

# How long anything may take on a machine that builds something else meanwhile.
PATIENCE_S = 60


def identity(tenant, user, side):
    """The headers by which a service in development mode believes who calls."""
    return (("handoff-tenant", tenant), ("handoff-user", f"users/{user}"), ("handoff-side", side))


def tell(qualification, reporting, tenant):
    """Tells the story to clients of two services, for a tenant that has the sales user bob."""
    marketing, sales = identity(tenant, "mia", "MARKETING"), identity(tenant, "bob", "SALES")
    person = {"externalId": "py-1", "email": "grace@example.com", "givenName": "Grace"}
    lead = {"kind": "LEAD_KIND_B2B", "person": person, "origin": {"channel": "ORIGIN_CHANNEL_MARKETING"}}

    capture = {"requestId": str(uuid.uuid4()), "lead": lead}
    captured = qualification(QUALIFICATION, "CaptureLead", capture, marketing)
    repeated = qualification(QUALIFICATION, "CaptureLead", capture, marketing)
    qualify = {"requestId": str(uuid.uuid4()), "lead": {"externalId": "py-1"}}
    handoff = qualification(QUALIFICATION, "QualifyLead", qualify, marketing)["handoff"]
    accept = {"requestId": str(uuid.uuid4()), "name": handoff["name"]}
    refused = refusal(lambda: qualification(QUALIFICATION, "AcceptHandoff", accept, marketing))
    accepted = qualification(QUALIFICATION, "AcceptHandoff", accept, sales)["handoff"]

    head = int(qualification(LOG, "GetLogHead", {}, sales)["position"])
    report = when_seen(head, lambda query: reporting(REPORTING, "GetMqlReport", {"query": query}, sales))
    goal = {
        "revenue": {"currencyCode": "USD", "units": 10_000_000},
        "dealValue": {"currencyCode": "USD", "units": 50_000},
        "sqlToDeal": "0.25",
        "mqlToSql": "0.2",
    }
    return {
        "repeat_is_the_same_lead": repeated["lead"]["name"] == captured["lead"]["name"],
        "handoff_at_first": handoff["state"],
        "refusal": refused,
        "handoff_at_last": accepted["state"],
        "mql_count": report["total"]["mqlCount"],
        "cohort_efficiency": report["total"]["cohortEfficiency"]["value"],
        "plan": reporting(REPORTING, "PlanGoal", goal, marketing)["plan"],
    }


def refusal(call):
    """The code of a call that has to fail."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def when_seen(head, ask):
    """The report of this year and the next, once it rests on the log up to `head`."""
    year = time.gmtime().tm_year
    query = {"startDate": f"{year}-01-01", "endDate": f"{year + 1}-12-31"}
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            report = ask(query)
        except grpc.RpcError as error:
            # Reporting has not heard of the tenant yet.
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            continue
        seen = {log["log"]: int(log["position"]) for log in report["basis"]["positions"]}
        if seen["qualification"] >= head:
            return report
    raise TimeoutError(f"reports did not see position {head}")


def run(client):
    """Connects `client` to the two addresses on the command line, and prints the story of the tenant named third."""
    qualification, reporting, tenant = sys.argv[1:4]
    with grpc.insecure_channel(qualification) as first, grpc.insecure_channel(reporting) as second:
        print(json.dumps(tell(client(first), client(second), tenant)))
