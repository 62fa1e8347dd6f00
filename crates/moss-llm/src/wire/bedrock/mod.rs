//! Amazon Bedrock's Converse: one protocol for the models of all houses there.
//!
//! A streamed answer is a run of [binary messages](crate::Framing::AwsEventStream) whose payloads are JSON:
//! `messageStart`, for each block of content its `contentBlockStart` (tools and media only),
//! `contentBlockDelta`s and `contentBlockStop`, then `messageStop` and `metadata`. An unstreamed one is a single
//! object.
//!
//! # What becomes what
//!
//! | in the stream; in the whole answer | event |
//! |---|---|
//! | `messageStart` | [`Started`](crate::ModelEvent::Started); a whole answer begins with one too |
//! | `text` | [`Text`](crate::ModelEvent::Text) |
//! | `reasoningContent`: `text`; `reasoningText.text` | [`Reasoning`](crate::ModelEvent::Reasoning) in the form [`ReasoningContent`](crate::ReasoningForm::ReasoningContent) |
//! | `reasoningContent`: `signature`, `redactedContent` | [`Part`](crate::ModelEvent::Part) `reasoning_content` |
//! | `toolUse` | [`ToolCall`](crate::ModelEvent::ToolCall): its index is that of the block |
//! | `toolUse` of a `type`, a tool that Amazon runs itself | [`Part`](crate::ModelEvent::Part) of that type (`server_tool_use`) with a member `toolUse` |
//! | `toolResult`, `image`, `citationsContent`, `document`, `video`, `audio`, `guardContent`, `cachePoint`, `searchResult` | [`Part`](crate::ModelEvent::Part) with the block as a member, its type the member's name in snake case, as LangChain has it |
//! | `citation` | [`Part`](crate::ModelEvent::Part) `text` whose `citations` grow |
//! | any other block or delta | [`Part`](crate::ModelEvent::Part) `non_standard` |
//! | `messageStop`; `stopReason` | [`Finished`](crate::ModelEvent::Finished) |
//! | `metadata.usage`; `usage` | [`Usage`](crate::ModelEvent::Usage); its input counts what was read from caches and written to them, which Amazon counts apart |
//! | `messageStop` and `metadata` as they are; all but `output` of a whole answer | [`Extra`](crate::ModelEvent::Extra), where LangChain's client has them in `response_metadata` |
//! | an exception | a [`ModelError`](crate::ModelError) |
//! | an event of another type, a member of another name | [`Extra`](crate::ModelEvent::Extra) |
//!
//! Texts carry their block's index from the second block on, as LibreChat promotes them: an answer of one text
//! stays a text. In a whole answer all blocks are numbered, unless it is a single text.
//!
//! What is of use only as a whole (the input of Amazon's own tools, images, redacted reasoning) is held back
//! until its block ends.
//!
//! Not kept, because it says nothing: `null`; empty texts; the role `assistant`; `contentBlockIndex`, which is
//! the index of the events; the padding `p`.
//!
//! # What is sent
//!
//! | of the conversation | in the body |
//! |---|---|
//! | system messages | `system`: texts, marks for the cache, guarded content |
//! | a tool's result | `toolResult` in a user's message, with `status` where it failed; what is neither text nor medium as `json`; marks for the cache behind it, since they have no effect within |
//! | tool calls | `toolUse`, where the content has them, else behind it; arguments that are no object become an empty one |
//! | a text before tool calls | without white space at its end |
//! | reasoning in Bedrock's own form | back to Claude, as it came with its signature, and to a model whose name does not tell; others refuse it |
//! | other providers' reasoning, and what they did with tools of their own | not at all |
//! | images, documents, videos, sounds | from OpenAI's, Anthropic's and LangChain's forms; data or an `s3://` address, since Converse fetches nothing; documents get a name that Converse takes |
//! | blocks in Converse's own form | as they are; a `Buffer`'s bytes in base64 |
//! | an empty message, a document without a text beside it | with the text `_`, as LibreChat has it |
//! | a choice of no tool | no tools: Converse cannot forbid them |
//! | a structured answer | `outputConfig.textFormat` |
//!
//! # Options
//!
//! | option | meaning |
//! |---|---|
//! | `region`; `endpointHost`; `applicationInferenceProfile` | where is asked, and what in the model's place |
//! | `credentials` (`accessKeyId`, `secretAccessKey`, `sessionToken`), `profile`, `apiKey` or `bearerToken` | who asks; else the variables of LibreChat and of Amazon, the shared files, what a container or an instance is given |
//! | `maxTokens`, `temperature`, `topP`, `stop` | `inferenceConfig` |
//! | `thinking`, `topK`, `anthropicBeta`, `reasoningConfig`, `reasoningEffort`, `additionalModelRequestFields` | `additionalModelRequestFields`, the last of them first |
//! | `guardrailConfig`, `performanceConfig`, `serviceTier`, `requestMetadata`, `outputConfig`, `promptVariables`, `additionalModelResponseFieldPaths` | the field of that name |
//! | `promptCache`, `promptCacheTtl` | marks behind instructions, tools (Claude's alone) and the last message; an hour, or `5m` |
//! | `toolChoice` | the choice where a request makes none |

mod blocks;
mod cache;
mod content;
mod decode;
mod delta;
mod dialect;
mod document;
mod encode;
mod error;
mod events;
mod fault;
mod media;
mod options;
mod tools;
mod turns;
mod usage;
mod whole;

pub use cache::CacheTtl;
pub use decode::BedrockDecoder;
pub use dialect::{BedrockDialect, House};
pub(crate) use options::{dialect, parameters};

use moss_protocol::Provider;
use reqwest::header::HeaderMap;

use super::{Wire, WireDecoder, WireRequest};
use crate::{Framing, ModelError};

/// The Converse wire, as one model takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bedrock(
    /// What the model takes and the host wants.
    pub BedrockDialect,
);

impl Wire for Bedrock {
    fn encode(&self, request: &WireRequest<'_>) -> Result<Vec<u8>, ModelError> {
        encode::encode(&self.0, request)
    }

    fn decoder(&self) -> Box<dyn WireDecoder> {
        Box::new(BedrockDecoder::new())
    }

    fn framing(&self) -> Framing {
        Framing::AwsEventStream
    }

    fn error(
        &self,
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
        provider: Provider,
    ) -> ModelError {
        error::refused(status, headers, body, provider)
    }
}
