//! Encodings.

use std::thread;

use moss_tokens::{Encoding, UnknownToken};
use proptest::prelude::*;

use crate::corpus;

#[test]
fn models_and_their_encodings() {
    for (model, encoding) in [
        ("gpt-4o", Encoding::O200k),
        ("gpt-4o-mini-2024-07-18", Encoding::O200k),
        ("openAI/gpt-5-mini", Encoding::O200k),
        ("gpt-4.1", Encoding::O200k),
        ("ft:gpt-4o-mini:moss::abc", Encoding::O200k),
        ("o3-mini", Encoding::O200k),
        ("gpt-4", Encoding::Cl100k),
        ("openai/gpt-4-turbo", Encoding::Cl100k),
        ("gpt-3.5-turbo-0125", Encoding::Cl100k),
        ("azureOpenAI/gpt-35-turbo", Encoding::Cl100k),
        ("text-embedding-3-large", Encoding::Cl100k),
        ("anthropic/claude-sonnet-4-5", Encoding::Claude),
        ("bedrock/eu.anthropic.claude-3-haiku-20240307-v1:0", Encoding::Claude),
        ("openrouter/anthropic/Claude-Opus-4", Encoding::Claude),
        ("google/gemini-2.5-flash", Encoding::O200k),
        ("", Encoding::O200k),
    ] {
        assert_eq!(Encoding::for_model(model), encoding, "{model}");
    }
}

#[test]
fn special_tokens_in_a_text_are_text() {
    for encoding in Encoding::ALL {
        for text in ["<|endoftext|>", "<EOT>"] {
            assert!(encoding.count(text) > 1);
            assert_eq!(encoding.decode(&encoding.encode(text)).unwrap(), text.as_bytes());
        }
    }
}

#[test]
fn a_number_that_is_no_token() {
    for (encoding, token) in [
        (Encoding::O200k, 199_998),
        (Encoding::Cl100k, 100_257),
        (Encoding::Claude, 0),
        (Encoding::Claude, u32::MAX),
    ] {
        assert_eq!(encoding.decode(&[token]), Err(UnknownToken { token, encoding }));
    }
    let error = UnknownToken { token: 7, encoding: Encoding::Claude };
    assert_eq!(error.to_string(), "7 is no token of the encoding `claude`");
}

#[test]
fn a_correction_for_what_anthropic_reports() {
    assert_eq!(Encoding::Claude.corrected(101), 112);
    assert_eq!(Encoding::O200k.corrected(101), 101);
}

#[test]
fn threads_share_an_encoding() {
    let counts: Vec<usize> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    corpus::SENTENCES.iter().map(|text| Encoding::Claude.count(text)).sum::<usize>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(counts.windows(2).all(|counts| counts[0] == counts[1]));
}

/// Many bytes that are one piece or as many as there are bytes: were the time to grow with the square of the
/// length, this would take very long.
#[test]
fn a_long_text_of_the_same() {
    for unit in ["a", "A", " ", "\n", "-", "1", "\u{301}", "ก", "aA", " \n", "ab1", "'s", "é", "\0"]
    {
        let text = unit.repeat(100_000 / unit.len());
        for encoding in Encoding::ALL {
            let tokens = encoding.encode(&text);
            assert_eq!(encoding.decode(&tokens).unwrap(), text.as_bytes());
            assert_eq!(encoding.count(&text), tokens.len());
        }
    }
}

proptest! {
    #[test]
    fn tokens_stand_for_the_text_they_were_made_of(text in any::<String>()) {
        for encoding in Encoding::ALL {
            let tokens = encoding.encode(&text);
            prop_assert_eq!(encoding.decode(&tokens).unwrap(), text.as_bytes());
            prop_assert_eq!(encoding.count(&text), tokens.len());
        }
    }
}
