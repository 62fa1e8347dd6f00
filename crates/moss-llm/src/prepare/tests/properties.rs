//! What holds for any history.

use std::collections::BTreeSet;
use std::sync::Arc;

use moss_protocol::{AiMessage, Content, ContentPart, JsonObject, Message, ToolCall, ToolMessage};
use proptest::prelude::*;
use serde_json::json;

use crate::prepare::{Preparation, parts};

/// Texts that tell who said what, so that a loss is seen.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just(" ".to_owned()), "w[0-9]{6}"]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof!["c[0-4]", Just("srvtoolu_1".to_owned())]
}

fn part() -> impl Strategy<Value = ContentPart> {
    let image = json!({"type": "image_url", "image_url": {"url": "https://x"}});
    let thinking = json!({"type": "thinking", "thinking": "t", "signature": "s"});
    let fixed = move |part: &serde_json::Value| {
        Just(serde_json::from_value::<ContentPart>(part.clone()).unwrap())
    };
    prop_oneof![
        4 => word().prop_map(ContentPart::text),
        1 => fixed(&image),
        1 => fixed(&thinking),
        1 => "c[0-4]".prop_map(|id| {
            let part = json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
            serde_json::from_value(part).unwrap()
        }),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        word().prop_map(Content::Text),
        prop::collection::vec(part(), 0..4).prop_map(Content::Parts),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        1 => word().prop_map(Message::system),
        3 => content().prop_map(Message::human),
        4 => (content(), prop::collection::vec(id(), 0..3)).prop_map(|(content, ids)| {
            let call = |id: String| ToolCall::new(id, "f", JsonObject::new());
            let tool_calls = ids.into_iter().map(call).collect();
            Message::Ai(AiMessage { content, tool_calls, ..AiMessage::default() })
        }),
        5 => (id(), content()).prop_map(|(tool_call_id, content)| {
            Message::Tool(ToolMessage { tool_call_id, content, ..ToolMessage::default() })
        }),
    ]
}

/// Calls that a provider runs have ids that never come again.
fn history() -> impl Strategy<Value = Vec<Arc<Message>>> {
    prop::collection::vec(message(), 0..14).prop_map(|mut history| {
        let ais = history.iter_mut().filter_map(|message| match message {
            Message::Ai(ai) => Some(ai),
            Message::System(_) | Message::Human(_) | Message::Tool(_) => None,
        });
        let calls = ais.flat_map(|ai| &mut ai.tool_calls);
        let run_there = calls.filter(|call| parts::is_server_call(&call.id));
        for (number, call) in run_there.enumerate() {
            call.id = format!("srvtoolu_{number}");
        }
        history.into_iter().map(Arc::new).collect()
    })
}

fn rules() -> impl Strategy<Value = Preparation> {
    any::<[bool; 5]>().prop_map(|[pair, fold, lift, empty, alternate]| Preparation {
        pair_tool_calls: pair,
        fold_tools: fold,
        lift_tool_media: lift,
        drop_empty: empty,
        alternate,
    })
}

/// The words that messages say, as often as they say them.
fn words<'a>(messages: impl IntoIterator<Item = &'a Arc<Message>>) -> Vec<String> {
    let text: Vec<String> = messages
        .into_iter()
        .flat_map(|message| match message.content() {
            Content::Text(text) => vec![text.clone()],
            Content::Parts(parts) => {
                parts.iter().filter_map(ContentPart::as_text).map(str::to_owned).collect()
            }
        })
        .collect();
    let mut words: Vec<String> = text
        .join(" ")
        .split_whitespace()
        .filter(|word| word.len() == 7 && word.starts_with('w'))
        .map(str::to_owned)
        .collect();
    words.sort();
    words
}

fn images(messages: &[Arc<Message>]) -> usize {
    let of = |message: &Arc<Message>| match message.content() {
        Content::Text(_) => 0,
        Content::Parts(parts) => parts.iter().filter(|part| parts::is_media(part)).count(),
    };
    messages.iter().map(of).sum()
}

fn calls(message: &Message) -> Vec<&str> {
    match message {
        Message::Ai(ai) => ai.tool_calls.iter().map(|call| call.id.as_str()).collect(),
        Message::System(_) | Message::Human(_) | Message::Tool(_) => Vec::new(),
    }
}

