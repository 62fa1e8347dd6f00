//! Nodes and edges of the host's own.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use moss_agent::{
    AgentError, AgentNode, AgentRuntime, AgentState, AgentStateUpdate, CallOptions, DONE, LLM,
    NodeRun, TOOLS,
};
use moss_protocol::Message;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::host::{Heard, agent, ask, builder, weather_and_clock};
use crate::model::{Counted, ScriptedModel, call, text};

/// Says a word to the model, and tells the host.
struct Remark(&'static str);

#[async_trait]
impl AgentNode for Remark {
    fn name(&self) -> &str {
        self.0
    }

    fn should_execute(&self, state: &AgentState) -> bool {
        !state.messages.iter().any(|message| message.content().text().contains("no remarks"))
    }

    async fn execute(
        &self,
        _: Arc<AgentState>,
        run: NodeRun,
    ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>> {
        let user = run.configurable().get("user_id").cloned();
        let agent = run.agent().id().as_str();
        let run_id = run.run_id().as_str();
        run.emit_custom(json!([self.0, run_id, agent, run.superstep(), user])).await;
        Ok(AgentState::update().messages(vec![Arc::new(Message::human(self.0))]))
    }
}

fn weather_once() -> Arc<ScriptedModel> {
    ScriptedModel::new(vec![vec![call(0, "c1", "clock", "{}")], vec![text("Noon.")]])
}

#[tokio::test]
async fn a_node_between_the_tools_and_the_model() {
    let model = weather_once();
    let heard = Heard::default();
    let runtime = builder(agent(&model, weather_and_clock()), &heard)
        .node(Remark("remark"))
        .edge(TOOLS, "remark")
        .edge("remark", LLM)
        .create()
        .unwrap();
    let outcome = ask(&runtime).await.unwrap();
    assert_eq!(
        heard.text(),
        r#"ms, S(0,-), C(0), S(1,clock {}), D(1,clock{}), me, ts({}), te(clock), done(0,"12:00"), C(1), custom(["remark","run-1","a",3,null]), ms, S(2,text), Δ(2,"Noon."), me, C(2)"#
    );
    let messages: Vec<String> =
        outcome.messages.iter().map(|message| message.content().text()).collect();
    assert_eq!(messages, ["", "12:00", "remark", "Noon."]);
    let asked = model.asked.lock().unwrap();
    assert_eq!(asked[1].messages.last().unwrap().content().text(), "remark");
}

#[tokio::test]
async fn a_node_before_the_end() {
    let heard = Heard::default();
    let model = ScriptedModel::new(vec![vec![text("Noon.")]]);
    let runtime = builder(agent(&model, Vec::new()), &heard)
        .node(Remark("check"))
        .edge(LLM, "check")
        .create()
        .unwrap();
    let outcome = ask(&runtime).await.unwrap();
    assert_eq!(
        heard.text(),
        r#"ms, S(0,text), Δ(0,"Noon."), me, C(0), custom(["check","run-1","a",2,null])"#
    );
    assert_eq!(outcome.messages.len(), 2);
    let node = heard.events().last().unwrap().metadata["langgraph_node"].clone();
    assert_eq!(node, "check");
}

#[tokio::test]
async fn two_nodes_side_by_side_may_both_speak() {
    let heard = Heard::default();
    let model = ScriptedModel::new(vec![vec![text("Noon.")]]);
    let runtime = builder(agent(&model, Vec::new()), &heard)
        .node(Remark("one"))
        .node(Remark("two"))
        .edge(LLM, "one")
        .edge(LLM, "two")
        .create()
        .unwrap();
    let outcome = ask(&runtime).await.unwrap();
    let messages: Vec<String> =
        outcome.messages.iter().map(|message| message.content().text()).collect();
    assert_eq!(messages, ["Noon.", "one", "two"]);
}

#[tokio::test]
async fn a_node_that_has_nothing_to_do_is_passed_over() {
    let heard = Heard::default();
    let model = ScriptedModel::new(vec![vec![text("no remarks")]]);
    let runtime = builder(agent(&model, Vec::new()), &heard)
        .node(Remark("check"))
        .edge(LLM, "check")
        .create()
        .unwrap();
    let outcome = ask(&runtime).await.unwrap();
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"no remarks"), me, C(0)"#);
    assert_eq!(outcome.answer().as_deref(), Some("no remarks"));
}

/// Fails, or never ends.
struct Broken {
    fails: bool,
    begun: CancellationToken,
    dropped: Arc<AtomicUsize>,
}

#[async_trait]
impl AgentNode for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    async fn execute(
        &self,
        _: Arc<AgentState>,
        _: NodeRun,
    ) -> Result<AgentStateUpdate, Box<dyn Error + Send + Sync>> {
        if self.fails {
            return Err("no luck".into());
        }
        let _guard = Counted(Arc::clone(&self.dropped));
        self.begun.cancel();
        std::future::pending().await
    }
}

