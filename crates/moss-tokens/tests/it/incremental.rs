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

/// Long pieces in which what comes late depends on what was seen early.
#[test]
fn long_pieces_that_change_on_the_way() {
    let long = |unit: &str| unit.repeat(3000 / unit.len());
    for parts in [
        [long("A"), long("a"), "B".to_owned()],
        [long("a"), long("苔"), "A".to_owned()],
        [long("苔"), "a".to_owned() + &long("苔"), "A".to_owned()],
        [long("苔"), long("A"), "苔s's".to_owned()],
        [long("."), "\n".to_owned() + &long("/"), ".".to_owned()],
        [".\n".to_owned() + &long("/"), "\n/\n".to_owned(), ".".to_owned()],
        [long("/"), long("."), "\n\n/".to_owned()],
        [long(" "), "\n".to_owned() + &long(" "), "\n".to_owned()],
        [long(" \n"), long(" "), "x".to_owned()],
        [long("\n"), long("\u{3000}"), "\u{3000}\u{301}".to_owned()],
        [long("-"), long("'"), "s'll".to_owned()],
        [long("\u{301}"), long("a\u{301}"), "'RE".to_owned()],
        [long("a"), "'".to_owned(), "ll".to_owned()],
        [long("7"), "7".to_owned(), "a".to_owned()],
    ] {
        for encoding in Encoding::ALL {
            let pieces = parts.iter().flat_map(|part| {
                let chars: Vec<char> = part.chars().collect();
                chars.chunks(211).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>()
            });
            check(*encoding, pieces);
        }
    }
}

/// Runs of characters of a few kinds, so long that their middles are no longer looked at.
#[test]
fn long_pieces_by_chance() {
    let mut numbers = corpus::Numbers(3);
    for alphabet in
        ["aA", "a苔", "A苔", "aA苔", ".\n/", "./", " \n", " \t", ".'", "a'", "苔\u{301}A", "1a"]
    {
        let chars: Vec<char> = alphabet.chars().collect();
        for _ in 0..2 {
            let pieces: Vec<String> = (0..14)
                .map(|_| {
                    let length = [1, 2, 30, 400, 1500][numbers.below(5)];
                    chars[numbers.below(chars.len())].to_string().repeat(length)
                })
                .collect();
            for encoding in Encoding::ALL {
                check(*encoding, &pieces);
            }
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
        6 => "[ \n\r\t'sStrRevmMld/.aA1\u{301}苔\u{a0}\u{feff}\u{85}-]{0,6}",
        4 => "[a-z]{0,400}",
        3 => "[ \n]{0,40}",
        1 => ("[aA苔./' \n1\u{301}]", 1000..2500_usize).prop_map(|(unit, times)| unit.repeat(times)),
        3 => "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn counting_piece_by_piece_is_counting_the_whole(pieces in wicked()) {
        for encoding in Encoding::ALL {
            check(*encoding, &pieces);
        }
    }

    #[test]
    fn it_does_not_matter_when_it_is_asked(pieces in wicked(), asked in proptest::collection::vec(any::<bool>(), 16)) {
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
