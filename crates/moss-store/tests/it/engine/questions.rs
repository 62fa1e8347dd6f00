//! Runs that stop for questions, and go on with the answers.

use moss_graph::json::{JsonState, json_node};
use moss_graph::{
    Answers, Ending, GraphErrorCode, Input, NodeError, RunOptions, START, StateGraph,
};
use serde_json::json;

use super::fields::{Calls, input, log_of, logs, reopened};
use super::home::Home;
use super::reopened::DURABILITIES;

/// `a` and `b` ask, and `beside` does not; `last` comes behind all of them.
fn asking(calls: &Calls) -> StateGraph<JsonState> {
    let asks = || {
        json_node(|_, context| async move {
            let schema = json!({ "type": "integer", "minimum": 1 });
            let answer =
                context.interrupt_for(json!({ "who": context.node().as_str() }), schema)?;
            Ok::<_, NodeError>(json!({ "log": [format!("{} {answer}", context.node())] }))
        })
    };
    let calls = calls.clone();
    let beside = json_node(move |_, _| {
        let call = calls.one();
        async move { Ok::<_, NodeError>(json!({ "log": [format!("beside {call}")] })) }
    });
    StateGraph::new()
        .node("a", asks())
        .node("b", asks())
        .node("beside", beside)
        .node("last", logs())
        .edge(START, "a")
        .edge(START, "b")
        .edge(START, "beside")
        .join(["a", "b", "beside"], "last")
}

pub async fn a_question_is_answered_when_the_store_is_opened_again(home: &Home) {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let thread = reopened(home, "question", || asking(&calls));
        let asked = thread.run(input(), durability).await;
        let open = asked.ending.interrupts().to_vec();
        assert_eq!(open.iter().map(|ask| &ask.value["who"]).collect::<Vec<_>>(), ["a", "b"]);
        // What is open is found again as it was, with what was written beside it.
        let stopped = thread.state().await;
        assert_eq!(stopped.interrupts().cloned().collect::<Vec<_>>(), open);
        assert_eq!((stopped.next, log_of(&stopped.values)), {
            let next = vec!["a".to_owned(), "b".to_owned()];
            (next, vec!["in".to_owned(), "beside 1".to_owned()])
        });
        let answers = open.iter().zip([3, 4]).map(|(ask, answer)| (ask.id.clone(), json!(answer)));
        let done = thread.run(Input::Resume(Answers::by_id(answers)), durability).await;
        assert_eq!(done.ending, Ending::Done);
        let expected = ["in", "a 3", "b 4", "beside 1", "last"];
        assert_eq!(log_of(&done.state), expected, "{durability:?}");
        assert_eq!(log_of(&thread.state().await.values), expected);
        assert_eq!(calls.count(), 1);
    }
}

pub async fn several_questions_are_answered_one_by_one(home: &Home) {
    for durability in DURABILITIES {
        let calls = Calls::default();
        let thread = reopened(home, "one-by-one", || asking(&calls));
        let asked = thread.run(input(), durability).await;
        let ids: Vec<_> = asked.ending.interrupts().iter().map(|ask| ask.id.clone()).collect();
        let options = RunOptions { durability, ..RunOptions::default() };
        let unfit = Input::Resume(Answers::by_id([(ids[1].clone(), json!(0))]));
        let error = thread.try_run(unfit, options).await.unwrap_err();
        assert_eq!(error.code(), GraphErrorCode::InvalidAnswer);
        let one = Input::Resume(Answers::by_id([(ids[1].clone(), json!(2))]));
        let still = thread.run(one, durability).await;
        assert_eq!(still.ending.interrupts(), &asked.ending.interrupts()[..1]);
        assert_eq!(thread.state().await.next, ["a"]);
        let done = thread.run(Input::answer(1), durability).await;
        assert_eq!(log_of(&done.state), ["in", "a 1", "b 2", "beside 1", "last"]);
        assert_eq!(calls.count(), 1, "{durability:?}");
    }
}
