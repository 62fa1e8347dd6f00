//! What messages cost: as `getTokenCountForMessage` of `@librechat/agents` 3.9.2 says. `tests/reference/count_messages.mjs`
//! asked it.

use moss_protocol::Message;
use moss_tokens::{Encoding, count_conversation, count_message};
use serde::Deserialize;

#[derive(Deserialize)]
struct Counted {
    message: Message,
    o200k_base: u64,
    claude: u64,
}

fn counted() -> Vec<Counted> {
    serde_json::from_str(include_str!("../fixtures/messages.json")).unwrap()
}

#[test]
fn messages_count_as_the_run_interface_counts_them() {
    for Counted { message, o200k_base, claude } in counted() {
        let counts =
            [Encoding::O200k, Encoding::Claude].map(|encoding| count_message(encoding, &message));
        assert_eq!(counts, [o200k_base, claude], "{message:?}");
    }
}

#[test]
fn a_conversation_is_its_messages_and_what_the_answer_begins_with() {
    let messages: Vec<Message> = counted().into_iter().map(|counted| counted.message).collect();
    let sum: u64 = counted().iter().map(|counted| counted.o200k_base).sum();
    assert_eq!(count_conversation(Encoding::O200k, &messages), sum + 3);
    assert_eq!(count_conversation(Encoding::O200k, []), 3);
}

/// The Run interface counts stretches of 8192 characters apart, with 4 tokens more for each; this counts the text.
#[test]
fn a_long_text_is_counted_whole() {
    let text = "moss ".repeat(5000);
    let message = Message::human(text.as_str());
    assert_eq!(count_message(Encoding::O200k, &message), 3 + Encoding::O200k.count(&text) as u64);
}
