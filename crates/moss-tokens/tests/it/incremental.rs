//! Texts that grow.

use moss_tokens::{Encoding, IncrementalCounter};
use proptest::prelude::*;

use crate::corpus;

/// Counts after each piece what there is so far, and compares with counting it at once.
fn check(encoding: Encoding, pieces: impl IntoIterator<Item = impl AsRef<str>>) {
    let mut counter = IncrementalCounter::new(encoding);
    let mut whole = String::new();
    for piece in pieces {
        counter.push(piece.as_ref());
        whole.push_str(piece.as_ref());
        assert_eq!(counter.count(), encoding.count(&whole), "{encoding:?} {whole:?}");
    }
}

#[test]
fn every_sentence_character_by_character() {
    for encoding in Encoding::ALL {
        for text in corpus::SENTENCES.iter().chain(corpus::ODDITIES) {
            check(*encoding, text.chars().map(String::from));
        }
    }
}

#[test]
fn an_empty_text() {
    let mut counter = IncrementalCounter::new(Encoding::O200k);
    assert_eq!(counter.count(), 0);
    counter.push("");
    assert_eq!(counter.count(), 0);
}

#[test]
fn a_piece_that_grows_and_grows() {
    for unit in ["a", "-", " ", "1", "苔", "aB", "\n", "\u{301}"] {
        for encoding in Encoding::ALL {
            check(*encoding, std::iter::repeat_n(unit.repeat(37), 60).chain([" moss".to_owned()]));
        }
    }
}

#[test]
fn debug_shows_nothing_of_the_text() {
    let mut counter = IncrementalCounter::new(Encoding::Claude);
    counter.push("secret words");
    assert_eq!(
        format!("{counter:?}"),
        "IncrementalCounter { encoding: Claude, settled: 0, open_bytes: 12, .. }"
    );
}

/// Texts in which what follows changes what was before, as often as can be.
fn wicked() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        "[ \n\r\t'sStrRevmMld/.aA1\u{301}苔\u{a0}\u{feff}\u{85}-]{0,6}",
        "[a-z]{0,400}",
        "[ \n]{0,40}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn counting_piece_by_piece_is_counting_the_whole(pieces in wicked()) {
        for encoding in Encoding::ALL {
            check(*encoding, &pieces);
        }
    }

    #[test]
    fn it_does_not_matter_when_it_is_asked(pieces in wicked(), asked in proptest::collection::vec(any::<bool>(), 24)) {
        for encoding in Encoding::ALL {
            let mut counter = IncrementalCounter::new(*encoding);
            for (piece, ask) in pieces.iter().zip(&asked) {
                counter.push(piece);
                if *ask {
                    counter.count();
                }
            }
            prop_assert_eq!(counter.count(), encoding.count(&pieces.concat()));
        }
    }
}
