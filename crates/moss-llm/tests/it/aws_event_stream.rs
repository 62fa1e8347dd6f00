//! Amazon's binary event stream is cut into frames.

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::DateTime;
use aws_smithy_types::event_stream::{Header, HeaderValue};
use moss_llm::{AwsEventStreamDecoder, FrameDecoder, FrameError, Framing};
use proptest::prelude::*;
use serde_json::json;

use crate::aws::{error, event, exception, message, text};

type Seen = (String, Vec<u8>, bool);

/// The frames of a stream in pieces, the first error, and whether there was one.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Seen>, Option<FrameError>) {
    let mut decoder = AwsEventStreamDecoder::default();
    let mut seen = Vec::new();
    let mut keep = |piece: moss_llm::FramePiece<'_>| {
        seen.push((piece.frame.kind.to_owned(), piece.frame.data.to_vec(), piece.terminated));
    };
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(piece)) => keep(piece),
                Ok(None) => break,
                Err(error) => return (seen, Some(error)),
            }
        }
    }
    loop {
        match decoder.finish() {
            Ok(Some(piece)) => keep(piece),
            Ok(None) => return (seen, None),
            Err(error) => return (seen, Some(error)),
        }
    }
}

fn frame(kind: &str, data: &[u8]) -> Seen {
    (kind.to_owned(), data.to_vec(), true)
}

#[test]
fn events_exceptions_and_errors_are_told_apart() {
    let stream = [
        event("messageStart", &json!({"role": "assistant"})),
        exception("throttlingException", &json!({"message": "Slow down"})),
        error("InternalFailure", "It broke"),
        // Without a type it is an event.
        message([text(":event-type", "metadata")], *b"{}"),
    ]
    .concat();
    assert_eq!(
        read([&stream[..]]),
        (
            vec![
                frame("messageStart", br#"{"role":"assistant"}"#),
                frame("exception:throttlingException", br#"{"message":"Slow down"}"#),
                frame("error:InternalFailure", b"It broke"),
                frame("metadata", b"{}"),
            ],
            None
        )
    );
    assert_eq!(Framing::AwsEventStream.content_type(), "application/vnd.amazon.eventstream");
}

#[test]
fn headers_of_every_type_are_passed_over() {
    let values = [
        HeaderValue::Bool(true),
        HeaderValue::Bool(false),
        HeaderValue::Byte(-1),
        HeaderValue::Int16(2),
        HeaderValue::Int32(3),
        HeaderValue::Int64(4),
        HeaderValue::ByteArray(vec![5; 300].into()),
        HeaderValue::String("six".to_owned().into()),
        HeaderValue::Timestamp(DateTime::from_secs(7)),
        HeaderValue::Uuid(8),
    ];
    let headers = values.into_iter().map(|value| Header::new("other", value));
    let stream = message(headers.chain([text(":event-type", "metadata")]), *b"x");
    assert_eq!(read([&stream[..]]), (vec![frame("metadata", b"x")], None));
}

#[test]
fn what_the_end_cuts_off_is_handed_out_as_such() {
    let stream = event("metadata", &json!({}));
    for end in 1..stream.len() {
        let rest = (String::new(), stream[..end].to_vec(), false);
        assert_eq!(read([&stream[..end]]), (vec![rest], None));
    }
    assert_eq!(read([&b""[..]]), (vec![], None));
}

fn damaged(bytes: &[u8]) -> String {
    let (seen, error) = read([bytes]);
    assert_eq!(seen, []);
    error.unwrap().to_string()
}

#[test]
fn what_contradicts_itself_is_damage() {
    let with = |headers: Vec<Header>| damaged(&message(headers, *b"{}"));
    assert_eq!(with(vec![]), "the stream is damaged: an event has no type");
    assert_eq!(
        with(vec![text(":message-type", "news")]),
        "the stream is damaged: a message of the unknown type `news`"
    );
    assert_eq!(
        with(vec![Header::new(":event-type", HeaderValue::Int32(1))]),
        "the stream is damaged: a header of a message is no text"
    );
    let mut stream = event("metadata", &json!({}));
    let last = stream.len() - 1;
    stream[last] ^= 1;
    assert_eq!(damaged(&stream), "the stream is damaged: the checksum of a message is wrong");
    stream[0] ^= 1;
    let prelude = "the stream is damaged: the checksum of a message's lengths is wrong";
    assert_eq!(damaged(&stream), prelude);
    // An event stream for browsers is none of these.
    assert_eq!(damaged(b"data: {\"a\": 1}\n\n"), prelude);
    for (whole, headers) in [(15_u32, 0_u32), (0, 0), (16, 1), (u32::MAX, u32::MAX)] {
        let mut bytes = [whole.to_be_bytes(), headers.to_be_bytes()].concat();
        bytes.extend(crc32(&bytes).to_be_bytes());
        bytes.extend([0; 8]);
        let words = "the stream is damaged: a message's lengths contradict each other";
        assert_eq!(damaged(&bytes), words, "{whole} {headers}");
    }
}

/// The checksum, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

#[test]
fn a_message_that_announces_too_much_is_not_waited_for() {
    let mut prelude = [(1_u32 << 30).to_be_bytes(), 0_u32.to_be_bytes()].concat();
    prelude.extend(crc32(&prelude).to_be_bytes());
    let (seen, error) = read([&prelude[..]]);
    assert_eq!((seen, error), (vec![], Some(FrameError::TooLarge { limit: 24 << 20 })));

    let stream = event("metadata", &json!({}));
    let mut decoder = AwsEventStreamDecoder::new(stream.len() - 1);
    decoder.push(&stream);
    assert_eq!(decoder.next_frame(), Err(FrameError::TooLarge { limit: stream.len() - 1 }));
    // Nothing more comes of it.
    decoder.push(&stream);
    assert_eq!(decoder.next_frame(), Ok(None));
    assert_eq!(decoder.finish(), Ok(None));
    let mut decoder = AwsEventStreamDecoder::new(stream.len());
    decoder.push(&stream);
    assert!(decoder.next_frame().unwrap().is_some());
}

fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let payload = prop::collection::vec(any::<u8>(), 0..200);
    prop::collection::vec(("[a-zA-Z]{1,20}", payload), 1..6).prop_map(|messages| {
        let write = |(kind, payload): (String, Vec<u8>)| {
            message([text(":event-type", &kind), text(":message-type", "event")], payload)
        };
        messages.into_iter().map(write).collect()
    })
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        messages in messages(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let stream = messages.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]);
        let whole = read([&stream[..]]);
        prop_assert_eq!(whole.0.len(), messages.len());
        prop_assert_eq!(read(pieces), whole);
    }

    /// Where Amazon's own decoder reads a message, ours reads the same; where it finds damage, ours does.
    #[test]
    fn damage_is_found_as_amazon_finds_it(
        messages in messages(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut stream = messages.concat();
        for (place, byte) in changes {
            let place = place.index(stream.len());
            stream[place] = byte;
        }
        let (seen, error) = read([&stream[..]]);
        let mut rest = &stream[..];
        for (kind, data, terminated) in seen.iter().filter(|seen| seen.2) {
            let theirs = read_message_from(&mut rest).unwrap();
            let named = |header: &&Header| header.name().as_str() == ":event-type";
            let header = theirs.headers().iter().find(named).unwrap();
            prop_assert_eq!(header.value().as_string().unwrap().as_str(), kind);
            prop_assert_eq!(&theirs.payload()[..], &data[..]);
            prop_assert!(terminated);
        }
        if error.is_some() {
            prop_assert!(read_message_from(&mut rest).is_err());
        }
    }
}
