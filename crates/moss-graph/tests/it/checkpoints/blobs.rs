//! Values as they are stored, and values that nobody in their right mind stores.

use std::collections::HashMap;

use moss_graph::checkpoint::{Blob, BlobError, MAX_BYTES, MAX_DEPTH, MAX_VALUES};
use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

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

/// What serde knows of, each in its own way.
#[derive(Debug, Clone, Serialize)]
enum Any {
    Unit,
    Text(String),
    Letter(char),
    Bytes(#[serde(serialize_with = "as_bytes")] Vec<u8>),
    Small(f32),
    Wide(f64, i128, u128),
    Inside {
        option: Option<Box<Any>>,
        unit: (),
        list: Vec<Any>,
    },
    Named(Named),
    ByText(HashMap<String, Any>),
    ByNumber(HashMap<i64, Option<bool>>),
    ByLetter(HashMap<char, u8>),
    Raw(Box<RawValue>),
    Shown(#[serde(serialize_with = "as_shown")] String),
    #[serde(untagged)]
    Bare(Value),
}

#[derive(Debug, Clone, Serialize)]
struct Named(String);

fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

fn as_shown<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(text)
}

/// Texts with what must be escaped at any place, and with what need not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r#"[ -~]{0,200}"#,
        r#"[a-z\x00-\x21\\"\x7f\x80é🪨]{0,120}"#,
        (0..80usize, any::<char>(), 0..80usize).prop_map(|(before, one, behind)| format!(
            "{}{one}{}",
            "a".repeat(before),
            "b".repeat(behind)
        )),
    ]
}

fn any_value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Unit),
        text().prop_map(Any::Text),
        any::<char>().prop_map(Any::Letter),
        any::<Vec<u8>>().prop_map(Any::Bytes),
        any::<f32>().prop_map(Any::Small),
        (any::<f64>(), any::<i128>(), any::<u128>())
            .prop_map(|(float, signed, unsigned)| Any::Wide(float, signed, unsigned)),
        text().prop_map(|text| Any::Named(Named(text))),
        text().prop_map(Any::Shown),
        json().prop_map(Any::Bare),
        json().prop_map(|json| Any::Raw(serde_json::value::to_raw_value(&json).unwrap())),
        any::<HashMap<i64, Option<bool>>>().prop_map(Any::ByNumber),
        any::<HashMap<char, u8>>().prop_map(Any::ByLetter),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            (prop::option::of(inner.clone()), prop::collection::vec(inner.clone(), 0..4)).prop_map(
                |(option, list)| Any::Inside { option: option.map(Box::new), unit: (), list }
            ),
            prop::collection::hash_map(text(), inner, 0..4).prop_map(Any::ByText),
        ]
    })
}

proptest! {
    #[test]
    fn a_blob_is_what_serde_json_writes(value in any_value()) {
        let blob = Blob::encode(&value).unwrap();
        prop_assert_eq!(&**blob.bytes(), &*serde_json::to_vec(&value).unwrap());
    }

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
fn texts_of_all_lengths_are_what_serde_json_writes() {
    for length in (0..1_100).chain([2_000, 4_095, 40_000]) {
        let mut text = "a".repeat(length);
        for special in ["", "\"", "\n\u{1}"] {
            text.push_str(special);
            let value = (&text, [&text, "behind"]);
            let blob = Blob::encode(&value).unwrap();
            assert_eq!(*blob.bytes(), serde_json::to_vec(&value).unwrap(), "{length} letters");
        }
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
