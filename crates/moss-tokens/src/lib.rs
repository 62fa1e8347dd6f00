//! How many tokens a text, a message or a conversation has, without asking a provider.
//!
//! An [`Encoding`] splits text as a family of models does: OpenAI's `o200k_base` and `cl100k_base`, and the ranks
//! that Anthropic published for Claude. Counts are those of the npm package `ai-tokenizer`, by which hosts of the
//! Run interface measure; where it differs from the encodings' own definition, this crate follows the
//! definition: [`Encoding`] names the cases. The ranks are built in, and unpacked when an encoding is first used.
//!
//! [`count_message`] counts a message as `getTokenCountForMessage` of the Run interface does, and
//! [`IncrementalCounter`] a text that grows.
//!
//! ```
//! use moss_protocol::Message;
//! use moss_tokens::{Encoding, IncrementalCounter, count_message};
//!
//! let encoding = Encoding::for_model("openai/gpt-4o-mini");
//! assert_eq!(encoding.count("Mosses have no roots."), 7);
//! assert_eq!(count_message(encoding, &Message::human("Mosses have no roots.")), 10);
//!
//! let mut answer = IncrementalCounter::new(encoding);
//! for piece in ["Mos", "ses have", " no ro", "ots."] {
//!     answer.push(piece);
//! }
//! assert_eq!(answer.count(), 7);
//! ```

mod encoding;
mod incremental;
mod joined;
mod media;
mod merge;
mod message;
mod splitter;
mod tokenizer;
mod vocabulary;

pub use encoding::{Encoding, UnknownToken};
pub use incremental::IncrementalCounter;
pub use media::{
    ImageSize, estimate_anthropic_image_tokens, estimate_openai_image_tokens,
    estimate_openai_patch_tokens,
};
pub use message::{count_conversation, count_message};
