//! What the provider's own tools do, and items that this version does not know.

use moss_protocol::{JsonObject, ToolCallChunk};
use serde_json::{Value, json};

use super::{Shared, Stage, text_of};
use crate::ModelEvent;

/// An item of a tool so far.
#[derive(Debug, Default)]
pub(super) struct Tool {
    is_told: bool,
    /// Whether the host is to do something.
    is_call: bool,
    /// The index of its image among the answer's parts.
    image: Option<u32>,
}

impl Tool {
    /// Hears the item; it is told when it is whole.
    pub(super) fn hear(
        &mut self,
        item: &JsonObject,
        index: u32,
        stage: Stage,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        if stage == Stage::Added || self.is_told {
            return;
        }
        self.is_told = true;
        match text_of(item, "type") {
            Some("image_generation_call") => self.image(item, shared, out),
            Some("computer_call") => {
                self.is_call = true;
                out.push(computer_call(item, index));
            }
            _ => {}
        }
        shared.tool_output(item);
    }

    /// Shows an image that is not finished, where the finished one will stand.
    pub(super) fn partial_image(
        &mut self,
        id: Option<&str>,
        event: &JsonObject,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        let mut metadata = event.clone();
        let data = metadata.shift_remove("partial_image_b64").unwrap_or_default();
        self.show(data, id, media_type(event), metadata, shared, out);
    }

    fn image(&mut self, item: &JsonObject, shared: &mut Shared, out: &mut Vec<ModelEvent>) {
        if let Some(data) = item.get("result").filter(|data| data.is_string()) {
            let status = item.get("status").map(|status| ("status".to_owned(), status.clone()));
            let metadata = status.into_iter().collect();
            self.show(data.clone(), text_of(item, "id"), media_type(item), metadata, shared, out);
        }
    }

    /// An image as LangChain's client has it.
    fn show(
        &mut self,
        data: Value,
        id: Option<&str>,
        media_type: String,
        metadata: JsonObject,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        let index = *self.image.get_or_insert_with(|| shared.next_part());
        let part = JsonObject::from_iter([
            ("type".to_owned(), "image".into()),
            ("mimeType".to_owned(), media_type.into()),
            ("data".to_owned(), data),
            ("id".to_owned(), id.into()),
            ("metadata".to_owned(), Value::Object(metadata)),
        ]);
        out.push(ModelEvent::Part { index: Some(index), part });
    }

    /// Whether it is the host that has to act.
    pub(super) const fn is_call(&self) -> bool {
        self.is_call
    }
}

fn media_type(image: &JsonObject) -> String {
    format!("image/{}", text_of(image, "output_format").unwrap_or("png"))
}

/// A step of computer use, which the host takes as a call of a tool.
fn computer_call(item: &JsonObject, index: u32) -> ModelEvent {
    let id = text_of(item, "call_id").or(text_of(item, "id"));
    let args = match item.get("actions") {
        Some(actions) => json!({"actions": actions}),
        None => json!({"action": item.get("action")}),
    };
    ModelEvent::ToolCall(ToolCallChunk {
        name: Some("computer_use".to_owned()),
        args: Some(args.to_string()),
        id: id.map(str::to_owned),
        index: Some(index),
        ..ToolCallChunk::default()
    })
}
