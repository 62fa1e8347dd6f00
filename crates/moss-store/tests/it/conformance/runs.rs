//! How a run begins and ends: each in one call.

use moss_graph::checkpoint::{
    CheckpointQuery, CheckpointStore, CommitProblem, Lease, LeaseRequest, NameProblem, Namespace,
    StoreError, WriteKind,
};

use crate::support::{
    Conversation, MINUTE, append, log, rewrite, set, state, thread, value, write,
};

fn ask(lease: &Lease, owner: &str) -> LeaseRequest {
    LeaseRequest::new(lease.thread.clone(), owner, MINUTE)
}

fn latest(lease: &Lease) -> CheckpointQuery {
    CheckpointQuery::latest(lease.thread.clone(), Namespace::root())
}

pub async fn opening_takes_the_lease_and_loads(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "opened").await;
    let old = first.commit(&[("a", set("old"))]).await;
    first.commit(&[("a", set("new")), ("log", append(&["x"]))]).await;
    first.put_writes(&[write("task", WriteKind::Update, 0, "pending")]).await.unwrap();
    let newest = first.latest().await;
    store.release(&first.lease).await.unwrap();

    let (lease, stored) =
        store.open(&ask(&first.lease, "second"), &latest(&first.lease)).await.unwrap();
    assert!(newest.is_some());
    assert_eq!(stored, newest);
    assert_eq!((&lease.thread, &*lease.owner), (first.thread(), "second"));
    assert!(lease.epoch > first.lease.epoch);
    let mut second = Conversation { lease, ..first };
    second.commit(&[("a", set("by the second"))]).await;

    // The same owner again, and at an older checkpoint.
    let at = CheckpointQuery::at(second.thread().clone(), Namespace::root(), old);
    let (again, stored) = store.open(&ask(&second.lease, "second"), &at).await.unwrap();
    assert!(again.epoch > second.lease.epoch);
    let stored = stored.unwrap();
    assert_eq!(stored.channels, state(&[("a", value("old"))]));
    assert_eq!(Some(stored.head), second.head);
}

pub async fn a_new_thread_is_opened_on_nothing(store: &dyn CheckpointStore) {
    let id = thread("new");
    let request = LeaseRequest::new(id.clone(), "first", MINUTE);
    let query = CheckpointQuery::latest(id, Namespace::root());
    let (lease, stored) = store.open(&request, &query).await.unwrap();
    assert_eq!(stored, None);
    let mut conversation = Conversation {
        store,
        lease,
        namespace: Namespace::root(),
        run: None,
        head: None,
        superstep: -1,
    };
    conversation.commit(&[("a", set(&1))]).await;
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("a", value(&1))]));
}

pub async fn a_thread_that_another_holds_is_not_opened(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "held").await;
    first.commit(&[("a", set("first"))]).await;
    match store.open(&ask(&first.lease, "another"), &latest(&first.lease)).await {
        Err(StoreError::LeaseHeld { thread, owner, expires_at }) => {
            let held = (first.thread(), "test", first.lease.expires_at);
            assert_eq!((&thread, &*owner, expires_at), held);
        }
        other => panic!("another owner holds the lease: {other:?}"),
    }
    // Who holds it goes on.
    first.commit(&[("a", set("still the first"))]).await;
    let take_over = ask(&first.lease, "another").take_over();
    let (taken, stored) = store.open(&take_over, &latest(&first.lease)).await.unwrap();
    assert_eq!(stored.unwrap().channels, state(&[("a", value("still the first"))]));
    let late = first.prepare(first.head, &[("a", set("late"))]);
    match first.send(late).await {
        Err(StoreError::Fenced { held_by_epoch, .. }) => {
            assert_eq!(held_by_epoch, Some(taken.epoch));
        }
        other => panic!("the lease was taken: {other:?}"),
    }
}

pub async fn settling_commits_and_gives_the_lease_back(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "settled").await;
    first.commit(&[("log", append(&["one"]))]).await;
    first.put_writes(&[write("before", WriteKind::Update, 0, "goes")]).await.unwrap();
    let commit = first.prepare(first.head, &[("log", append(&["two"]))]);
    let writes = vec![
        write("task", WriteKind::Update, 0, "finished"),
        write("task", WriteKind::Interrupt, 0, "asked"),
    ];
    store.settle(&first.lease, commit.clone().into(), writes.clone()).await.unwrap();
    let stored = first.latest().await.unwrap();
    assert_eq!(stored.checkpoint, commit.checkpoint);
    assert_eq!(stored.channels, state(&[("log", log(&["one", "two"]))]));
    assert_eq!(stored.writes, writes);

    let lost = first.prepare(Some(commit.checkpoint.id), &[]);
    assert!(matches!(
        store.commit(&first.lease, lost.into()).await,
        Err(StoreError::Fenced { held_by_epoch: None, .. })
    ));
    let (lease, _) =
        store.open(&ask(&first.lease, "another"), &latest(&first.lease)).await.unwrap();
    let head = Some(commit.checkpoint.id);
    let mut second = Conversation { lease, head, ..first };
    let last = second.commit(&[("log", append(&["three"]))]).await;
    assert_eq!(second.state_at(last).await, state(&[("log", log(&["one", "two", "three"]))]));
}

