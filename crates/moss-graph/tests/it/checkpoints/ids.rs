//! Ids of checkpoints.

use std::collections::BTreeSet;

use moss_graph::checkpoint::{CheckpointId, Epoch, InvalidCheckpointId, Timestamp};
use proptest::prelude::*;

proptest! {
    /// However the clock goes, each id is greater than the one before, as bytes and as text too.
    #[test]
    fn ids_only_grow(clock in prop::collection::vec(0..1_u64 << 48, 1..50)) {
        let mut last = None;
        for millis in clock {
            let now = Timestamp::from_millis(millis);
            let id = CheckpointId::next(last, now);
            prop_assert!(id.timestamp() >= now);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(CheckpointId::from_bytes(id.to_bytes()), Ok(id));
            if let Some(last) = last {
                prop_assert!(id > last);
                prop_assert!(id.to_bytes() > last.to_bytes());
                prop_assert!(id.to_string() > last.to_string());
            }
            last = Some(id);
        }
    }

    /// Runs that each have a later epoch make ids of their own, though nothing of those before is stored, and all run in
    /// one millisecond.
    #[test]
    fn runs_share_no_ids(lengths in prop::collection::vec(1..20_usize, 2..10), now in 0..1_u64 << 48) {
        let now = Timestamp::from_millis(now);
        let mut all = BTreeSet::new();
        for (epoch, length) in (1..).zip(&lengths) {
            let mut last = None;
            for _ in 0..*length {
                let id = CheckpointId::next_in(Epoch::new(epoch), last, now);
                prop_assert!(last.is_none_or(|last| id > last));
                prop_assert!(all.last().is_none_or(|last| id > *last));
                all.insert(id);
                last = Some(id);
            }
        }
        prop_assert_eq!(all.len(), lengths.iter().sum::<usize>());
    }

    /// Reading an id from any text or bytes gives an id that is written the same way, or an error.
    #[test]
    fn reading_is_exact(bytes in any::<[u8; 16]>(), text in "[0-9a-fA-F-]{30,40}|.{0,40}") {
        if let Ok(id) = CheckpointId::from_bytes(bytes) {
            prop_assert_eq!(id.to_bytes(), bytes);
        }
        if let Ok(id) = text.parse::<CheckpointId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}

#[test]
fn an_id_is_a_uuid_of_version_7() {
    let now = Timestamp::from_millis(1_764_064_000_000);
    let first = CheckpointId::next(None, now);
    let second = CheckpointId::next(Some(first), now);
    assert_eq!(first.to_string(), "019aba68-7800-7000-8000-000000000000");
    assert_eq!(second.to_string(), "019aba68-7800-7000-8000-000000000001");
    assert_eq!(second.timestamp(), now);
}

#[test]
fn a_counter_that_is_full_goes_on_in_the_next_part() {
    let next = |text: &str| {
        let last: CheckpointId = text.parse().unwrap();
        CheckpointId::next(Some(last), last.timestamp()).to_string()
    };
    assert_eq!(
        next("019aba74-1400-7000-bfff-ffffffffffff"),
        "019aba74-1400-7001-8000-000000000000"
    );
    assert_eq!(
        next("019aba74-1400-7fff-bfff-ffffffffffff"),
        "019aba74-1401-7000-8000-000000000000"
    );
}

#[test]
fn other_uuids_are_refused() {
    for text in [
        "",
        "019aba74-1400-4000-8000-000000000000",
        "019aba74-1400-7000-0000-000000000000",
        "019ABA74-1400-7000-8000-000000000000",
        "019aba7414007000800000000000000000000",
        "019aba74-1400-7000-8000-00000000000g",
    ] {
        assert_eq!(text.parse::<CheckpointId>(), Err(InvalidCheckpointId), "{text}");
    }
}
