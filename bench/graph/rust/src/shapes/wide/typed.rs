//! Over a derived state.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use moss_graph::{END, Log, NodeContext, NodeResult, State, StateGraph};
use serde_json::Value;

use super::super::text::letters;
use super::{Sizes, message, wired};
use crate::shape::Shape;

type Dict = BTreeMap<String, Arc<Value>>;

#[derive(Clone, Debug, Default, State)]
#[state(persist)]
pub struct Wide {
    /// How many letters the texts have.
    #[state(untracked)]
    length: usize,
    #[state(append)]
    messages: Log<Arc<Dict>>,
    #[state(append)]
    trigger_events: Log<Arc<Dict>>,
    primary_issue_medium: String,
    autoresponse: Option<Arc<Dict>>,
    issue: Option<Arc<Dict>>,
    relevant_rules: Vec<Arc<Dict>>,
    memory_docs: Log<Arc<Dict>>,
    #[state(append)]
    categorizations: Log<Arc<Dict>>,
    #[state(append)]
    responses: Log<Arc<Dict>>,
    user_info: Option<Arc<Dict>>,
    crm_info: Option<Arc<Dict>>,
    email_thread_id: String,
    #[state(reducer = merge)]
    slack_participants: Arc<Dict>,
    bot_id: String,
    #[state(reducer = merge)]
    notified_assignees: Arc<Dict>,
}

fn merge(there: &mut Arc<Dict>, written: Arc<Dict>) {
    let members = written.iter().map(|(name, value)| (name.clone(), Arc::clone(value)));
    Arc::make_mut(there).extend(members);
}

pub fn typed(outer: usize, inner: usize, length: usize) -> Result<Shape<Wide>> {
    fn route(state: &Wide) -> &'static str {
        if state.messages.len() > state.length { END } else { "one" }
    }
    let graph = StateGraph::new()
        .node("one", one)
        .node("two", two)
        .node("three", three)
        .node("four", four)
        .node("five", five)
        .node("six", six);
    let members = message(outer, inner).into_iter();
    let first: Arc<Dict> = Arc::new(members.map(|(name, value)| (name, Arc::new(value))).collect());
    let sizes = Sizes::of(length);
    let initial = Wide { length, primary_issue_medium: "email".to_owned(), ..Wide::default() };
    Ok(Shape {
        graph: wired(graph, route).compile()?,
        initial,
        input: Wide::update().messages([Arc::clone(&first)]),
        supersteps: sizes.supersteps,
        check: Box::new(move |state| {
            let lengths = (state.messages.len(), state.responses.len(), state.trigger_events.len());
            let expected = (sizes.messages, sizes.responses, sizes.trigger_events);
            ensure!(lengths == expected, "{lengths:?} items came of it, not {expected:?}");
            ensure!(state.messages.last() == Some(&first), "the last message is another");
            ensure!(state.notified_assignees == first, "the assignees are others");
            ensure!(state.bot_id.len() == length, "the text has another length");
            Ok(())
        }),
    })
}

async fn one(state: Arc<Wide>, context: NodeContext) -> NodeResult<Wide> {
    Ok(Wide::update()
        .trigger_events(state.messages.iter().cloned())
        .primary_issue_medium(text(&state, &context)))
}

async fn two(state: Arc<Wide>, _: NodeContext) -> NodeResult<Wide> {
    let last = state.trigger_events.last().cloned();
    Ok(Wide::update().autoresponse(last.clone()).issue(last))
}

async fn three(state: Arc<Wide>, _: NodeContext) -> NodeResult<Wide> {
    Ok(Wide::update().relevant_rules(state.autoresponse.iter().cloned().collect()))
}

async fn four(state: Arc<Wide>, _: NodeContext) -> NodeResult<Wide> {
    let events = &state.trigger_events;
    Ok(Wide::update()
        .categorizations(events.iter().cloned())
        .responses(events.iter().cloned())
        .memory_docs(events.clone()))
}

async fn five(state: Arc<Wide>, context: NodeContext) -> NodeResult<Wide> {
    let last = state.categorizations.last().cloned();
    let dict = last.clone().unwrap_or_default();
    Ok(Wide::update()
        .user_info(last.clone())
        .crm_info(last)
        .email_thread_id(text(&state, &context))
        .slack_participants(Arc::clone(&dict))
        .bot_id(text(&state, &context))
        .notified_assignees(dict))
}

async fn six(state: Arc<Wide>, _: NodeContext) -> NodeResult<Wide> {
    Ok(Wide::update().messages(state.responses.iter().cloned()))
}

fn text(state: &Wide, context: &NodeContext) -> String {
    letters(state.length, usize::try_from(context.superstep()).unwrap_or_default())
}
