//! What the store in memory has that others do not: a clock of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moss_graph::checkpoint::{
    CheckpointStore, LeaseRequest, MemoryStore, StoreError, StoreErrorCode, ThreadId, Timestamp,
};

#[tokio::test]
async fn leases_end_by_the_clock_of_the_store() {
    let now = Arc::new(AtomicU64::new(1_000));
    let clock = Arc::clone(&now);
    let store =
        MemoryStore::with_clock(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
    let ask = |owner: &str| LeaseRequest::new("t".into(), owner, Duration::from_secs(1));

    let first = store.acquire(&ask("first")).await.unwrap();
    assert_eq!(first.expires_at, Timestamp::from_millis(2_000));
    now.store(1_999, Ordering::Relaxed);
    let refused = store.acquire(&ask("second")).await.unwrap_err();
    let StoreError::LeaseHeld { thread, owner, expires_at } = &refused else {
        panic!("held by another: {refused}")
    };
    assert_eq!((thread, &**owner, *expires_at), (&ThreadId::from("t"), "first", first.expires_at));
    assert!(refused.may_pass());

    let renewed = store.renew(&first, Duration::from_secs(2)).await.unwrap();
    assert_eq!((renewed.epoch, renewed.expires_at.as_millis()), (first.epoch, 3_999));
    now.store(3_999, Ordering::Relaxed);
    let second = store.acquire(&ask("second")).await.unwrap();
    assert!(second.epoch > first.epoch);
    let lost = store.renew(&renewed, Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(lost.code(), StoreErrorCode::Fenced);
    assert_eq!(
        lost.to_string(),
        "the lease with epoch 1 on thread `t` is lost to epoch 2. Another run goes on in its place: end this one"
    );
}
