//! The signatures of an earlier answer's calls, which the provider wants back.

use moss_protocol::{AiMessage, Content, ContentPart};
use serde_json::Value;

use super::model::ModelName;

/// What Google documents for calls that have no signature, because another model made them or the host lost it.
const UNKNOWN: &str = "skip_thought_signature_validator";

/// Where LibreChat's client for the Gemini API keeps them, by the ids of the calls.
const BY_ID: &str = "__gemini_function_call_thought_signatures__";

/// The signature of each call, in the order of the calls.
///
/// They stand in `additional_kwargs.signatures`: one for each call, as this wire decodes them and hosts keep them;
/// or one for each part of the answer, as LangChain's client writes them, of which the calls get those that no
/// other part has.
///
/// Models of the third generation refuse a turn whose first call has none.
pub(super) fn signatures<'a>(message: &'a AiMessage, model: ModelName<'_>) -> Vec<Option<&'a str>> {
    let ids = message.tool_calls.iter().map(|call| call.id.as_str());
    let ids: Vec<&str> =
        ids.chain(message.invalid_tool_calls.iter().map(|call| call.id.as_str())).collect();
    let kwargs = &message.additional_kwargs;
    let said = |value: &'a Value| value.as_str().filter(|text| !text.is_empty());
    let by_id = kwargs.get(BY_ID).and_then(Value::as_object);
    let mut found: Vec<Option<&str>> =
        ids.iter().map(|id| by_id.and_then(|by_id| said(by_id.get(*id)?))).collect();
    let listed = kwargs.get("signatures").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if listed.len() == ids.len() {
        for (signature, listed) in found.iter_mut().zip(listed) {
            *signature = signature.or_else(|| said(listed));
        }
    } else {
        let elsewhere = of_parts(message);
        let known = found.clone();
        let mut free = listed.iter().filter_map(said).filter(|signature| {
            !elsewhere.contains(signature) && !known.contains(&Some(*signature))
        });
        for signature in found.iter_mut().filter(|signature| signature.is_none()) {
            *signature = free.next();
        }
    }
    if let Some(first) = found.first_mut()
        && model.is_third_generation()
    {
        first.get_or_insert(UNKNOWN);
    }
    found
}

/// The signatures that stand at parts of the content.
fn of_parts(message: &AiMessage) -> Vec<&str> {
    let Content::Parts(parts) = &message.content else { return Vec::new() };
    let members = parts.iter().filter_map(|part| match part {
        ContentPart::Text { extra, .. } => Some(extra),
        ContentPart::Other(object) => Some(object),
        ContentPart::Think { .. } | ContentPart::Image { .. } | ContentPart::ToolCall(_) => None,
    });
    members.filter_map(|members| members.get("thoughtSignature")?.as_str()).collect()
}
