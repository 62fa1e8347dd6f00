//! The names that hosts write and read.

use std::collections::HashSet;
use std::fmt::Debug;

use moss_protocol::{ErrorCode, EventName, Provider, RunId, StepId};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Names are unique, and JSON has the same ones.
fn check<T>(all: &[T], name: impl Fn(T) -> &'static str, least: usize)
where
    T: Copy + Debug + PartialEq + ToString + Serialize + DeserializeOwned,
{
    let unique: HashSet<&str> = all.iter().map(|item| name(*item)).collect();
    assert_eq!(unique.len(), all.len());
    assert!(all.len() >= least, "{} of at least {least}", all.len());
    for item in all {
        assert_eq!(item.to_string(), name(*item));
        let json = serde_json::to_string(item).unwrap();
        assert_eq!(json, format!("\"{}\"", name(*item)));
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *item);
    }
}

#[test]
fn event_names_are_unique_and_parse_back() {
    check(EventName::ALL, EventName::as_str, 30);
    for name in EventName::ALL {
        assert_eq!(name.as_str().parse(), Ok(*name));
        assert!(name.as_str().starts_with("on_"));
    }
    let error = "on_nothing".parse::<EventName>().unwrap_err();
    assert_eq!(error.to_string(), "there is no event named `on_nothing`");
}

#[test]
fn providers_are_unique_and_parse_back() {
    check(Provider::ALL, Provider::as_str, 13);
    for provider in Provider::ALL {
        assert_eq!(provider.as_str().parse(), Ok(*provider));
    }
    // Names are as hosts write them, capitals and all.
    let error = "openai".parse::<Provider>().unwrap_err();
    assert_eq!(error.to_string(), "Unsupported LLM provider: openai");
}

#[test]
fn error_codes_are_unique_upper_case_words() {
    check(ErrorCode::ALL, ErrorCode::as_str, 28);
    for code in ErrorCode::ALL {
        assert!(
            code.as_str().chars().all(|c| c.is_ascii_uppercase() || c == '_'),
            "{} is not in capitals",
            code.as_str()
        );
    }
}

#[test]
fn ids_are_plain_text_in_json_and_a_run_id_is_never_empty() {
    let step: StepId = serde_json::from_str("\"step_1\"").unwrap();
    assert_eq!(step, StepId::from("step_1"));
    assert_eq!(serde_json::to_string(&step).unwrap(), "\"step_1\"");
    assert_eq!(format!("{step} {step:?}"), "step_1 StepId(\"step_1\")");
    assert_eq!(RunId::new("").unwrap_err().to_string(), "Run ID not provided");
    assert!(serde_json::from_str::<RunId>("\"\"").is_err());
    assert_eq!(serde_json::to_string(&RunId::new("r").unwrap()).unwrap(), "\"r\"");
}