fn with_broken(fails: bool) -> (AgentRuntime, Heard, CancellationToken, Arc<AtomicUsize>) {
    let (heard, begun) = (Heard::default(), CancellationToken::new());
    let dropped = Arc::<AtomicUsize>::default();
    let model = ScriptedModel::new(vec![vec![text("Noon.")]]);
    let node = Broken { fails, begun: begun.clone(), dropped: Arc::clone(&dropped) };
    let runtime =
        builder(agent(&model, Vec::new()), &heard).node(node).edge(LLM, "broken").create().unwrap();
    (runtime, heard, begun, dropped)
}

#[tokio::test]
async fn a_node_that_fails_is_named() {
    let (runtime, heard, ..) = with_broken(true);
    let error = ask(&runtime).await.unwrap_err();
    assert_eq!(error.code().as_str(), "NODE_FAILED");
    assert_eq!(error.to_string(), "node \"broken\" failed in superstep 2");
    let mut cause: &dyn Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    assert_eq!(cause.to_string(), "no luck");
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"Noon."), me, C(0)"#);
    assert!(runtime.execution_graph().run_messages().is_empty());
}

#[tokio::test]
async fn a_node_that_hangs_is_dropped_when_the_run_is_cancelled() {
    let (runtime, heard, begun, dropped) = with_broken(false);
    let options = CallOptions { cancel: CancellationToken::new(), ..CallOptions::default() };
    let cancel = options.cancel.clone();
    let run = runtime.process_stream(vec![Message::human("Hi")], options);
    let (outcome, ()) = tokio::join!(run, async {
        begun.cancelled().await;
        cancel.cancel();
    });
    assert!(matches!(outcome, Err(AgentError::Cancelled)), "{outcome:?}");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(heard.text(), r#"ms, S(0,text), Δ(0,"Noon."), me, C(0)"#);
}

#[test]
fn a_graph_that_does_not_fit_together_is_refused_before_it_runs() {
    let new = || {
        let model = ScriptedModel::new(Vec::new());
        builder(agent(&model, Vec::new()), &Heard::default())
    };
    let cases = [
        (new().node(Remark("lost")).create(), "no way leads from __start__ to \"lost\""),
        (new().edge(LLM, "nowhere").create(), "names \"nowhere\", but there is no such node"),
        (new().node(Remark(DONE)).create(), "there are two nodes named \"done\""),
    ];
    for (created, sentence) in cases {
        let error = created.unwrap_err();
        assert!(error.to_string().contains(sentence), "{error}");
        assert_eq!(error.code().as_str(), "INVALID_GRAPH");
    }
    let nameless = AgentRuntime::builder("", agent(&ScriptedModel::new(Vec::new()), Vec::new()));
    let error = nameless.create().unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.code().as_str()),
        ("Run ID not provided", "MISSING_RUN_ID")
    );
}

#[test]
fn an_edge_from_a_node_that_does_not_exist_is_refused() {
    let model = ScriptedModel::new(Vec::new());
    let created =
        builder(agent(&model, Vec::new()), &Heard::default()).edge("nowhere", LLM).create();
    let text = created.unwrap_err().to_string();
    assert!(text.contains("\"nowhere\""), "{text}");
}
