//! Text to tokens.

use crate::joined::JoinedTokens;
use crate::merge::Merger;
use crate::splitter::{Pattern, Splitter};
use crate::vocabulary::{NO_RANK, Rank, Vocabulary};

/// Pieces that are longer are merged a stretch at a time, so that their length costs memory only once.
const LONG: usize = 4096;

/// An encoding, unpacked.
pub(crate) struct Tokenizer {
    vocabulary: Vocabulary,
    splitter: Splitter,
}

impl Tokenizer {
    pub(crate) fn new(ranks: &[u8], pattern: Pattern) -> Self {
        Self { vocabulary: Vocabulary::unpack(ranks), splitter: Splitter::new(pattern) }
    }

    pub(crate) const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(crate) const fn splitter(&self) -> &Splitter {
        &self.splitter
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        let mut merger = Merger::default();
        self.splitter.pieces(text).map(|piece| self.count_piece(&mut merger, piece)).sum()
    }

    pub(crate) fn encode(&self, text: &str) -> Vec<Rank> {
        let mut merger = Merger::default();
        let mut tokens = Vec::with_capacity(text.len() / 4);
        for piece in self.splitter.pieces(text) {
            self.encode_piece(&mut merger, piece, |token| tokens.push(token));
        }
        tokens
    }

    pub(crate) fn count_piece(&self, merger: &mut Merger, piece: &str) -> usize {
        let mut count = 0;
        self.encode_piece(merger, piece, |_| count += 1);
        count
    }

    fn encode_piece(&self, merger: &mut Merger, piece: &str, mut token: impl FnMut(Rank)) {
        let whole = self.vocabulary.rank(piece.as_bytes());
        if whole != NO_RANK {
            return token(whole);
        }
        if piece.len() <= LONG {
            return merger.merge(&self.vocabulary, piece.as_bytes(), token);
        }
        let mut joined = JoinedTokens::default();
        joined.push(merger, &self.vocabulary, piece.as_bytes());
        joined.tokens().iter().copied().for_each(token);
    }
}