pub async fn a_thread_may_begin_with_its_end(store: &dyn CheckpointStore) {
    let conversation = Conversation::begin(store, "short").await;
    let commit = conversation.prepare(None, &[("a", set(&1))]);
    store.settle(&conversation.lease, commit.into(), Vec::new()).await.unwrap();
    assert_eq!(conversation.latest().await.unwrap().channels, state(&[("a", value(&1))]));
    store.acquire(&ask(&conversation.lease, "another")).await.unwrap();
}

pub async fn settling_may_be_asked_again(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "again").await;
    first.commit(&[]).await;
    let commit = first.prepare(first.head, &[("log", append(&["once"]))]);
    let writes = vec![write("task", WriteKind::Update, 0, "finished")];
    let settle =
        async |lease: &Lease| store.settle(lease, commit.clone().into(), writes.clone()).await;
    settle(&first.lease).await.unwrap();
    let stored = first.latest().await;
    settle(&first.lease).await.unwrap();
    // Also where another has the thread by now, who keeps it.
    let taken = store.acquire(&ask(&first.lease, "another")).await.unwrap();
    settle(&first.lease).await.unwrap();
    assert_eq!(first.latest().await, stored);
    store.renew(&taken, MINUTE).await.unwrap();
    // Once the other has gone on, it is not known any more what became of it.
    let mut second = Conversation { lease: taken, head: Some(commit.checkpoint.id), ..first };
    second.commit(&[]).await;
    let lost = Lease { epoch: moss_graph::checkpoint::Epoch::new(0), ..second.lease.clone() };
    assert!(matches!(settle(&lost).await, Err(StoreError::Fenced { .. })));
}

pub async fn what_was_committed_already_is_settled(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "committed").await;
    conversation.commit(&[]).await;
    let commit = conversation.prepare(conversation.head, &[("log", append(&["once"]))]);
    store.commit(&conversation.lease, commit.clone().into()).await.unwrap();
    let writes = vec![write("task", WriteKind::Update, 0, "finished")];
    store.settle(&conversation.lease, commit.into(), writes.clone()).await.unwrap();
    let stored = conversation.latest().await.unwrap();
    assert_eq!(stored.channels, state(&[("log", log(&["once"]))]));
    assert_eq!(stored.writes, writes);
    store.acquire(&ask(&conversation.lease, "another")).await.unwrap();
}

pub async fn who_lost_the_lease_settles_nothing(store: &dyn CheckpointStore) {
    let mut first = Conversation::begin(store, "fenced").await;
    first.commit(&[("a", set("first"))]).await;
    let before = first.latest().await;
    let taken = store.acquire(&ask(&first.lease, "another").take_over()).await.unwrap();
    let commit = first.prepare(first.head, &[("a", set("zombie"))]);
    let writes = vec![write("task", WriteKind::Update, 0, "zombie")];
    match store.settle(&first.lease, commit.into(), writes).await {
        Err(StoreError::Fenced { thread, epoch, held_by_epoch }) => {
            assert_eq!((&thread, epoch), (first.thread(), first.lease.epoch));
            assert_eq!(held_by_epoch, Some(taken.epoch));
        }
        other => panic!("the lease is lost: {other:?}"),
    }
    assert_eq!(first.latest().await, before);
    // The other keeps the lease.
    store.renew(&taken, MINUTE).await.unwrap();
}

pub async fn what_is_refused_settles_nothing(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "refused").await;
    let first = conversation.commit(&[("log", append(&["x"]))]).await;
    conversation.commit(&[]).await;
    let before = conversation.latest().await;
    let lease = conversation.lease.clone();

    let mut late = conversation.prepare(Some(first), &[]);
    late.expected_head = Some(first);
    let moved = store.settle(&lease, late.into(), Vec::new()).await;
    assert!(matches!(moved, Err(StoreError::HeadMoved { .. })), "{moved:?}");
    let senseless = conversation.prepare(conversation.head, &[("log", rewrite(2, &[]))]);
    let refused = store.settle(&lease, senseless.into(), Vec::new()).await;
    let problem = CommitProblem::KeepsTooMuch { channel: "log".into(), keep: 2, length: 1 };
    assert!(
        matches!(&refused, Err(StoreError::Refused { problem: found, .. }) if *found == problem),
        "{refused:?}"
    );
    let commit = conversation.prepare(conversation.head, &[("log", append(&["y"]))]);
    let nameless = vec![write("nul\0", WriteKind::Update, 0, "x")];
    let refused = store.settle(&lease, commit.into(), nameless).await;
    assert!(
        matches!(refused, Err(StoreError::Name { problem: NameProblem::Nul, .. })),
        "{refused:?}"
    );

    assert_eq!(conversation.latest().await, before);
    // The lease is still held: it goes on.
    conversation.commit(&[("log", append(&["z"]))]).await;
}
