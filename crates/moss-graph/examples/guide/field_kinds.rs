//! Fields that are there for a superstep only, that keep no doubles, and that are never stored.

use std::error::Error;
use std::sync::Arc;

use moss_graph::checkpoint::MemoryStore;
use moss_graph::{
    Input, NodeContext, NodeResult, RunOptions, START, State, StateGraph, StateGraphEngine,
    append_unique,
};

#[derive(Clone, Default, State)]
#[state(persist)]
struct Crawl {
    /// What is there already is left out.
    #[state(reducer = append_unique)]
    seen: Vec<String>,
    /// There for the next superstep only.
    #[state(ephemeral)]
    hint: Option<String>,
    /// Never stored.
    #[state(untracked)]
    session: Option<String>,
    #[state(append)]
    log: Vec<String>,
}

async fn fetch(_: Arc<Crawl>, _: NodeContext) -> NodeResult<Crawl> {
    Ok(Crawl::update()
        .seen(vec!["/a".to_owned(), "/b".to_owned(), "/a".to_owned()])
        .hint(Some("look at /b".to_owned()))
        .session(Some("cookie".to_owned())))
}

async fn look(crawl: Arc<Crawl>, context: NodeContext) -> NodeResult<Crawl> {
    let hint = crawl.hint.as_deref().unwrap_or("none");
    let session = if crawl.session.is_some() { "open" } else { "gone" };
    Ok(Crawl::update().log([format!("{}: hint {hint}, session {session}", context.node())]))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node("fetch", fetch)
        .node("next", look)
        .node("later", look)
        .edge(START, "fetch")
        .sequence(["fetch", "next", "later"])
        .interrupt_after(["next"])
        .compile()?;
    let engine = StateGraphEngine::persistent(graph, Crawl::default())
        .with_store(Arc::new(MemoryStore::new()));
    let thread = engine.thread("crawl")?;

    thread.run(Input::Update(Crawl::update()), RunOptions::default()).await?;
    let done = thread.run(Input::Continue, RunOptions::default()).await?;
    println!("seen: {}", done.state.seen.join(", "));
    println!("{}", done.state.log.join("\n"));
    Ok(())
}
