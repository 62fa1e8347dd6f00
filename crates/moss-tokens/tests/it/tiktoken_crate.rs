//! The same tokens as the crate `tiktoken`, which is another implementation of OpenAI's encodings.

use moss_tokens::Encoding;
use proptest::prelude::*;

use crate::corpus;

const ENCODINGS: [Encoding; 2] = [Encoding::O200k, Encoding::Cl100k];

fn other(encoding: Encoding, text: &str) -> Vec<u32> {
    tiktoken::get_encoding(encoding.as_str()).unwrap().encode(text)
}

#[test]
fn the_corpus_has_the_same_tokens() {
    for text in corpus::texts().into_iter().step_by(8) {
        for encoding in ENCODINGS {
            assert_eq!(encoding.encode(&text), other(encoding, &text), "{encoding:?} {text:?}");
        }
    }
}

/// Pieces that are longer than what is merged at once.
#[test]
fn long_pieces_have_the_same_tokens() {
    let mut numbers = corpus::Numbers(11);
    for alphabet in ["ab", "etaoinshrdlu", " ", "-=", "потом", "苔藓没有根靠叶子喝水", "กขคา"]
    {
        let chars: Vec<char> = alphabet.chars().collect();
        for length in [50, 97, 1000, 5000, 30_000] {
            let text: String = (0..length).map(|_| chars[numbers.below(chars.len())]).collect();
            for encoding in ENCODINGS {
                assert_eq!(
                    encoding.encode(&text),
                    other(encoding, &text),
                    "{encoding:?} {alphabet} {length}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_the_same_tokens(text in any::<String>()) {
        // JavaScript has its own idea of white space, and Unicode grows from release to release.
        let text: String = text.chars().filter(|char| !matches!(char, '\u{85}' | '\u{feff}')).collect();
        for encoding in ENCODINGS {
            prop_assert_eq!(encoding.encode(&text), other(encoding, &text));
        }
    }
}
