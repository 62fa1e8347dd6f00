//! What goes into a request: items and the parts of their content, as the wire writes them.

use std::borrow::Cow;

use moss_protocol::JsonObject;
use serde::Serialize;
use serde_json::Value;

/// An item of the input.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputItem<'a> {
    Message {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        role: &'static str,
        content: InputContent<'a>,
    },
    FunctionCall {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        call_id: &'a str,
        name: &'a str,
        arguments: Cow<'a, str>,
    },
    FunctionCallOutput {
        call_id: &'a str,
        output: InputContent<'a>,
    },
    CustomToolCall {
        call_id: &'a str,
        name: &'a str,
        input: Cow<'a, str>,
    },
    CustomToolCallOutput {
        call_id: &'a str,
        output: InputContent<'a>,
    },
    ComputerCallOutput {
        call_id: &'a str,
        output: InputPart<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        acknowledged_safety_checks: Option<&'a Value>,
    },
    /// An item as the provider or the host wrote it.
    #[serde(untagged)]
    Verbatim(Cow<'a, JsonObject>),
}

/// Content: a text, or parts.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum InputContent<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<InputPart<'a>>),
}

/// A part of content.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum InputPart<'a> {
    InputText {
        text: &'a str,
    },
    OutputText {
        text: &'a str,
        annotations: Cow<'a, [Value]>,
    },
    Refusal {
        refusal: &'a str,
    },
    InputImage(Image<'a>),
    InputFile(File<'a>),
    InputAudio {
        input_audio: Audio<'a>,
    },
    /// A part as the host wrote it: the provider judges what it takes.
    #[serde(untagged)]
    Verbatim(&'a JsonObject),
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Image<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image_url: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<&'a str>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filename: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_data: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Audio<'a> {
    pub(super) data: &'a str,
    pub(super) format: &'a str,
}
