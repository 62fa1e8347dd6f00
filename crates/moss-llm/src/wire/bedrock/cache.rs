//! Marks up to which Amazon caches a prompt: `cachePoint`s.

use serde_json::{Value, json};

use super::BedrockDialect;
use super::dialect::House;
use super::turns::Turn;

/// How long a cached prompt is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTtl {
    /// Five minutes: the provider's default, and all that models other than Claude know.
    FiveMinutes,
    /// An hour. A Claude that does not know it keeps the prompt for five minutes.
    OneHour,
}

impl BedrockDialect {
    /// A mark, where the host wants prompts cached.
    fn cache_point(&self) -> Option<Value> {
        let point = match (self.prompt_cache?, self.house) {
            (CacheTtl::OneHour, House::Claude) => json!({"type": "default", "ttl": "1h"}),
            _ => json!({"type": "default"}),
        };
        Some(json!({"cachePoint": point}))
    }

    /// Marks the end of the instructions, unless the host has marked them.
    pub(super) fn mark_system(&self, system: &mut Vec<Value>) {
        if !system.is_empty() && !has_point(system) {
            system.extend(self.cache_point());
        }
    }

    /// Marks the end of the conversation, unless the host has marked the last message.
    pub(super) fn mark_conversation(&self, turns: &mut [Turn]) {
        if let Some(last) = turns.last_mut()
            && !has_point(&last.blocks)
        {
            last.blocks.extend(self.cache_point());
        }
    }

    /// Marks the end of the tools. Only Claude takes that: others refuse such a request.
    pub(super) fn mark_tools(&self, tools: &mut Vec<Value>) {
        if self.house == House::Claude && !tools.is_empty() && !has_point(tools) {
            tools.extend(self.cache_point());
        }
    }
}

fn has_point(blocks: &[Value]) -> bool {
    blocks.iter().any(|block| block.get("cachePoint").is_some())
}
