//! What the API's messages consist of, from the committed descriptors: for JSON and YAML alike.

use std::sync::LazyLock;

use anyhow::Context;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(handoff_proto::DESCRIPTOR_SET)
        .expect("the committed descriptor set is proved by a test")
});

/// The fields of a message.
pub(crate) fn of<M: Name>() -> anyhow::Result<MessageDescriptor> {
    let name = M::full_name();
    POOL.get_message_by_name(&name).with_context(|| format!("{name} is no message of the API"))
}

/// The message as its fields.
pub(crate) fn reflect<M: Message + Name>(message: &M) -> anyhow::Result<DynamicMessage> {
    Ok(DynamicMessage::decode(of::<M>()?, message.encode_to_vec().as_slice())?)
}
