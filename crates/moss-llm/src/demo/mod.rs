//! The built-in demo model.

mod arguments;
mod choice;
mod expression;
mod fingerprint;
mod plan;
mod script;
mod words;

use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use moss_protocol::{JsonObject, Provider};
use tokio_util::sync::CancellationToken;

use crate::options::HostOptions;
use crate::{ChatModel, ModelInfo, ModelRequest, ModelSetupError, ModelStream};
use plan::plan;

macro_rules! variants {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What the demo model shows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DemoVariant {
            $($(#[$doc])* $variant,)*
        }

        /// The names of the demo provider's models.
        pub const DEMO_MODELS: &[&str] = &[$($name,)*];

        impl DemoVariant {
            /// The model's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

variants! {
    /// One tool call, where a tool fits the question; then an answer.
    Plain = "demo",
    /// Calls every offered tool in one message, a single one twice.
    Parallel = "demo-parallel",
    /// Fails before its answer begins.
    Fail = "demo-fail",
    /// Fails after some text.
    FailMidstream = "demo-fail-midstream",
    /// As `demo`, with 250 ms between two pieces.
    Slow = "demo-slow",
}

/// A scripted model: built in, offline, deterministic, and no language model, as its first answer says. It
/// is there to try tools, graphs and faces without a key.
///
/// It reads the last human message. Where an offered tool shares words with it, it calls that tool with
/// arguments made from the tool's schema; an arithmetic expression in the message goes to a tool for
/// calculations. When the results come back it says them. Otherwise it says what it would have taken.
/// Usage counts a token for every four characters, begun ones included.
#[derive(Debug, Clone)]
pub struct DemoModel {
    info: ModelInfo,
    variant: DemoVariant,
    seed: u64,
}

/// Tells models of one process apart, see [`DemoModel::from_options`].
static NEXT_SEED: AtomicU64 = AtomicU64::new(0);

impl DemoModel {
    /// The demo model, streaming. Two of the same variant and seed answer the same question with the same
    /// events, ids included.
    #[must_use]
    pub fn new(variant: DemoVariant) -> Self {
        let info = ModelInfo {
            provider: Provider::Demo,
            model: variant.as_str().to_owned(),
            streaming: true,
        };
        Self { info, variant, seed: 0 }
    }

    /// Whether the answer comes in pieces.
    #[must_use]
    pub fn with_streaming(mut self, streaming: bool) -> Self {
        self.info.streaming = streaming;
        self
    }

    /// What its ids are made from, beside the question. Agents that work side by side need different
    /// seeds: a graph tells messages and tool calls apart by their ids.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Reads `model` (default `demo`), `streaming`, `disableStreaming` and `seed` (default: how many demo
    /// models the process has made this way) from a host's options.
    ///
    /// # Errors
    /// [`ModelSetupError::UnknownDemoModel`] lists the models;
    /// [`ModelSetupError::InvalidOption`] as [`ClientOptions::from_json`](crate::ClientOptions::from_json).
    pub fn from_options(options: &JsonObject) -> Result<Self, ModelSetupError> {
        let HostOptions { common: options, mut top, .. } = HostOptions::read(options)?;
        let variant = match options.model {
            None => DemoVariant::Plain,
            Some(model) => match DemoVariant::named(&model) {
                Some(variant) => variant,
                None => return Err(ModelSetupError::UnknownDemoModel { model }),
            },
        };
        let seed = top.value(&["seed"]).and_then(|(_, seed)| seed.as_u64());
        Ok(Self::new(variant)
            .with_streaming(options.streaming)
            .with_seed(seed.unwrap_or_else(|| NEXT_SEED.fetch_add(1, Ordering::Relaxed))))
    }
}

impl ChatModel for DemoModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, request: ModelRequest, cancel: CancellationToken) -> ModelStream {
        let script = plan(self.variant, self.seed, self.info.streaming, &request);
        script::play(script, cancel).boxed()
    }
}
