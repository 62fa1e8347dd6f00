//! The event-stream rules, seen from outside.

use moss_llm::{SseDecoder, SseError};
use proptest::prelude::*;

/// What an event said: type, data, last id, and whether it was ended.
type Seen = (String, String, String, bool);

fn read(decoder: &mut SseDecoder, pieces: &[&[u8]]) -> Result<Vec<Seen>, SseError> {
    let mut seen = Vec::new();
    let mut note = |event: moss_llm::SseEvent<'_>| {
        seen.push((
            event.event.to_owned(),
            String::from_utf8_lossy(event.data).into_owned(),
            event.last_event_id.to_owned(),
            event.terminated,
        ));
    };
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.next_event()? {
            note(event);
        }
    }
    while let Some(event) = decoder.finish()? {
        note(event);
    }
    Ok(seen)
}

fn events(stream: &str) -> Vec<Seen> {
    read(&mut SseDecoder::default(), &[stream.as_bytes()]).unwrap()
}

fn message(data: &str) -> Seen {
    (String::new(), data.to_owned(), String::new(), true)
}

#[test]
fn every_line_end_ends_a_line() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = ["data: a", "data:b", "", "data: c", "", ""].join(end);
        assert_eq!(events(&stream), [message("a\nb"), message("c")], "{end:?}");
    }
    assert_eq!(events("data: a\n\r\ndata: b\r\rdata: c\r\n\n"), ["a", "b", "c"].map(message));
}

#[test]
fn one_space_after_the_colon_is_not_data() {
    assert_eq!(
        events("data:x\n\ndata: x\n\ndata:  x\n\ndata:\tx\n\ndata:x \n\n"),
        ["x", "x", " x", "\tx", "x "].map(message)
    );
}

#[test]
fn a_field_without_colon_has_an_empty_value() {
    assert_eq!(events("data\n\n"), [message("")]);
    assert_eq!(events("data\ndata\n\n"), [message("\n")]);
    assert_eq!(events("data:\n\n"), [message("")]);
}

#[test]
fn an_event_without_data_is_none() {
    assert_eq!(events("event: ping\n\nid: 3\n\n\n\n: comment\n\n"), []);
    // Its type is forgotten, its id is not.
    assert_eq!(
        events("event: ping\nid: 3\n\ndata: x\n\n"),
        [(String::new(), "x".to_owned(), "3".to_owned(), true)]
    );
}

#[test]
fn types_last_for_an_event_and_ids_for_the_stream() {
    let seen = events("event: a\nid: 1\ndata: x\n\ndata: y\n\nid\nevent: b\nevent: c\ndata: z\n\n");
    let expected = [("a", "x", "1"), ("", "y", "1"), ("c", "z", "")];
    let expected =
        expected.map(|(event, data, id)| (event.to_owned(), data.to_owned(), id.to_owned(), true));
    assert_eq!(seen, expected);
}

#[test]
fn an_id_with_a_nul_is_ignored() {
    let seen = events("id: 1\ndata: x\n\nid: 2\0\ndata: y\n\n");
    assert_eq!(seen[1].2, "1");
}

#[test]
fn comments_and_unknown_fields_are_skipped() {
    let stream =
        ": OPENROUTER PROCESSING\n\n:\ndata: x\nfoo: bar\n data: no\nDATA: no\ndata : no\n\n";
    assert_eq!(events(stream), [message("x")]);
}

#[test]
fn the_byte_order_mark_is_skipped_once() {
    assert_eq!(events("\u{feff}data: x\n\n"), [message("x")]);
    assert_eq!(events("\u{feff}\u{feff}data: x\n\n"), []);
    assert_eq!(events("data: \u{feff}x\n\n"), [message("\u{feff}x")]);
}

#[test]
fn retry_takes_digits_only() {
    let mut decoder = SseDecoder::default();
    read(&mut decoder, &[b"retry: 1500\nretry: 2s\nretry: -1\nretry:\ndata: x\n\n"]).unwrap();
    assert_eq!(decoder.retry().unwrap().as_millis(), 1500);
}

#[test]
fn data_stays_bytes() {
    let mut decoder = SseDecoder::default();
    decoder.push(b"data: \xFF\xFE\n\n");
    assert_eq!(decoder.next_event().unwrap().unwrap().data, b"\xFF\xFE");
}

#[test]
fn an_event_that_the_end_cut_off_is_not_lost() {
    let open = |data: &str| (String::new(), data.to_owned(), String::new(), false);
    assert_eq!(events("data: x\n\ndata: y\n"), [message("x"), open("y")]);
    assert_eq!(events("data: x\n\ndata: y"), [message("x"), open("y")]);
    assert_eq!(events("data: x\n\ndata: y\r"), [message("x"), open("y")]);
    assert_eq!(events("data: x\ndata: y\r\n"), [open("x\ny")]);
    assert_eq!(events("data: x\n\nda"), [message("x")]);
    assert_eq!(events("event: x\n"), []);
    assert_eq!(events(""), []);
    assert_eq!(events("\u{feff}"), []);
}

