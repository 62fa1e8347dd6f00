//! `--json`.

use moss_protocol::{EventRecord, GraphEvent, RECORD_VERSION, Usage};
use serde_json::{Value, json};

use crate::support::{Said, said};

/// The lines between header and result, and these two.
fn log(said: &Said) -> (Value, Vec<EventRecord>, Value) {
    let lines: Vec<&str> = said.out.lines().collect();
    let [header, events @ .., result] = &lines[..] else { panic!("{}", said.out) };
    let records = events.iter().map(|line| {
        let record: EventRecord = serde_json::from_str(line).unwrap();
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            *line,
            "the line survives a round trip"
        );
        record
    });
    let whole = |line: &str| serde_json::from_str(line).unwrap();
    (whole(header), records.collect(), whole(result))
}

#[test]
fn a_run_as_a_log() {
    let said = said(["run", "--json", "-q", "What is 37 * 91?"]);
    let (header, records, mut result) = log(&said);
    let run_id = header["run_id"].clone();
    assert_eq!(
        header,
        json!({"v": 1, "type": "run", "run_id": run_id, "moss": env!("CARGO_PKG_VERSION"), "agent": "moss", "model": "demo/demo", "tools": ["calculator", "clock"]})
    );
    for (record, seq) in records.iter().zip(1..) {
        assert_eq!(
            (record.v, record.run_id.as_str(), record.seq),
            (RECORD_VERSION, run_id.as_str().unwrap(), seq)
        );
    }
    let text: String = records
        .iter()
        .filter_map(|record| match &record.event {
            GraphEvent::MessageDelta(delta) => delta.delta.content[0].as_text(),
            _ => None,
        })
        .collect();
    assert_eq!(
        text,
        "I am the scripted demo model of MOSS, not a language model. I call `calculator`.`calculator` answered: 3367"
    );
    assert!(result["duration_ms"].take().is_u64());
    // The demo counts the words of the tools' descriptions too.
    let usage: Usage = serde_json::from_value(result["usage"].take()).unwrap();
    assert_eq!(usage.total_tokens, usage.input_tokens + usage.output_tokens);
    assert!(usage.output_tokens > 20, "{usage:?}");
    assert_eq!(
        result,
        json!({
            "v": 1, "type": "result", "run_id": run_id, "outcome": "completed",
            "answer": "`calculator` answered: 3367",
            "usage": null,
            "error": null, "duration_ms": null,
        })
    );
    assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
}

#[test]
fn a_run_that_fails_says_so_in_its_last_line() {
    let said = said(["run", "--json", "-m", "demo-fail-midstream", "Hi"]);
    let (_, records, result) = log(&said);
    assert!(matches!(records.last().unwrap().event, GraphEvent::RunStepClosed(_)));
    assert_eq!(result["outcome"], "failed");
    assert_eq!(result["answer"], Value::Null);
    assert_eq!(
        result["error"],
        json!({"code": "PROVIDER_OVERLOADED", "message": "the demo model `demo-fail-midstream` breaks off on purpose"})
    );
    assert_eq!(said.code, Some(1));
}

#[test]
fn what_cannot_be_run_has_no_log() {
    let said = said(["run", "--json", "-m", "gpt-4", "Hi"]);
    assert_eq!((said.out.as_str(), said.code), ("", Some(2)));
}
