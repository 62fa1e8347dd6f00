//! Marks up to which the provider is asked to keep a request in its cache.

use serde_json::{Value, json};

use super::CacheTtl;
use super::block::{Block, CACHE_CONTROL, Member};
use super::turns::{Conversation, Passage};

/// How many marks a request may have.
const MOST: usize = 4;

/// Sets the marks that a host asks for with one option: on the last tool that is always there, on the last of the
/// instructions, and on the end of the conversation. Where the host set marks of its own, those count: none is
/// added to the same part of the request.
///
/// The provider reads tools, instructions and conversation in this order, and refuses a longer time behind a
/// shorter one.
pub(super) fn mark(
    ttl: CacheTtl,
    tools: &mut [Block<'_>],
    conversation: &mut Conversation<'_>,
    marks_itself: bool,
) {
    let turns = conversation.turns.iter().flat_map(|turn| &turn.content.blocks);
    let own = [marks(tools.iter()), marks(conversation.system.blocks.iter()), marks(turns)];
    let mut count: usize = own.iter().map(Vec::len).sum::<usize>() + usize::from(marks_itself);
    let mut ttl = ttl;
    let mut set = |block: Option<&mut Block<'_>>, own: &[CacheTtl], wanted: bool| {
        if own.contains(&CacheTtl::FiveMinutes) {
            ttl = CacheTtl::FiveMinutes;
        }
        if let Some(block) = block
            && own.is_empty()
            && wanted
            && count < MOST
        {
            block.set(CACHE_CONTROL, Member::Owned(ttl.as_json()));
            count += 1;
        }
    };
    set(tools.iter_mut().rev().find(|tool| !is_deferred(tool)), &own[0], true);
    set(markable(&mut conversation.system), &own[1], true);
    let last = conversation.turns.last_mut().and_then(|turn| markable(&mut turn.content));
    set(last, &own[2], !marks_itself);
}

impl CacheTtl {
    /// The mark. The provider's default is left unsaid.
    fn as_json(self) -> Value {
        match self {
            Self::FiveMinutes => json!({"type": "ephemeral"}),
            Self::OneHour => json!({"type": "ephemeral", "ttl": "1h"}),
        }
    }
}

/// Whether a tool's definition is only loaded when it is searched for.
pub(super) fn is_deferred(tool: &Block<'_>) -> bool {
    tool.get("defer_loading").and_then(Member::as_value).is_some_and(|it| *it == Value::Bool(true))
}

/// The last block that can be marked.
fn markable<'p, 'a>(passage: &'p mut Passage<'a>) -> Option<&'p mut Block<'a>> {
    let takes_none = |block: &Block<'_>| matches!(block.kind(), "thinking" | "redacted_thinking");
    passage.blocks.iter_mut().rev().find(|block| !takes_none(block))
}

fn marks<'b, 'a: 'b>(blocks: impl Iterator<Item = &'b Block<'a>>) -> Vec<CacheTtl> {
    let marks = blocks.filter_map(|block| block.get(CACHE_CONTROL)?.as_value());
    marks
        .filter(|mark| !mark.is_null())
        .map(|mark| match mark.get("ttl").and_then(Value::as_str) {
            Some("1h") => CacheTtl::OneHour,
            _ => CacheTtl::FiveMinutes,
        })
        .collect()
}
