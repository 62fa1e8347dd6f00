//! Anthropic's Messages.
//!
//! A streamed answer is a run of events, each with a `type`: `message_start`, then content blocks, each begun by
//! `content_block_start`, told by `content_block_delta` and ended by `content_block_stop`, then `message_delta`
//! and `message_stop`. An unstreamed one is the message in one piece.
//!
//! # What becomes what
//!
//! | of the answer | event |
//! |---|---|
//! | the message: `id`, `model` | [`Started`](crate::ModelEvent::Started) |
//! | members of the message but `content` and `usage`; of `message_delta.delta` | [`Kwarg`](crate::ModelEvent::Kwarg) each, as LangChain's client has them |
//! | `usage` | [`Usage`](crate::ModelEvent::Usage), and [`Extra`](crate::ModelEvent::Extra) `usage.…` for what has no place in it |
//! | text | [`Text`](crate::ModelEvent::Text) with the block's index; without, where the request [asks for text alone](AnthropicDecoder::of_text) |
//! | thinking | [`Reasoning`](crate::ModelEvent::Reasoning) with the block's index |
//! | a signature, a citation | [`Part`](crate::ModelEvent::Part), a piece of the block |
//! | `tool_use`: its beginning and each piece of its input | [`ToolCall`](crate::ModelEvent::ToolCall), whose index is the block's |
//! | the end of `tool_use`, `server_tool_use`, `mcp_tool_use` | [`Part`](crate::ModelEvent::Part): the block with its whole input |
//! | every other block: `redacted_thinking`, results of the provider's tools, `compaction` … | [`Part`](crate::ModelEvent::Part): the block, and a piece of it for each later piece |
//! | `stop_reason` | [`Finished`](crate::ModelEvent::Finished) |
//! | `error` | a [`ModelError`](crate::ModelError) |
//! | unknown pieces of blocks, unknown events, other members of events | [`Extra`](crate::ModelEvent::Extra) |
//!
//! A text that is all of an unstreamed answer has no index, and so becomes the content as a text.
//!
//! Not kept, because it says nothing: `ping`; `null`, unless it is a member of the message; empty texts, signatures
//! and lists of citations; a zero where the provider counted more before.
//!
//! # What is sent
//!
//! | of the conversation | in the body |
//! |---|---|
//! | system messages at its beginning | `system` |
//! | later ones | role `system` where the model takes that, else the user's |
//! | a tool's answer | `tool_result` in a user's message, with `is_error`; and the `content` of its `artifact` |
//! | a message that is one text | a string; parts stay a list |
//! | thinking | as it came, with its signature; without one, not at all |
//! | other providers' reasoning, and blocks of an assistant that only they know | not at all |
//! | tool calls | `tool_use`, where the content has them, else behind it; arguments that are no object become an empty one |
//! | images, files | `image` and `document`, from OpenAI's, LangChain's and Anthropic's own forms |
//! | ids of calls that the provider would refuse | ids that stand for them |
//! | an assistant's message at the end | not to models that refuse to go on with one |
//! | blank texts, `name`, ids of messages, blocks' `index` | not at all |
//!
//! A request whose tools have to go on amid a turn that began without thinking is sent without `thinking`.

mod betas;
mod block;
mod blocks;
mod caching;
mod content;
mod decode;
mod dialect;
mod encode;
mod encode_message;
mod failure;
mod frame;
mod ids;
mod media;
mod models;
mod options;
mod schema;
mod thinking;
mod turns;
mod usage;

pub use decode::AnthropicDecoder;
pub use dialect::AnthropicDialect;

use moss_protocol::{Content, ContentPart};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Wire, WireDecoder, WireRequest};
use crate::{ModelError, ModelRequest};

/// The Messages wire in a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anthropic {
    /// Whose dialect.
    pub dialect: AnthropicDialect,
    /// For how long the wire asks to keep the beginning of a conversation in the provider's cache; `None`: it sets
    /// no marks of its own.
    pub prompt_cache: Option<CacheTtl>,
    /// Beta features that the host asks for, beside those that a request needs.
    pub betas: Vec<String>,
}

/// How long the provider's cache keeps what is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTtl {
    /// Five minutes, renewed by each use: the provider's default.
    FiveMinutes,
    /// An hour. Writing costs more than for five minutes, reading the same.
    OneHour,
}

impl Anthropic {
    /// The wire without marks for the cache and without beta features of the host's.
    #[must_use]
    pub const fn new(dialect: AnthropicDialect) -> Self {
        Self { dialect, prompt_cache: None, betas: Vec::new() }
    }
}

impl Wire for Anthropic {
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        encode::encode(self, request)
    }

    fn headers(&self, request: &WireRequest<'_>) -> HeaderMap {
        let betas = betas::of(&self.betas, request).join(",");
        let mut headers = HeaderMap::new();
        if !betas.is_empty()
            && let Ok(value) = HeaderValue::from_str(&betas)
        {
            headers.insert(HeaderName::from_static(options::BETA_HEADER), value);
        }
        headers
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(AnthropicDecoder::new(self.dialect))
    }

    fn decoder_for(&self, request: &WireRequest<'_>) -> Box<dyn WireDecoder> {
        if asks_for_text(request) {
            Box::new(AnthropicDecoder::of_text(self.dialect))
        } else {
            self.decoder()
        }
    }
}

/// Whether a request can only be answered with text. LangChain's client tells it in the same way.
fn asks_for_text(request: &WireRequest<'_>) -> bool {
    let field = |name: &str| {
        let own = request.extra_body.get(name).or_else(|| request.parameters.get(name));
        own.filter(|value| !value.is_null())
    };
    let thinks = field("thinking").is_some_and(|thinking| thinking["type"] != "disabled");
    let others = ["tools", "mcp_servers", "context_management"];
    let cites = |part: &ContentPart| match part {
        ContentPart::Other(part) => {
            part.get("citations").is_some_and(|citations| citations["enabled"] == true)
        }
        ContentPart::Text { .. }
        | ContentPart::Think { .. }
        | ContentPart::Image { .. }
        | ContentPart::ToolCall(_) => false,
    };
    let ModelRequest { messages, tools, server_tools, .. } = request.request;
    tools.is_empty()
        && server_tools.is_empty()
        && !thinks
        && others.iter().all(|name| field(name).is_none())
        && !messages.iter().any(|message| match message.content() {
            Content::Parts(parts) => parts.iter().any(cites),
            Content::Text(_) => false,
        })
}
