"""A client made from the protos: the folder of what grpcio-tools generated is on PYTHONPATH."""

from google.protobuf import json_format
from handoff.event.v1 import event_log_service_pb2, event_log_service_pb2_grpc
from handoff.qualification.v1 import qualification_service_pb2, qualification_service_pb2_grpc
from handoff.reporting.v1 import reporting_service_pb2, reporting_service_pb2_grpc

import story

# For each service: its stub, and its messages.
SERVICES = {
    story.QUALIFICATION: (qualification_service_pb2_grpc.QualificationServiceStub, qualification_service_pb2),
    story.REPORTING: (reporting_service_pb2_grpc.ReportingServiceStub, reporting_service_pb2),
    story.LOG: (event_log_service_pb2_grpc.EventLogServiceStub, event_log_service_pb2),
}


def client(channel):
    """Calls methods of `channel`'s server by the generated stubs."""

    def call(service, method, request, metadata):
        stub, messages = SERVICES[service]
        takes = getattr(messages, f"{method}Request")
        rpc = getattr(stub(channel), method)
        answer = rpc(json_format.ParseDict(request, takes()), metadata=metadata, timeout=story.PATIENCE_S)
        return json_format.MessageToDict(answer, always_print_fields_with_no_presence=True)

    return call


if __name__ == "__main__":
    story.run(client)
