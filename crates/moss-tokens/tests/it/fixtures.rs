//! The same tokens as `ai-tokenizer` 1.0.6 made of the corpus' sentences and oddities. `MOSS_WRITE_FIXTURES=1` writes
//! them anew, where it is installed.

use std::collections::BTreeMap;

use moss_tokens::Encoding;

use crate::corpus;

const TOKENS: &str = include_str!("../fixtures/tokens.json");

#[test]
fn the_texts_have_the_tokens_of_ai_tokenizer() {
    let texts = corpus::written();
    let tokens: BTreeMap<String, Vec<Vec<u32>>> = serde_json::from_str(TOKENS).unwrap();
    for &encoding in Encoding::ALL {
        let expected = &tokens[encoding.as_str()];
        assert_eq!(expected.len(), texts.len());
        for (text, expected) in texts.iter().zip(expected) {
            assert_eq!(&encoding.encode(text), expected, "{encoding:?} {text:?}");
            assert_eq!(encoding.count(text), expected.len(), "{encoding:?} {text:?}");
        }
    }
}
