//! Values as they are stored, and values that nobody in their right mind stores.

use std::collections::HashMap;

use moss_graph::checkpoint::{Blob, BlobError, MAX_BYTES, MAX_DEPTH, MAX_VALUES};
use proptest::prelude::*;
use serde_json::Value;

fn stored(bytes: impl Into<Vec<u8>>) -> Blob {
    Blob::from_stored(1, bytes.into()).unwrap()
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has finite numbers only", |n| n.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_stored_comes_back(value in json()) {
        let blob = Blob::encode(&value).unwrap();
        let back = Blob::from_stored(blob.format().number(), blob.bytes().clone()).unwrap();
        prop_assert_eq!(&back, &blob);
        prop_assert_eq!(back.decode::<Value>().unwrap(), value);
    }

    /// Any bytes are a value or an error.
    #[test]
    fn hostile_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = stored(bytes).decode::<Value>();
    }

    #[test]
    fn hostile_brackets_do_no_harm(text in r#"[\[\]{}",:\\0a]{0,400}"#) {
        let _ = stored(text).decode::<Value>();
    }
}

#[test]
fn depth_is_limited_both_ways() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deepest = stored(nested(MAX_DEPTH)).decode::<Value>().unwrap();
    assert!(Blob::encode(&deepest).is_ok());
    let too_deep = Value::Array(vec![deepest]);
    assert!(matches!(Blob::encode(&too_deep), Err(BlobError::TooDeep)));
    assert!(matches!(stored(nested(MAX_DEPTH + 1)).decode::<Value>(), Err(BlobError::TooDeep)));
    assert!(matches!(stored("[".repeat(1 << 20)).decode::<Value>(), Err(BlobError::TooDeep)));
    assert!(matches!(stored("{\"a\":".repeat(1 << 20)).decode::<Value>(), Err(BlobError::TooDeep)));
}

#[test]
fn the_number_of_values_is_limited() {
    let list = |values: usize| format!("[{}0]", "0,".repeat(values - 1));
    assert_eq!(stored(list(1_000)).decode::<Vec<u8>>().unwrap().len(), 1_000);
    assert!(matches!(stored(list(MAX_VALUES)).decode::<Vec<u8>>(), Err(BlobError::TooManyValues)));
    let nested = format!("[{}[]]", "[],".repeat(MAX_VALUES / 2));
    assert!(matches!(stored(nested).decode::<Value>(), Err(BlobError::TooManyValues)));
}

#[test]
fn brackets_and_commas_in_texts_count_nothing() {
    let text = format!("{}\\\"{}", "[".repeat(500), ",".repeat(1_000));
    let blob = Blob::encode(&text).unwrap();
    assert_eq!(blob.decode::<String>().unwrap(), text);
}

#[test]
fn the_size_is_limited_both_ways() {
    let text = "a".repeat(MAX_BYTES - 2);
    let largest = Blob::encode(&text).unwrap();
    assert_eq!(largest.bytes().len(), MAX_BYTES);
    let bytes = MAX_BYTES + 1;
    assert!(
        matches!(Blob::encode(&"a".repeat(MAX_BYTES - 1)), Err(BlobError::TooLarge { bytes: n }) if n == bytes)
    );
    assert!(
        matches!(Blob::from_stored(1, vec![b'0'; bytes]), Err(BlobError::TooLarge { bytes: n }) if n == bytes)
    );
}

#[test]
fn a_format_of_a_newer_version_is_told() {
    let error = Blob::from_stored(2, "{}").unwrap_err();
    assert!(matches!(error, BlobError::UnknownFormat { number: 2 }));
    assert_eq!(
        error.to_string(),
        "a stored value has format 2, which this version of MOSS does not know. Use the version that wrote it"
    );
}

#[test]
fn what_json_cannot_hold_is_refused() {
    let keyed_by_list: HashMap<Vec<u8>, u8> = [(vec![1], 1)].into();
    assert!(matches!(Blob::encode(&keyed_by_list), Err(BlobError::Encode(_))));
}

#[test]
fn the_content_is_not_in_the_debug_text() {
    let blob = Blob::encode(&"the user's own words").unwrap();
    assert_eq!(format!("{blob:?}"), "Blob(Json, 22 bytes)");
}
