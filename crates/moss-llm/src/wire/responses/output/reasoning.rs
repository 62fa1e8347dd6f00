//! An item of reasoning: summaries for people, the reasoning itself where the model is open, and what of it goes back
//! to the provider sealed.

use moss_protocol::JsonObject;
use serde_json::Value;

use super::{Shared, Stage, differs, list_of, text_of};
use crate::wire::responses::said::Said;
use crate::{ModelEvent, ReasoningForm};

/// Reasoning so far.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    thoughts: Vec<Thought>,
    is_told: bool,
}

/// Which of an item's two lists of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::responses) enum Track {
    /// What people are to see of it.
    Summary,
    /// The reasoning itself.
    Content,
}

impl Track {
    const fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Content => "content",
        }
    }
}

#[derive(Debug)]
struct Thought {
    at: (Track, u32),
    /// The index that events carry.
    index: u32,
    said: Said,
}

impl Reasoning {
    /// Hears the item as it begins, or whole. What is sealed in it counts only when it is whole: an id or a seal
    /// of reasoning that was cut is refused when it comes back.
    pub(super) fn hear(
        &mut self,
        item: &JsonObject,
        index: u32,
        stage: Stage,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        for track in [Track::Summary, Track::Content] {
            for (place, thought) in list_of(item, track.name()) {
                let text = thought.as_object().and_then(|thought| text_of(thought, "text"));
                self.whole((track, place), text.unwrap_or_default(), index, shared, out);
            }
        }
        if stage == Stage::Added || self.is_told {
            return;
        }
        self.is_told = true;
        // The summaries were told one by one.
        let is_kept = |(name, value): &(&String, &Value)| *name != "summary" && !value.is_null();
        let mut kept: JsonObject = item
            .iter()
            .filter(is_kept)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        kept.insert("summary".to_owned(), Value::Array(Vec::new()));
        out.push(ModelEvent::Kwarg { name: "reasoning".to_owned(), value: Value::Object(kept) });
    }

    pub(super) fn piece(
        &mut self,
        at: (Track, u32),
        piece: &str,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        let thought = self.thought(at, shared);
        thought.said.add(piece);
        out.push(thought.event(piece));
    }

    /// Hears a whole text. `index` is the item's.
    pub(super) fn whole(
        &mut self,
        at: (Track, u32),
        whole: &str,
        index: u32,
        shared: &mut Shared,
        out: &mut Vec<ModelEvent>,
    ) {
        let thought = self.thought(at, shared);
        if whole.is_empty() {
            return;
        }
        match thought.said.rest(whole) {
            Some("") => {}
            Some(rest) => out.push(thought.event(rest)),
            None => {
                let (track, place) = at;
                out.push(differs(format!("output.{index}.{}.{place}.text", track.name()), whole));
            }
        }
    }

    fn thought(&mut self, at: (Track, u32), shared: &mut Shared) -> &mut Thought {
        let known = self.thoughts.iter().rposition(|thought| thought.at == at);
        let position = known.unwrap_or_else(|| {
            let index = shared.next_summary();
            self.thoughts.push(Thought { at, index, said: Said::default() });
            self.thoughts.len() - 1
        });
        &mut self.thoughts[position]
    }
}

impl Thought {
    fn event(&self, text: &str) -> ModelEvent {
        ModelEvent::Reasoning {
            text: text.to_owned(),
            form: ReasoningForm::Summary,
            index: Some(self.index),
            details: None,
        }
    }
}
