//! A node that says where to go on, together with what it writes.

use std::error::Error;
use std::sync::Arc;

use moss_graph::{
    Command, END, NodeContext, NodeError, NodeOptions, NodeResult, RunOptions, START, State,
    StateGraph, StateGraphEngine,
};

#[derive(Clone, Default, State)]
struct Ticket {
    text: String,
    urgent: bool,
    answer: String,
}

async fn triage(ticket: Arc<Ticket>, _: NodeContext) -> Result<Command<Ticket>, NodeError> {
    if ticket.text.is_empty() {
        return Ok(Command::new().goto(END));
    }
    let urgent = ticket.text.contains("fire");
    Ok(Command::update(Ticket::update().urgent(urgent)).goto(if urgent { "call" } else { "mail" }))
}

async fn call(_: Arc<Ticket>, _: NodeContext) -> NodeResult<Ticket> {
    Ok(Ticket::update().answer("we call you".to_owned()))
}

async fn mail(_: Arc<Ticket>, _: NodeContext) -> NodeResult<Ticket> {
    Ok(Ticket::update().answer("we write to you".to_owned()))
}

pub async fn main() -> Result<(), Box<dyn Error>> {
    let graph = StateGraph::new()
        .node_with("triage", triage, NodeOptions::new().ends(["call", "mail", END]))
        .node("call", call)
        .node("mail", mail)
        .edge(START, "triage")
        .compile()?;
    let engine = StateGraphEngine::new(graph);
    for text in ["the fire is out of tea", "more tea, please"] {
        let ticket = Ticket { text: text.to_owned(), ..Ticket::default() };
        let ticket = engine.run(ticket, RunOptions::default()).await?;
        println!("{text}: {} (urgent: {})", ticket.answer, ticket.urgent);
    }
    Ok(())
}
