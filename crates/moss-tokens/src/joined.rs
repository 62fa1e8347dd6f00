//! Long runs of bytes, put together a stretch at a time.

use crate::merge::Merger;
use crate::vocabulary::{Rank, Vocabulary};

/// How many bytes are merged at once.
const STRETCH: usize = 4096;

/// The tokens of a run of bytes that may grow.
///
/// It rests on this: tokens are what merging makes of a run exactly if each two neighbours are what merging makes of
/// their own bytes. For merging crosses a boundary only when a pair across it is the lowest, left or right of which
/// nothing but the two neighbours counts. So what was merged apart may be joined where the two tokens at the seam stay
/// apart, and where they do not, a few more tokens before the seam are merged once more.
#[derive(Debug, Clone, Default)]
pub(crate) struct JoinedTokens {
    tokens: Vec<Rank>,
}

impl JoinedTokens {
    pub(crate) fn tokens(&self) -> &[Rank] {
        &self.tokens
    }

    /// Lets the run grow.
    pub(crate) fn push(&mut self, merger: &mut Merger, vocabulary: &Vocabulary, bytes: &[u8]) {
        for stretch in bytes.chunks(STRETCH) {
            self.push_stretch(merger, vocabulary, stretch);
        }
    }

    fn push_stretch(&mut self, merger: &mut Merger, vocabulary: &Vocabulary, stretch: &[u8]) {
        let mut again = 1;
        loop {
            let kept = self.tokens.len().saturating_sub(again);
            let mut bytes = Vec::with_capacity(stretch.len() + 16 * again);
            for token in &self.tokens[kept..] {
                bytes.extend_from_slice(vocabulary.bytes(*token).unwrap_or_default());
            }
            bytes.extend_from_slice(stretch);
            let mut merged = Vec::new();
            merger.merge(vocabulary, &bytes, |token| merged.push(token));
            let stays_apart = match (self.tokens[..kept].last(), merged.first()) {
                (Some(&left), Some(&right)) => stay_apart(merger, vocabulary, left, right),
                (None, _) | (_, None) => true,
            };
            if stays_apart {
                self.tokens.truncate(kept);
                self.tokens.append(&mut merged);
                return;
            }
            again *= 2;
        }
    }
}

/// Whether two tokens are what merging makes of their bytes.
fn stay_apart(merger: &mut Merger, vocabulary: &Vocabulary, left: Rank, right: Rank) -> bool {
    let (Some(first), Some(second)) = (vocabulary.bytes(left), vocabulary.bytes(right)) else {
        return false;
    };
    let mut merged = Vec::new();
    merger.merge(vocabulary, &[first, second].concat(), |token| merged.push(token));
    merged == [left, right]
}

#[cfg(test)]
mod tests {
    use super::JoinedTokens;
    use crate::Encoding;
    use crate::merge::Merger;

    /// A piece that is a token is that token. Long pieces are not looked up, so merging has to find it.
    #[test]
    fn merging_finds_each_long_token() {
        for encoding in Encoding::ALL {
            let vocabulary = encoding.tokenizer().vocabulary();
            let mut merger = Merger::default();
            for token in 0..200_000 {
                let Some(bytes) = vocabulary.bytes(token).filter(|bytes| bytes.len() > 48) else {
                    continue;
                };
                let mut joined = JoinedTokens::default();
                joined.push(&mut merger, vocabulary, bytes);
                assert_eq!(joined.tokens(), [token], "{encoding:?}");
            }
        }
    }
}
