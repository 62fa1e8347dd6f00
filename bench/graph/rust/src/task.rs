//! What there is to measure.

use std::path::PathBuf;

use moss_graph::Durability;
use serde::Deserialize;

/// What there is to measure.
#[derive(Debug, Deserialize)]
#[serde(tag = "measure", rename_all = "camelCase")]
pub enum Task {
    /// What a run of a graph costs.
    Shape(ShapeTask),
    /// How a thread grows on disk.
    Growth(GrowthTask),
    /// How much memory a run takes that waits.
    Waiting(WaitingTask),
}

/// What a run of a graph costs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShapeTask {
    /// The graph.
    #[serde(flatten)]
    pub shape: ShapeName,
    /// What its state is made of.
    pub states: States,
    /// Where its threads are kept.
    pub checkpointer: Checkpointer,
    /// When they are.
    pub durability: When,
    /// CPU time to spend before it counts.
    pub warmup_ms: u64,
    /// CPU time to spend.
    pub cpu_ms: u64,
    /// Time after which no further runs begin, for those that wait for a disk.
    pub wall_ms: u64,
    /// A folder of this process's own.
    pub folder: PathBuf,
}

/// What the subjects of a fan-out are made of.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Letters {
    /// One letter a thousand times, which compresses to nothing.
    #[default]
    Same,
    /// A thousand letters at random, which compress to two thirds at best, and with LZ4 not at all.
    Random,
}

/// A graph, and how large it is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "shape", rename_all = "camelCase")]
pub enum ShapeName {
    /// Nodes one after the other that do nothing.
    Sequential {
        /// How many.
        size: usize,
    },
    /// A task for each subject.
    FanOut {
        /// How many.
        size: usize,
        /// Those of a subject.
        #[serde(default)]
        letters: Letters,
    },
    /// A subgraph for each subject.
    FanOutSubgraph {
        /// How many.
        size: usize,
        /// Those of a subject.
        #[serde(default)]
        letters: Letters,
    },
    /// A loop over fifteen fields.
    Wide {
        /// Members of the input.
        outer: usize,
        /// Members of each of those.
        inner: usize,
        /// Letters of a text, and the number of messages the loop ends behind.
        length: usize,
    },
    /// A scripted model that calls a tool so many times.
    React {
        /// How many.
        size: usize,
    },
    /// Nodes one after the other that each say something, behind so many messages.
    Chain {
        /// How many nodes.
        size: usize,
        /// How many messages.
        messages: usize,
    },
}

/// What a state is made of.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum States {
    /// A struct.
    Typed,
    /// JSON values.
    Json,
}

/// Where threads are kept.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Checkpointer {
    /// Nowhere: the runs are on none.
    None,
    /// In memory.
    Memory,
    /// In a file that outlives the process, as LangGraph.js's saver has it.
    Sqlite,
    /// In a file that outlives power loss, as is MOSS's default.
    SqlitePowerLoss,
    /// In a file, by SQLite alone: what the runs would store is written, and none runs.
    SqliteAlone,
    /// Likewise, by a thread that writes for all.
    SqliteWriter,
}

/// When threads are stored.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// At the end of a run.
    Exit,
    /// At the end of each superstep.
    Sync,
}

impl From<When> for Durability {
    fn from(when: When) -> Self {
        match when {
            When::Exit => Self::Exit,
            When::Sync => Self::Sync,
        }
    }
}

/// How a thread grows on disk.
#[derive(Debug, Deserialize)]
pub struct GrowthTask {
    /// Questions with their answers.
    pub turns: usize,
    /// The bytes of both.
    pub bytes: usize,
    /// A folder of this process's own.
    pub folder: PathBuf,
}

/// How much memory a run takes that waits.
#[derive(Debug, Deserialize)]
pub struct WaitingTask {
    /// How many at once.
    pub runs: usize,
    /// Whether each is on a thread, in memory.
    pub threads: bool,
}
