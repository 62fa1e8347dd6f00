//! What is said about a state that cannot be derived. (A proc-macro crate cannot be called from outside.)

use syn::{DeriveInput, parse_quote};

use crate::expand::expand;

#[track_caller]
fn assert_refused(input: DeriveInput, text: &str) {
    let error = expand(&input).unwrap_err();
    assert_eq!(error.to_string(), text);
}

#[test]
fn only_structs_with_named_fields_are_states() {
    let text = "a state is a struct with named fields";
    assert_refused(
        parse_quote!(
            enum Chat {
                Empty,
            }
        ),
        text,
    );
    assert_refused(
        parse_quote!(
            struct Chat(u32);
        ),
        text,
    );
    assert_refused(parse_quote!(union Chat { turns: u32 }), text);
}

#[test]
fn a_field_is_reduced_in_one_way() {
    let text = "`append` is a reduction of its own: leave out `reducer` and `update`";
    assert_refused(
        parse_quote!(
            struct Chat {
                #[state(append, reducer = add)]
                turns: Vec<u32>,
            }
        ),
        text,
    );
    assert_refused(
        parse_quote!(
            struct Chat {
                #[state(append, update = u32)]
                turns: Vec<u32>,
            }
        ),
        text,
    );
    assert_refused(
        parse_quote!(
            struct Chat {
                #[state(update = u8)]
                turns: u32,
            }
        ),
        "`update = Type` needs `reducer = path` beside it",
    );
}

#[test]
fn nothing_is_said_twice() {
    let refused = [
        (
            parse_quote!(
                struct Chat {
                    #[state(append, append)]
                    a: Vec<u32>,
                }
            ),
            "append",
        ),
        (
            parse_quote!(
                struct Chat {
                    #[state(reducer = a)]
                    #[state(reducer = b)]
                    a: u32,
                }
            ),
            "reducer",
        ),
        (
            parse_quote!(
                struct Chat {
                    #[state(reducer = a, update = u8, update = u8)]
                    a: u32,
                }
            ),
            "update",
        ),
    ];
    for (input, word) in refused {
        assert_refused(input, &format!("`{word}` is said twice"));
    }
}

#[test]
fn unknown_attributes_are_told_with_those_there_are() {
    assert_refused(
        parse_quote!(
            struct Chat {
                #[state(sum)]
                turns: u32,
            }
        ),
        "expected `append`, `reducer = path`, `reducer = path, update = Type`, `ephemeral` or `untracked`",
    );
    assert_refused(
        parse_quote!(
            #[state(append)]
            struct Chat {
                turns: u32,
            }
        ),
        "expected `update_derive(…)` or `persist`",
    );
}
