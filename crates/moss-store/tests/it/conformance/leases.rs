//! Who may write.

use std::time::Duration;

use moss_graph::checkpoint::{
    CheckpointStore, Lease, LeaseRequest, StoreError, Timestamp, WriteKind,
};

use crate::support::{Conversation, MINUTE, set, thread, write};

fn ask(lease: &Lease, owner: &str) -> LeaseRequest {
    LeaseRequest::new(lease.thread.clone(), owner, MINUTE)
}

fn assert_fenced<T: std::fmt::Debug>(
    result: Result<T, StoreError>,
    lost: &Lease,
    by: Option<&Lease>,
) {
    match result {
        Err(StoreError::Fenced { thread, epoch, held_by_epoch }) => {
            assert_eq!((&thread, epoch), (&lost.thread, lost.epoch));
            assert_eq!(held_by_epoch, by.map(|by| by.epoch));
        }
        other => panic!("the lease is lost: {other:?}"),
    }
}

pub async fn one_owner_at_a_time(store: &dyn CheckpointStore) {
    let before = Timestamp::now();
    let conversation = Conversation::begin(store, "owner").await;
    let lease = &conversation.lease;
    // The store's clock may be another machine's.
    assert!(lease.expires_at > before.after(MINUTE / 2));
    match store.acquire(&ask(lease, "another")).await {
        Err(StoreError::LeaseHeld { thread, owner, expires_at }) => {
            assert_eq!((&thread, &*owner, expires_at), (&lease.thread, "test", lease.expires_at));
        }
        other => panic!("another owner holds the lease: {other:?}"),
    }
    let renewed = store.renew(lease, 10 * MINUTE).await.unwrap();
    assert!(renewed.expires_at > lease.expires_at);
    assert_eq!(Lease { expires_at: lease.expires_at, ..renewed }, *lease);
    let elsewhere = LeaseRequest::new(thread("elsewhere"), "another", MINUTE);
    assert!(store.acquire(&elsewhere).await.unwrap().epoch > lease.epoch);
}

pub async fn who_lost_the_lease_is_fenced(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "fenced").await;
    let id = first.commit(&[("a", set("first"))]).await;
    let taken = store.acquire(&ask(&first.lease, "another").take_over()).await.unwrap();
    assert!(taken.epoch > first.lease.epoch);
    let before = first.latest().await;
    let commit = first.prepare(Some(id), &[("a", set("zombie"))]);
    assert_fenced(first.send(commit).await, &first.lease.clone(), Some(&taken));
    let writes = [write("task", WriteKind::Update, 0, "zombie")];
    assert_fenced(first.put_writes(&writes).await, &first.lease, Some(&taken));
    assert_fenced(store.renew(&first.lease, MINUTE).await, &first.lease, Some(&taken));
    store.release(&first.lease).await.unwrap();
    assert_eq!(first.latest().await, before);

    let mut second = Conversation { lease: taken, ..first };
    second.commit(&[("a", set("second"))]).await;
    // The same owner again: its own earlier attempt is fenced as well.
    let again = store.acquire(&ask(&second.lease, "another")).await.unwrap();
    let commit = second.prepare(second.head, &[]);
    assert_fenced(second.send(commit).await, &second.lease.clone(), Some(&again));
}

pub async fn a_lease_that_is_over_may_be_taken(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "over").await;
    first.commit(&[]).await;
    first.lease = store.renew(&first.lease, Duration::ZERO).await.unwrap();
    // Late, but nobody has taken it: it still writes.
    first.commit(&[("a", set(&1))]).await;
    let taken = store.acquire(&ask(&first.lease, "another")).await.unwrap();
    let commit = first.prepare(first.head, &[]);
    assert_fenced(first.send(commit).await, &first.lease.clone(), Some(&taken));
}

pub async fn a_lease_given_back_writes_nothing(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "given-back").await;
    conversation.commit(&[]).await;
    store.release(&conversation.lease).await.unwrap();
    store.release(&conversation.lease).await.unwrap();
    let commit = conversation.prepare(conversation.head, &[]);
    assert_fenced(conversation.send(commit).await, &conversation.lease.clone(), None);
    let another = store.acquire(&ask(&conversation.lease, "another")).await.unwrap();
    // A second release of the old lease does not touch the new one.
    store.release(&conversation.lease).await.unwrap();
    store.renew(&another, MINUTE).await.unwrap();
}

pub async fn epochs_grow_for_ever(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "epochs").await;
    let mut last = conversation.lease.epoch;
    for round in 0..6 {
        match round % 3 {
            0 => store.release(&conversation.lease).await.unwrap(),
            1 => store.delete_thread(conversation.thread()).await.unwrap(),
            _ => {
                conversation.head = None;
                conversation.commit(&[]).await;
                store.delete_thread(conversation.thread()).await.unwrap();
            }
        }
        let lost = conversation.lease.clone();
        assert_fenced(store.renew(&lost, MINUTE).await, &lost, None);
        conversation.lease = store.acquire(&ask(&conversation.lease, "test")).await.unwrap();
        assert!(conversation.lease.epoch > last);
        last = conversation.lease.epoch;
        assert_fenced(store.renew(&lost, MINUTE).await, &lost, Some(&conversation.lease));
    }
}