/// The ids of the results that stand right behind a message.
fn results_behind(messages: &[Arc<Message>], position: usize) -> Vec<&str> {
    messages[position + 1..]
        .iter()
        .map_while(|message| match &**message {
            Message::Tool(result) => Some(result.tool_call_id.as_str()),
            Message::System(_) | Message::Human(_) | Message::Ai(_) => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What was prepared is prepared, and shared.
    #[test]
    fn prepared_twice_is_prepared_once(history in history(), rules in rules(), tools: bool) {
        let once = rules.apply(&history, tools);
        let twice = rules.apply(&once, tools);
        prop_assert_eq!(&once, &twice);
        prop_assert!(once.iter().zip(&twice).all(|(one, two)| Arc::ptr_eq(one, two)));
    }

    #[test]
    fn calls_and_results_are_pairs(history in history(), mut rules in rules()) {
        rules.pair_tool_calls = true;
        let prepared = rules.apply(&history, true);
        let mut results = 0;
        for (position, message) in prepared.iter().enumerate() {
            let mut calls = calls(message);
            if let (Message::Ai(_), Content::Parts(parts)) = (&**message, message.content()) {
                for call in parts.iter().filter_map(parts::call) {
                    prop_assert!(call.id.is_none_or(|id| calls.contains(&id)), "{:?}", message);
                }
            }
            let behind = results_behind(&prepared, position);
            if let Message::Ai(_) = **message {
                results += behind.len();
                let is_server = |id: &&str| parts::is_server_call(id);
                let wanted = behind.iter().filter(|id| !is_server(id)).count();
                calls.retain(|id| !parts::is_server_call(id));
                prop_assert_eq!(wanted, calls.len(), "{:?}", prepared);
                // In the order of the calls.
                prop_assert!(behind.iter().filter(|id| !is_server(id)).eq(calls.iter()));
            }
        }
        let all = prepared.iter().filter(|it| matches!(***it, Message::Tool(_))).count();
        prop_assert_eq!(all, results, "results without a call before them");
    }

    #[test]
    fn pairing_loses_no_word_but_of_results(history in history()) {
        let rules = Preparation { pair_tool_calls: true, ..Preparation::default() };
        let prepared = rules.apply(&history, true);
        let talk = |messages: &[Arc<Message>]| {
            words(messages.iter().filter(|it| !matches!(***it, Message::Tool(_))))
        };
        prop_assert_eq!(talk(&prepared), talk(&history));
    }

    #[test]
    fn the_other_rules_lose_no_word_and_no_image(history in history(), mut rules in rules()) {
        rules.pair_tool_calls = false;
        let prepared = rules.apply(&history, false);
        prop_assert_eq!(words(&prepared), words(&history));
        prop_assert_eq!(images(&prepared), images(&history));
    }

    #[test]
    fn folded_histories_hold_no_tools(history in history(), mut rules in rules()) {
        rules.fold_tools = true;
        let prepared = rules.apply(&history, false);
        for message in &prepared {
            prop_assert!(!matches!(**message, Message::Tool(_)));
            prop_assert_eq!(calls(message), Vec::<&str>::new());
        }
    }

    #[test]
    fn lifted_results_hold_no_images(history in history(), mut rules in rules()) {
        rules.lift_tool_media = true;
        let prepared = rules.apply(&history, true);
        let results: Vec<_> =
            prepared.into_iter().filter(|it| matches!(**it, Message::Tool(_))).collect();
        prop_assert_eq!(images(&results), 0);
    }

    #[test]
    fn nothing_is_blank(history in history(), mut rules in rules()) {
        rules.drop_empty = true;
        for message in rules.apply(&history, true) {
            match message.content() {
                Content::Text(text) => prop_assert!(text.is_empty() || !text.trim().is_empty()),
                Content::Parts(parts) => {
                    prop_assert!(!parts.is_empty() && !parts.iter().any(parts::is_blank));
                }
            }
            let may_be_empty = matches!(*message, Message::Tool(_)) || !calls(&message).is_empty();
            prop_assert!(may_be_empty || !message.content().is_empty());
        }
    }

    #[test]
    fn roles_take_turns(history in history(), mut rules in rules()) {
        rules.alternate = true;
        let prepared = rules.apply(&history, true);
        let roles: Vec<u8> = prepared
            .iter()
            .map(|message| match **message {
                Message::System(_) => 0,
                Message::Human(_) => 1,
                Message::Ai(_) => 2,
                Message::Tool(_) => 3,
            })
            .collect();
        for pair in roles.windows(2) {
            prop_assert!(pair[0] != pair[1] || pair[0] == 3, "{:?}", roles);
        }
        let later: BTreeSet<u8> = roles.iter().skip(1).copied().collect();
        prop_assert!(!later.contains(&0), "instructions come first: {:?}", roles);
        let first = roles.iter().find(|role| **role != 0);
        prop_assert!(first != Some(&2), "the assistant does not begin: {:?}", roles);
    }
}
