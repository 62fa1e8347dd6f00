//! Reasoning that a model writes into its text, between `<think>` and `</think>`.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A stretch of text that is one or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stretch {
    Text(String),
    Think(String),
}

/// Splits streamed text at the tags. The tags stay with the reasoning, as the Run interface shows them.
///
/// The end of a piece that may be the beginning of a tag is held back until the next piece tells.
#[derive(Debug, Default)]
pub(super) struct ThinkTags {
    thinking: bool,
    held: String,
}

impl ThinkTags {
    /// Splits the next piece.
    pub(super) fn push(&mut self, piece: &str) -> Vec<Stretch> {
        if piece.is_empty() {
            return Vec::new();
        }
        // Nearly every piece has no `<` and follows none: it is passed on as it came.
        if self.held.is_empty() && !piece.contains('<') {
            return vec![self.stretch(piece.to_owned())];
        }
        let text = std::mem::take(&mut self.held) + piece;
        let mut stretches = Vec::new();
        let mut rest = text.as_str();
        loop {
            let tag = if self.thinking { CLOSE } else { OPEN };
            let Some(at) = rest.find(tag) else { break };
            // The opening tag begins the reasoning, the closing tag ends it.
            let end = if self.thinking { at + tag.len() } else { at };
            self.add(&mut stretches, &rest[..end]);
            self.thinking = !self.thinking;
            rest = &rest[end..];
            if self.thinking {
                // The tag itself must not be found again as the beginning of the next.
                self.add(&mut stretches, tag);
                rest = &rest[tag.len()..];
            }
        }
        let tag = if self.thinking { CLOSE } else { OPEN };
        let keep = rest.len() - partial_tag(rest, tag);
        self.add(&mut stretches, &rest[..keep]);
        self.held = rest[keep..].to_owned();
        stretches
    }

    /// What was held back, when no more text comes.
    pub(super) fn finish(&mut self) -> Option<Stretch> {
        let held = std::mem::take(&mut self.held);
        (!held.is_empty()).then(|| self.stretch(held))
    }

    fn add(&self, stretches: &mut Vec<Stretch>, text: &str) {
        match (stretches.last_mut(), self.thinking) {
            _ if text.is_empty() => {}
            (Some(Stretch::Think(last)), true) | (Some(Stretch::Text(last)), false) => {
                last.push_str(text);
            }
            _ => stretches.push(self.stretch(text.to_owned())),
        }
    }

    const fn stretch(&self, text: String) -> Stretch {
        if self.thinking { Stretch::Think(text) } else { Stretch::Text(text) }
    }
}

/// The length of the longest end of `text` that begins `tag` without being all of it.
fn partial_tag(text: &str, tag: &str) -> usize {
    (1..tag.len()).rev().find(|length| text.ends_with(&tag[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&str]) -> Vec<Stretch> {
        let mut tags = ThinkTags::default();
        let mut all: Vec<Stretch> = pieces.iter().flat_map(|piece| tags.push(piece)).collect();
        all.extend(tags.finish());
        all
    }

    /// Neighbouring stretches of one kind put together.
    fn joined(stretches: Vec<Stretch>) -> Vec<Stretch> {
        let mut joined: Vec<Stretch> = Vec::new();
        for stretch in stretches {
            match (joined.last_mut(), stretch) {
                (Some(Stretch::Text(last)), Stretch::Text(text))
                | (Some(Stretch::Think(last)), Stretch::Think(text)) => last.push_str(&text),
                (_, stretch) => joined.push(stretch),
            }
        }
        joined
    }

    fn text(text: &str) -> Stretch {
        Stretch::Text(text.to_owned())
    }

    fn think(text: &str) -> Stretch {
        Stretch::Think(text.to_owned())
    }

    #[test]
    fn tags_in_pieces_of_their_own_stay_with_the_reasoning() {
        assert_eq!(
            split(&["<think>", "hm", "</think>", "Yes"]),
            [think("<think>"), think("hm"), think("</think>"), text("Yes")]
        );
    }

    #[test]
    fn one_piece_that_holds_everything_is_split() {
        assert_eq!(
            split(&["a<think>b</think>c"]),
            [text("a"), think("<think>b</think>"), text("c")]
        );
    }

    #[test]
    fn a_tag_cut_anywhere_is_found() {
        let whole = "a<think>b</think>c";
        for cut in 0..=whole.len() {
            let (left, right) = whole.split_at(cut);
            assert_eq!(
                joined(split(&[left, right])),
                [text("a"), think("<think>b</think>"), text("c")],
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_a_tag_is_text() {
        assert_eq!(joined(split(&["1 <", " 2 <thin", "g"])), [text("1 < 2 <thing")]);
        assert_eq!(split(&["ends with <th"]), [text("ends with "), text("<th")]);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same(
            text in "(a|<|>|think|/|<think>|</think>|é){0,12}",
            cuts in prop::collection::vec(0usize..80, 0..6),
        ) {
            let whole = joined(split(&[&text]));
            let mut cuts: Vec<usize> =
                cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&text[from..cut]);
                from = cut;
            }
            pieces.push(&text[from..]);
            prop_assert_eq!(joined(split(&pieces)), whole);
        }
    }
}
