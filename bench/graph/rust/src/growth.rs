//! How a thread grows on disk, turn by turn, and how long its last state takes to load.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use moss_graph::{
    Ending, Input, NodeContext, NodeError, RunOptions, START, StateGraph, StateGraphEngine,
};
use moss_protocol::{AiMessage, HumanMessage, Message};
use moss_store::{SqliteDurability, SqliteOptions, SqliteStore};
use serde_json::{Value, json};

use crate::cpu::cpu_time;
use crate::shapes::Messages;
use crate::task::GrowthTask;

const LOADS: usize = 20;

/// One run a turn: a question, and a node that answers it.
pub async fn answer(task: &GrowthTask) -> Result<Value> {
    let file = task.folder.join("threads.db");
    let engine = engine(task.bytes)?;
    let before = cpu_time()?;
    let store = open(&file).await?;
    let thread = engine.clone().with_store(Arc::clone(&store) as _).thread("conversation")?;
    for turn in 0..task.turns {
        let input = Input::Update(Messages::update().messages([Arc::new(question(turn))]));
        let outcome = thread.run(input, RunOptions::default()).await?;
        ensure!(outcome.ending == Ending::Done, "a turn came to no end");
    }
    let cpu = cpu_time()? - before;
    drop(thread);
    close(store).await?;

    let (mut messages, mut loads) = (0, Vec::new());
    for _ in 0..LOADS {
        // The page cache of the system is warm, that of SQLite is not.
        let store = open(&file).await?;
        let thread = engine.clone().with_store(Arc::clone(&store) as _).thread("conversation")?;
        let began = Instant::now();
        let state = thread.state().await?.context("the conversation is there")?;
        loads.push(1e3 * began.elapsed().as_secs_f64());
        messages = 0;
        for message in &state.values.messages {
            messages += serde_json::to_vec(message)?.len();
        }
        ensure!(state.values.messages.len() == 2 * task.turns, "messages are missing");
        drop(thread);
        close(store).await?;
    }
    loads.sort_by(f64::total_cmp);
    Ok(json!({
        "cpuMs": 1e3 * cpu.as_secs_f64(),
        "messageBytes": messages,
        "diskBytes": size(&task.folder)?,
        "loadMs": loads[LOADS / 2],
    }))
}

async fn open(file: &Path) -> Result<Arc<SqliteStore>> {
    let durability = SqliteDurability::ProcessCrash;
    let options = SqliteOptions { durability, ..SqliteOptions::default() };
    Ok(Arc::new(SqliteStore::open(file, options).await?))
}

/// The last thing done with a file: nobody else has it by then.
async fn close(store: Arc<SqliteStore>) -> Result<()> {
    Arc::into_inner(store).context("somebody still has the store")?.close().await;
    Ok(())
}

fn engine(bytes: usize) -> Result<StateGraphEngine<Messages>> {
    let llm = move |state: Arc<Messages>, _: NodeContext| async move {
        let turn = state.messages.len() / 2;
        Ok::<_, NodeError>(Messages::update().messages([Arc::new(said(turn, bytes)?)]))
    };
    let graph = StateGraph::new().node("llm", llm).edge(START, "llm").compile()?;
    Ok(StateGraphEngine::persistent(graph, Messages::default()))
}

fn question(turn: usize) -> Message {
    Message::Human(HumanMessage {
        content: "What is the weather like in Lisbon, and will it last?".into(),
        id: Some(format!("question_{turn:016}")),
        ..HumanMessage::default()
    })
}

/// An answer that makes a turn as long as it is to be.
fn said(turn: usize, bytes: usize) -> Result<Message, serde_json::Error> {
    let said = |content: &str| {
        let id = Some(format!("answer_{turn:016}"));
        Message::Ai(AiMessage { content: content.into(), id, ..AiMessage::default() })
    };
    let length = |message: &Message| serde_json::to_vec(message).map(|json| json.len());
    let left = bytes.saturating_sub(length(&question(turn))? + length(&said(""))?);
    let words = "The answer to that goes on for a while. ".repeat(left / 40 + 1);
    Ok(said(&words[..left]))
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}
