//! The encodings and who uses them.

use std::sync::LazyLock;

use thiserror::Error;

use crate::tokenizer::Tokenizer;

/// How a family of models splits text into tokens.
///
/// Special tokens (`<|endoftext|>`, `<EOT>` …) in a text are text: whoever wrote them in a conversation does not
/// steer the model with them.
///
/// Text is split as the encodings' patterns say, with JavaScript's idea of white space, as `ai-tokenizer` does: U+FEFF
/// is white space and U+0085 is not. `ai-tokenizer` 1.0.6 deviates from the patterns and ranks in three cases, which
/// are not followed: it loses a U+FEFF at the beginning of a piece, takes a piece that is a member name of every
/// JavaScript object (`valueOf`, `hasOwnProperty` …) for one token, and refuses text with special tokens.
///
/// An encoding is unpacked once in a process, when it is first used, and may be used by all threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// `o200k_base`: OpenAI's models from GPT-4o on. The best guess for models of others.
    O200k,
    /// `cl100k_base`: GPT-4, GPT-3.5 and the embedding models of their time.
    Cl100k,
    /// The ranks that Anthropic published with Claude 2. Later models count about a tenth more.
    Claude,
}

/// A number that is no token of the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{token} is no token of the encoding `{}`", encoding.as_str())]
pub struct UnknownToken {
    /// The number.
    pub token: u32,
    /// The encoding.
    pub encoding: Encoding,
}

static O200K: LazyLock<Tokenizer> = LazyLock::new(|| {
    Tokenizer::new(include_bytes!("../ranks/o200k_base.ranks"), crate::splitter::O200K)
});
static CL100K: LazyLock<Tokenizer> = LazyLock::new(|| {
    Tokenizer::new(include_bytes!("../ranks/cl100k_base.ranks"), crate::splitter::CL100K)
});
static CLAUDE: LazyLock<Tokenizer> = LazyLock::new(|| {
    Tokenizer::new(include_bytes!("../ranks/claude.ranks"), crate::splitter::CLAUDE)
});

impl Encoding {
    /// All encodings.
    pub const ALL: &'static [Self] = &[Self::O200k, Self::Cl100k, Self::Claude];

    /// The encoding's name: `o200k_base`, `cl100k_base` or `claude`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::O200k => "o200k_base",
            Self::Cl100k => "cl100k_base",
            Self::Claude => "claude",
        }
    }

    /// The encoding of a model, by its name, with or without its provider's: `claude` where the name says so, at any
    /// provider; `cl100k_base` for the OpenAI models that have it; else `o200k_base`.
    #[must_use]
    pub fn for_model(name: &str) -> Self {
        let name = name.to_lowercase();
        if name.contains("claude") {
            return Self::Claude;
        }
        let model = name.rsplit('/').next().unwrap_or_default();
        // Azure's names have no point: `gpt-35-turbo`.
        let old = ["gpt-4", "gpt-3.5", "gpt-35", "text-embedding-3", "text-embedding-ada-002"];
        let new = ["gpt-4o", "gpt-4.1", "gpt-4.5"];
        let is_one_of = |names: &[&str]| {
            names.iter().any(|name| {
                // A fine-tuned model is named `ft:gpt-4o-mini:…`.
                model.strip_prefix("ft:").unwrap_or(model).starts_with(name)
            })
        };
        if is_one_of(&old) && !is_one_of(&new) { Self::Cl100k } else { Self::O200k }
    }

    /// How many tokens a text has.
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        self.tokenizer().count(text)
    }

    /// The tokens of a text.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u32> {
        self.tokenizer().encode(text)
    }

    /// What tokens stand for, as bytes: a token may be a part of a character.
    ///
    /// # Errors
    /// [`UnknownToken`]. Special tokens are unknown: no text has them.
    pub fn decode(self, tokens: &[u32]) -> Result<Vec<u8>, UnknownToken> {
        let vocabulary = self.tokenizer().vocabulary();
        let mut text = Vec::with_capacity(tokens.len() * 4);
        for &token in tokens {
            let bytes = vocabulary.bytes(token).ok_or(UnknownToken { token, encoding: self })?;
            text.extend_from_slice(bytes);
        }
        Ok(text)
    }

    /// A count of this encoding as the provider is likely to report it: Anthropic's API reports a tenth more than the
    /// published ranks, rounded up; so the Run interface's counter does.
    #[must_use]
    pub const fn corrected(self, count: u64) -> u64 {
        match self {
            Self::Claude => count.saturating_mul(11).div_ceil(10),
            Self::O200k | Self::Cl100k => count,
        }
    }

    /// How many bytes of memory the unpacked encoding takes. Unpacks it, if it is not.
    #[must_use]
    pub fn memory(self) -> usize {
        self.tokenizer().vocabulary().memory()
    }

    pub(crate) fn tokenizer(self) -> &'static Tokenizer {
        match self {
            Self::O200k => &O200K,
            Self::Cl100k => &CL100K,
            Self::Claude => &CLAUDE,
        }
    }
}
