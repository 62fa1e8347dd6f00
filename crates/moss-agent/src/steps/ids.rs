//! Ids that the runtime makes where a provider gives none.

use moss_protocol::{MessageId, StepId};
use nanoid::nanoid;

pub(super) fn step_id() -> StepId {
    StepId::from(format!("step_{}", nanoid!()))
}

pub(super) fn message_id() -> MessageId {
    MessageId::from(format!("msg_{}", nanoid!()))
}

pub(super) fn tool_call_id() -> String {
    format!("call_{}", nanoid!())
}
