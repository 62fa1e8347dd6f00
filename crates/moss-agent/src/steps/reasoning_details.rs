//! OpenRouter's `reasoning_details`, put together from the pieces in which they stream: so they have to go back.

use moss_protocol::JsonObject;
use serde_json::Value;

/// The details of an answer so far, in the order in which each began.
#[derive(Debug, Default)]
pub(super) struct ReasoningDetails(Vec<Value>);

impl ReasoningDetails {
    /// Takes in what one frame brought: a list of details, or a single one.
    pub(super) fn push(&mut self, details: Value) {
        match details {
            Value::Array(list) => list.into_iter().for_each(|detail| self.push_one(detail)),
            detail => self.push_one(detail),
        }
    }

    fn push_one(&mut self, detail: Value) {
        let Value::Object(piece) = detail else {
            self.0.push(detail);
            return;
        };
        let known = self
            .0
            .iter()
            .rposition(|known| known.as_object().is_some_and(|known| continues(known, &piece)));
        // Without an index only the last one can go on.
        let known = known
            .filter(|position| piece.contains_key("index") || position + 1 == self.0.len())
            .and_then(|position| self.0.get_mut(position))
            .and_then(Value::as_object_mut);
        match known {
            Some(known) => merge(known, piece),
            None => self.0.push(Value::Object(piece)),
        }
    }

    /// The details, if there are any.
    pub(super) fn into_value(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Array(self.0))
    }
}

/// Whether a piece belongs to a known detail: it is of the same type and index, and neither has an id, or a
/// signature, that the other lacks a reason for. Encrypted details come whole.
fn continues(known: &JsonObject, piece: &JsonObject) -> bool {
    let member = |object: &JsonObject, name: &str| {
        object.get(name).filter(|value| !value.is_null()).cloned()
    };
    let is_text = matches!(
        piece.get("type").and_then(Value::as_str),
        Some("reasoning.text" | "reasoning.summary")
    );
    let ids = (member(known, "id"), member(piece, "id"));
    let same_id = match ids {
        (Some(known), Some(piece)) => known == piece,
        (None, _) | (_, None) => true,
    };
    let is_closed = member(known, "signature").is_some();
    is_text
        && known.get("type") == piece.get("type")
        && known.get("index") == piece.get("index")
        && same_id
        && !is_closed
}

/// Joins the texts; other members are set once they say something.
fn merge(known: &mut JsonObject, piece: JsonObject) {
    for (name, value) in piece {
        match (known.get_mut(&name), value) {
            (Some(Value::String(known)), Value::String(more))
                if matches!(name.as_str(), "text" | "summary") =>
            {
                known.push_str(&more);
            }
            (Some(_), Value::Null) => {}
            (_, value) => {
                known.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn together(frames: impl IntoIterator<Item = Value>) -> Option<Value> {
        let mut details = ReasoningDetails::default();
        frames.into_iter().for_each(|frame| details.push(frame));
        details.into_value()
    }

    #[test]
    fn pieces_of_one_detail_become_one() {
        let text = |text: &str| json!([{"type": "reasoning.text", "text": text, "format": "anthropic-claude-v1", "index": 0}]);
        let signed = json!([{"type": "reasoning.text", "signature": "s", "format": "anthropic-claude-v1", "index": 0}]);
        let redacted =
            |index: u32| json!([{"type": "reasoning.encrypted", "data": "x", "index": index}]);
        assert_eq!(
            together([text("Hm"), text(", so"), signed, redacted(1), redacted(2)]),
            Some(json!([
                {"type": "reasoning.text", "text": "Hm, so", "format": "anthropic-claude-v1", "index": 0, "signature": "s"},
                {"type": "reasoning.encrypted", "data": "x", "index": 1},
                {"type": "reasoning.encrypted", "data": "x", "index": 2},
            ]))
        );
    }

    #[test]
    fn a_summary_and_its_encrypted_whole_share_an_index() {
        let summary =
            |text: &str| json!([{"type": "reasoning.summary", "summary": text, "index": 0}]);
        let whole = json!([{"type": "reasoning.encrypted", "data": "x", "id": "rs_1", "index": 0}]);
        assert_eq!(
            together([summary("I"), summary(" look"), whole.clone(), summary("!")]),
            Some(json!([
                {"type": "reasoning.summary", "summary": "I look!", "index": 0},
                whole[0],
            ]))
        );
    }

    #[test]
    fn whole_details_stay_apart() {
        let one = json!({"type": "reasoning.text", "text": "a", "signature": "s"});
        let two = json!({"type": "reasoning.text", "text": "b", "signature": "t"});
        assert_eq!(together([json!([one, two])]), Some(json!([one, two])));
        let named = |id: &str| json!({"type": "reasoning.text", "text": "a", "id": id, "index": 0});
        assert_eq!(together([named("1"), named("2")]), Some(json!([named("1"), named("2")])));
        assert_eq!(together([]), None);
    }

    proptest! {
        /// However a text is cut and whatever comes in between, it is whole again.
        #[test]
        fn any_cutting_gives_the_same(texts in prop::collection::vec((0..3_u32, "[a-z]{0,4}"), 0..30)) {
            let mut whole = std::collections::BTreeMap::<u32, String>::new();
            let mut frames = Vec::new();
            for (index, text) in texts {
                whole.entry(index).or_default().push_str(&text);
                frames.push(json!([{"type": "reasoning.text", "text": text, "index": index}]));
            }
            let mut details = match together(frames) {
                Some(Value::Array(details)) => details,
                _ => Vec::new(),
            };
            details.sort_by_key(|detail| detail["index"].as_u64());
            let expected: Vec<Value> = whole
                .into_iter()
                .map(|(index, text)| json!({"type": "reasoning.text", "text": text, "index": index}))
                .collect();
            prop_assert_eq!(details, expected);
        }
    }
}
