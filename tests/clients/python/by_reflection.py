"""A client that knows nothing: it asks the server what there is (gRPC server reflection)."""

from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import story


def client(channel):
    """Calls methods of `channel`'s server, by descriptors that it is asked for."""
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))

    def call(service, method, request, metadata):
        found = pool.FindServiceByName(service).FindMethodByName(method)
        takes = message_factory.GetMessageClass(found.input_type)
        gives = message_factory.GetMessageClass(found.output_type)
        rpc = channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=takes.SerializeToString,
            response_deserializer=gives.FromString,
        )
        answer = rpc(json_format.ParseDict(request, takes()), metadata=metadata, timeout=story.PATIENCE_S)
        return json_format.MessageToDict(answer, always_print_fields_with_no_presence=True)

    return call


if __name__ == "__main__":
    story.run(client)
