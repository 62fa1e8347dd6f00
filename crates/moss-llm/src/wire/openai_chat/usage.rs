//! What a call consumed, in the words of the chat protocol.

use std::borrow::Cow;

use moss_protocol::Usage;
use serde_json::value::RawValue;

use crate::wire::json::Members;

type Rest<'de> = Vec<(String, &'de RawValue)>;

/// Reads a `usage` object that stood under `path`. Gives the counts, if there is one, and what has no place
/// in them under its path; a count that is no whole number is no reason to lose an answer and stays there.
pub(super) fn read<'de>(
    path: &str,
    raw: &'de RawValue,
) -> Result<(Option<Usage>, Rest<'de>), serde_json::Error> {
    if !raw.get().starts_with('{') {
        return Ok((None, vec![(path.to_owned(), raw)]));
    }
    let mut counts = Counts::default();
    let mut rest = Vec::new();
    for (name, raw) in serde_json::from_str::<Members<'de>>(raw.get())?.0 {
        match &*name {
            "prompt_tokens_details" | "completion_tokens_details" if raw.get().starts_with('{') => {
                for (detail, raw) in serde_json::from_str::<Members<'de>>(raw.get())?.0 {
                    counts.take(format!("{name}.{detail}").into(), raw, path, &mut rest);
                }
            }
            _ => counts.take(name, raw, path, &mut rest),
        }
    }
    Ok((counts.usage(path, &mut rest), rest))
}

#[derive(Default)]
struct Counts<'de> {
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    details: Usage,
    /// Counts that some providers give beside the details, and some instead of them.
    beside: Vec<(Cow<'de, str>, &'de RawValue, u64)>,
}

impl<'de> Counts<'de> {
    fn take(&mut self, name: Cow<'de, str>, raw: &'de RawValue, path: &str, rest: &mut Rest<'de>) {
        let input = &mut self.details.input_token_details;
        let output = &mut self.details.output_token_details;
        let count: Option<u64> = raw.get().parse().ok();
        let slot = match &*name {
            "prompt_tokens" => &mut self.prompt,
            "completion_tokens" => &mut self.completion,
            "total_tokens" => &mut self.total,
            "prompt_tokens_details.cached_tokens" => &mut input.cache_read,
            "prompt_tokens_details.cache_write_tokens" => &mut input.cache_creation,
            "prompt_tokens_details.audio_tokens" => &mut input.audio,
            "completion_tokens_details.reasoning_tokens" => &mut output.reasoning,
            "completion_tokens_details.audio_tokens" => &mut output.audio,
            // DeepSeek; Moonshot; Perplexity.
            "prompt_cache_hit_tokens" | "cached_tokens" | "reasoning_tokens" => {
                match count {
                    Some(count) => self.beside.push((name, raw, count)),
                    None => rest.push((format!("{path}.{name}"), raw)),
                }
                return;
            }
            _ => {
                rest.push((format!("{path}.{name}"), raw));
                return;
            }
        };
        match count {
            Some(_) => *slot = count,
            None => rest.push((format!("{path}.{name}"), raw)),
        }
    }

    fn usage(mut self, path: &str, rest: &mut Rest<'de>) -> Option<Usage> {
        for (name, raw, count) in self.beside {
            let slot = match &*name {
                "reasoning_tokens" => &mut self.details.output_token_details.reasoning,
                _ => &mut self.details.input_token_details.cache_read,
            };
            if *slot.get_or_insert(count) != count {
                rest.push((format!("{path}.{name}"), raw));
            }
        }
        if self.prompt.or(self.completion).or(self.total).is_none()
            && self.details == Usage::default()
        {
            return None;
        }
        let (input, output) = (self.prompt.unwrap_or(0), self.completion.unwrap_or(0));
        Some(Usage {
            input_tokens: input,
            output_tokens: output,
            total_tokens: self.total.unwrap_or(input.saturating_add(output)),
            ..self.details
        })
    }
}