#[test]
fn after_the_end_nothing_is_taken() {
    let mut decoder = SseDecoder::default();
    assert_eq!(decoder.finish().unwrap(), None);
    decoder.push(b"data: x\n\n");
    assert_eq!(decoder.next_event().unwrap(), None);
    assert_eq!(decoder.finish().unwrap(), None);
}

#[test]
fn an_event_above_the_limit_is_an_error_that_stays() {
    let limit = 64;
    for stream in [
        format!("data: {}\n\n", "x".repeat(60)),
        format!("data: {}", "x".repeat(60)),
        format!(": {}", "x".repeat(70)),
        "data: 123456789\n".repeat(7),
        format!("data: {}\n: {}\n\n", "x".repeat(40), "x".repeat(40)),
    ] {
        for size in [1, 7, stream.len()] {
            let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
            let mut decoder = SseDecoder::new(limit);
            assert_eq!(read(&mut decoder, &pieces), Err(SseError::TooLarge { limit }), "{stream}");
            decoder.push(b"data: x\n\n");
            assert_eq!(decoder.next_event(), Err(SseError::TooLarge { limit }));
            assert_eq!(decoder.finish(), Err(SseError::TooLarge { limit }));
        }
    }
}

#[test]
fn what_fits_the_limit_passes_and_earlier_events_come_first() {
    let stream = format!("data: ok\n\ndata: {}\n\ndata: {}\n\n", "x".repeat(58), "x".repeat(59));
    let mut decoder = SseDecoder::new(64);
    decoder.push(stream.as_bytes());
    assert_eq!(decoder.next_event().unwrap().unwrap().data, b"ok");
    assert_eq!(decoder.next_event().unwrap().unwrap().data.len(), 58);
    assert_eq!(decoder.next_event(), Err(SseError::TooLarge { limit: 64 }));
}

#[test]
fn sixteen_megabytes_in_one_line_fail_by_default() {
    let piece = vec![b'x'; 1 << 20];
    let mut decoder = SseDecoder::default();
    decoder.push(b"data: ");
    let mut pushed = 0;
    let error = loop {
        decoder.push(&piece);
        pushed += 1;
        match decoder.next_event() {
            Ok(event) => assert_eq!(event, None),
            Err(error) => break error,
        }
    };
    assert_eq!(error, SseError::TooLarge { limit: 8 << 20 });
    assert_eq!(pushed, 8);
}

/// A line of a stream, end included: made of what the rules are about.
fn line() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        4 => Just("data"), 1 => Just("event"), 1 => Just("id"), 1 => Just("retry"),
        1 => Just(""), 1 => Just("x"), 1 => Just("\u{feff}data"), 2 => Just("\n"),
    ];
    let colon = prop_oneof![Just(":"), Just(": "), Just("")];
    let end = prop_oneof![3 => Just("\n"), 1 => Just("\r"), 2 => Just("\r\n")];
    (field, colon, "[ a:é\u{1F600}]{0,4}", end)
        .prop_map(|(field, colon, value, end)| format!("{field}{colon}{value}{end}"))
}

proptest! {
    #[test]
    fn cuts_change_nothing(
        lines in prop::collection::vec(line(), 0..16),
        mark in any::<bool>(),
        tail in "(data: ?x?)?",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let stream = format!("{}{}{tail}", if mark { "\u{feff}" } else { "" }, lines.concat());
        let bytes = stream.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let whole = events(&stream);
        prop_assert_eq!(&read(&mut SseDecoder::default(), &pieces).unwrap(), &whole);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read(&mut SseDecoder::default(), &single).unwrap(), &whole);
        prop_assert_eq!(&whole, &by_the_standard(&stream));
    }

    #[test]
    fn any_bytes_and_any_limit_are_survived(
        bytes in prop::collection::vec(any::<u8>(), 0..256),
        limit in 0..64_usize,
        size in 1..32_usize,
    ) {
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        let cut = read(&mut SseDecoder::new(limit), &pieces);
        prop_assert_eq!(cut, read(&mut SseDecoder::new(limit), &[&bytes]));
    }
}

/// The standard's algorithm, word for word and slow, but for the event that the end cuts off.
fn by_the_standard(stream: &str) -> Vec<Seen> {
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let lines = stream.replace("\r\n", "\n").replace('\r', "\n");
    let (mut data, mut event, mut id) = (None::<String>, String::new(), String::new());
    let mut seen = Vec::new();
    let whole = lines.matches('\n').count();
    for (number, line) in lines.split('\n').enumerate() {
        if line.is_empty() && number < whole {
            let event = std::mem::take(&mut event);
            if let Some(data) = data.take() {
                seen.push((event, data, id.clone(), true));
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                data = Some(match data {
                    Some(data) => data + "\n" + value,
                    None => value.to_owned(),
                });
            }
            "event" => value.clone_into(&mut event),
            "id" => value.clone_into(&mut id),
            _ => {}
        }
    }
    if let Some(data) = data {
        seen.push((event, data, id, false));
    }
    seen
}
