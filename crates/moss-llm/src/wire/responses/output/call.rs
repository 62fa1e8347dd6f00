//! Calls of the host's tools: functions with arguments in JSON, and custom tools, whose input is any text.

use moss_protocol::{JsonObject, ToolCallChunk};
use serde_json::Value;

use super::{Problem, Shared, Sort, Stage, text_of};
use crate::ModelEvent;

/// A call so far.
#[derive(Debug)]
pub(super) struct Call {
    kind: Kind,
    id: Option<Box<str>>,
    is_named: bool,
    /// The arguments so far, as the model writes them.
    said: String,
    /// Whether the whole arguments were heard.
    is_whole: bool,
    /// Whether a custom tool's item was told too.
    is_kept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    /// The host sees its input as the one argument `input`, as LangChain's client has it.
    Custom {
        /// Whether that argument was begun.
        is_open: bool,
    },
}

impl Call {
    pub(super) fn function() -> Self {
        Self::new(Kind::Function)
    }

    pub(super) fn custom() -> Self {
        Self::new(Kind::Custom { is_open: false })
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            id: None,
            is_named: false,
            said: String::new(),
            is_whole: false,
            is_kept: false,
        }
    }

    pub(super) const fn sort(&self) -> Sort {
        match self.kind {
            Kind::Function => Sort::Function,
            Kind::Custom { .. } => Sort::Custom,
        }
    }

    /// The call's id, which is not that of the item.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Hears the call as it begins, or whole.
    pub(super) fn hear(
        &mut self,
        item: &JsonObject,
        index: u32,
        stage: Stage,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        let item_id = text_of(item, "id");
        let mut head = ToolCallChunk { index: Some(index), ..ToolCallChunk::default() };
        if self.id.is_none() {
            head.id = text_of(item, "call_id").or(item_id).map(str::to_owned);
            self.id = head.id.as_deref().map(Into::into);
            if let (Some(call), Some(item)) = (&self.id, item_id) {
                shared.link(call, item);
            }
        }
        if !self.is_named {
            head.name = text_of(item, "name").map(str::to_owned);
            self.is_named = head.name.is_some();
        }
        if head.id.is_some() || head.name.is_some() {
            out.push(ModelEvent::ToolCall(head));
        }
        let arguments = match self.kind {
            Kind::Function => item.get("arguments"),
            Kind::Custom { .. } => item.get("input"),
        };
        let arguments = match arguments {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            // Some servers send the JSON itself, which is the text wanted.
            Some(other) => other.to_string(),
        };
        // An answer that was cut holds calls that were: they do not become whole by being repeated.
        let is_cut = matches!(text_of(item, "status"), Some("incomplete" | "in_progress"));
        if stage == Stage::Added || is_cut {
            return if self.said.starts_with(&arguments) {
                Ok(())
            } else {
                self.catch_up(&arguments, index, out)
            };
        }
        self.whole(&arguments, index, out)?;
        if !self.is_kept && matches!(self.kind, Kind::Custom { .. }) {
            self.is_kept = true;
            shared.tool_output(item);
        }
        Ok(())
    }

    pub(super) fn piece(&mut self, piece: &str, index: u32, out: &mut Vec<ModelEvent>) {
        self.said.push_str(piece);
        let args = match &mut self.kind {
            Kind::Function => piece.to_owned(),
            Kind::Custom { is_open } => {
                let opening = if *is_open { "" } else { INPUT };
                *is_open = true;
                format!("{opening}{}", escaped(piece))
            }
        };
        out.push(arguments(index, args));
    }

    /// Hears the whole arguments.
    pub(super) fn whole(
        &mut self,
        whole: &str,
        index: u32,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        self.catch_up(whole, index, out)?;
        if !self.is_whole
            && let Kind::Custom { is_open } = &mut self.kind
        {
            let opening = if *is_open { "" } else { INPUT };
            *is_open = true;
            out.push(arguments(index, format!("{opening}\"}}")));
        }
        self.is_whole = true;
        Ok(())
    }

    /// Tells what of the arguments was not told. That they differ from what was told is no small thing: the tool
    /// would be called with the wrong ones.
    fn catch_up(
        &mut self,
        whole: &str,
        index: u32,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        match whole.strip_prefix(self.said.as_str()) {
            Some("") => Ok(()),
            Some(rest) if !self.is_whole => {
                self.piece(rest, index, out);
                Ok(())
            }
            _ if self.kind == Kind::Function && same_json(&self.said, whole) => Ok(()),
            _ => Err(format!(
                "the arguments of the call `{}` are not those that were streamed",
                self.id().unwrap_or_default()
            )),
        }
    }

    /// Whether the call is whole, when the response says that it is.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let said = self.said.trim();
        let is_whole = self.is_whole
            || (self.kind == Kind::Function
                && (said.is_empty() || serde_json::from_str::<Value>(said).is_ok()));
        if is_whole {
            return Ok(());
        }
        Err(format!("the call `{}` has only half of its arguments", self.id().unwrap_or_default()))
    }
}

/// How the arguments of a custom tool begin.
const INPUT: &str = r#"{"input":""#;

fn arguments(index: u32, args: String) -> ModelEvent {
    let args = Some(args);
    ModelEvent::ToolCall(ToolCallChunk { args, index: Some(index), ..ToolCallChunk::default() })
}

/// A text as it stands within a JSON text. Each character is escaped by itself, so pieces may be.
fn escaped(piece: &str) -> String {
    let quoted = Value::from(piece).to_string();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// Whether two texts are the same JSON in other spelling.
fn same_json(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}
