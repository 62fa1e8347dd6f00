//! What a call consumed, in the words of the Messages protocol.

use moss_protocol::{JsonObject, Usage};
use serde_json::Value;

use crate::ModelEvent;

/// The counts so far. A stream tells them at its beginning and, as totals, at its end.
#[derive(Debug, Default)]
pub(super) struct Counts {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    five_minutes: Option<u64>,
    one_hour: Option<u64>,
    thinking: Option<u64>,
    /// What the last event told.
    told: Option<Usage>,
    /// Members that are not interpreted, to tell repetitions.
    others: JsonObject,
}

impl Counts {
    /// Takes in a `usage` object.
    pub(super) fn read(&mut self, usage: &Value, events: &mut Vec<ModelEvent>) {
        let mut extras = Vec::new();
        match usage {
            Value::Null => {}
            Value::Object(members) => {
                for (name, value) in members {
                    self.member(name, value, &mut extras);
                }
            }
            other => extras.push(("usage".to_owned(), other.clone())),
        }
        let usage = self.usage();
        if usage != self.told {
            self.told.clone_from(&usage);
            events.extend(usage.map(ModelEvent::Usage));
        }
        for (path, value) in extras {
            if self.others.get(&path) != Some(&value) {
                self.others.insert(path.clone(), value.clone());
                events.push(ModelEvent::Extra { path, value });
            }
        }
    }

    fn member(&mut self, name: &str, value: &Value, extras: &mut Vec<(String, Value)>) {
        let slot = match name {
            "input_tokens" => &mut self.input,
            "output_tokens" => &mut self.output,
            "cache_read_input_tokens" => &mut self.cache_read,
            "cache_creation_input_tokens" => &mut self.cache_creation,
            "cache_creation.ephemeral_5m_input_tokens" => &mut self.five_minutes,
            "cache_creation.ephemeral_1h_input_tokens" => &mut self.one_hour,
            "output_tokens_details.thinking_tokens" => &mut self.thinking,
            "cache_creation" | "output_tokens_details" if value.is_object() => {
                for (member, value) in value.as_object().into_iter().flatten() {
                    self.member(&format!("{name}.{member}"), value, extras);
                }
                return;
            }
            _ => {
                if !value.is_null() {
                    extras.push((format!("usage.{name}"), value.clone()));
                }
                return;
            }
        };
        match value.as_u64() {
            // Imitators that count late send zeros first, and some send them last.
            Some(0) => {
                slot.get_or_insert(0);
            }
            Some(count) => *slot = Some(count),
            None if value.is_null() => {}
            None => extras.push((format!("usage.{name}"), value.clone())),
        }
    }

    /// As LangChain's client counts: the input includes what was read from the cache and written to it.
    fn usage(&self) -> Option<Usage> {
        self.input.or(self.output)?;
        let (read, written) = (self.cache_read.unwrap_or(0), self.cache_creation.unwrap_or(0));
        let input = self.input.unwrap_or(0).saturating_add(read).saturating_add(written);
        let output = self.output.unwrap_or(0);
        let mut usage = Usage {
            input_tokens: input,
            output_tokens: output,
            total_tokens: input.saturating_add(output),
            ..Usage::default()
        };
        let details = &mut usage.input_token_details;
        details.cache_read = Some(read);
        details.cache_creation = Some(written);
        details.ephemeral_5m_input_tokens = self.five_minutes;
        details.ephemeral_1h_input_tokens = self.one_hour;
        usage.output_token_details.reasoning = self.thinking;
        Some(usage)
    }
}
