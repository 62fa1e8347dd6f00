//! The tokens of an encoding: their bytes and their ranks.

mod packed;

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// A token's number. The lower it is, the earlier it is put together.
pub(crate) type Rank = u32;

/// No token.
pub(crate) const NO_RANK: Rank = Rank::MAX;

/// The tokens of an encoding.
pub(crate) struct Vocabulary {
    /// All tokens' bytes, one after the other.
    bytes: Vec<u8>,
    /// Where a token's bytes begin and end, by its number. Numbers that are no token have no bytes.
    spans: Vec<(u32, u32)>,
    ranks: HashTable<Rank>,
    /// The ranks of all tokens of two bytes: each text asks for each of its neighbours.
    pairs: Vec<Rank>,
    hasher: DefaultHashBuilder,
}

/// How many pairs of bytes there are.
const PAIRS: usize = 1 << 16;

impl Vocabulary {
    /// Unpacks a vocabulary.
    ///
    /// One that cannot be read, which a test rules out for those that are built in, gives one in which each byte is a
    /// token: a count that is too high does less harm than a panic.
    pub(crate) fn unpack(file: &[u8]) -> Self {
        let (bytes, spans) = packed::unpack(file).unwrap_or_else(|| {
            (
                (0..=u8::MAX).collect(),
                (0..=u32::from(u8::MAX)).map(|byte| (byte, byte + 1)).collect(),
            )
        });
        let hasher = DefaultHashBuilder::default();
        let mut ranks = HashTable::with_capacity(spans.len());
        let mut pairs = vec![NO_RANK; PAIRS];
        for (rank, &(start, end)) in (0..).zip(&spans) {
            let token = &bytes[start as usize..end as usize];
            if token.is_empty() {
                continue;
            }
            ranks.insert_unique(hasher.hash_one(token), rank, |&rank: &Rank| {
                let (start, end) = spans[rank as usize];
                hasher.hash_one(&bytes[start as usize..end as usize])
            });
            if let &[first, second] = token {
                pairs[pair(first, second)] = rank;
            }
        }
        Self { bytes, spans, ranks, pairs, hasher }
    }

    /// The rank of a token with these bytes; [`NO_RANK`] where there is none.
    pub(crate) fn rank(&self, token: &[u8]) -> Rank {
        if let &[first, second] = token {
            return self.pairs[pair(first, second)];
        }
        let known = |&rank: &Rank| {
            let (start, end) = self.spans[rank as usize];
            &self.bytes[start as usize..end as usize] == token
        };
        self.ranks.find(self.hasher.hash_one(token), known).copied().unwrap_or(NO_RANK)
    }

    /// The bytes of a token.
    pub(crate) fn bytes(&self, token: Rank) -> Option<&[u8]> {
        let &(start, end) = self.spans.get(token as usize)?;
        let bytes = self.bytes.get(start as usize..end as usize)?;
        (!bytes.is_empty()).then_some(bytes)
    }

    /// How many bytes of memory it takes.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity()
            + self.spans.capacity() * size_of::<(u32, u32)>()
            + self.ranks.allocation_size()
            + self.pairs.capacity() * size_of::<Rank>()
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}
