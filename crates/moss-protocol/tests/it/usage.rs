//! Usage over several calls.

use moss_protocol::{InputTokenDetails, OutputTokenDetails, Usage};

#[test]
fn usage_adds_up_and_what_no_call_reported_stays_absent() {
    let first = Usage {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        input_token_details: InputTokenDetails {
            cache_read: Some(4),
            ..InputTokenDetails::default()
        },
        output_token_details: OutputTokenDetails::default(),
    };
    let second = Usage {
        input_tokens: 1,
        output_tokens: 2,
        // A provider may count more than the sum.
        total_tokens: 4,
        input_token_details: InputTokenDetails {
            cache_read: Some(1),
            audio: Some(0),
            cache_creation: Some(7),
            ..InputTokenDetails::default()
        },
        output_token_details: OutputTokenDetails { reasoning: Some(2), audio: None },
    };
    let mut total = first;
    total += &second;
    assert_eq!(
        serde_json::to_string(&total).unwrap(),
        r#"{"input_tokens":11,"output_tokens":7,"total_tokens":19,"input_token_details":{"audio":0,"cache_read":5,"cache_creation":7},"output_token_details":{"reasoning":2}}"#
    );
}

#[test]
fn a_sum_that_does_not_fit_stays_at_the_largest_number() {
    let mut total = Usage { input_tokens: u64::MAX, ..Usage::default() };
    total += &Usage { input_tokens: 1, output_tokens: 1, ..Usage::default() };
    assert_eq!((total.input_tokens, total.output_tokens), (u64::MAX, 1));
}

#[test]
fn usage_without_details_is_read() {
    let text = r#"{"input_tokens":1,"output_tokens":2,"total_tokens":3}"#;
    let usage: Usage = serde_json::from_str(text).unwrap();
    assert_eq!(
        usage,
        Usage { input_tokens: 1, output_tokens: 2, total_tokens: 3, ..Usage::default() }
    );
}
