//! What tasks have finished before their superstep is committed.

use moss_graph::checkpoint::{CheckpointStore, NameProblem, PendingWrites, StoreError, WriteKind};

use crate::support::{Conversation, set, write};

pub async fn they_are_loaded_in_order(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "writes").await;
    let id = conversation.commit(&[]).await;
    let sorted = [
        write("A", WriteKind::Update, 0, "0"),
        write("a", WriteKind::Update, 0, "1"),
        write("a", WriteKind::Update, 10, "2"),
        write("a", WriteKind::Update, 300, "3"),
        write("a", WriteKind::Journal, 0, "4"),
        write("a", WriteKind::Interrupt, 0, "5"),
        write("a", WriteKind::Resume, 0, "6"),
        write("a", WriteKind::Error, 0, "7"),
        write("a-b", WriteKind::Update, u32::MAX, "8"),
        write("ä", WriteKind::Update, 0, "9"),
    ];
    let mut mixed = sorted.clone();
    mixed.reverse();
    conversation.put_writes(&mixed[..4]).await.unwrap();
    conversation.put_writes(&mixed[4..]).await.unwrap();
    assert_eq!(conversation.latest().await.unwrap().writes, sorted);
    assert_eq!(conversation.at(id).await.unwrap().writes, sorted);
    conversation.put_writes(&[]).await.unwrap();
    assert_eq!(conversation.latest().await.unwrap().writes, sorted);
    assert_eq!(conversation.within("child").latest().await, None);
}

pub async fn results_stay_and_questions_are_replaced(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "twice").await;
    conversation.commit(&[]).await;
    for attempt in ["first", "second"] {
        let writes = WriteKind::ALL.map(|kind| write("task", kind, 0, attempt));
        conversation.put_writes(&writes).await.unwrap();
    }
    let expected = [
        write("task", WriteKind::Update, 0, "first"),
        write("task", WriteKind::Journal, 0, "first"),
        write("task", WriteKind::Interrupt, 0, "second"),
        write("task", WriteKind::Resume, 0, "second"),
        write("task", WriteKind::Error, 0, "second"),
    ];
    assert_eq!(conversation.latest().await.unwrap().writes, expected);
}

pub async fn they_go_with_the_commit(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "committed").await;
    let mut child = conversation.within("child");
    let first = conversation.commit(&[]).await;
    child.commit(&[]).await;
    let of_child = [write("inner", WriteKind::Update, 0, "stays")];
    child.put_writes(&of_child).await.unwrap();
    conversation.put_writes(&[write("task", WriteKind::Update, 0, "goes")]).await.unwrap();
    let second = conversation.commit(&[("a", set(&1))]).await;
    assert_eq!(conversation.at(first).await.unwrap().writes, []);
    assert_eq!(conversation.at(second).await.unwrap().writes, []);
    assert_eq!(child.latest().await.unwrap().writes, of_child);

    // A branch from an old checkpoint leaves what is under way elsewhere alone.
    let pending = [write("task", WriteKind::Update, 0, "behind the second")];
    conversation.put_writes(&pending).await.unwrap();
    conversation.fork(Some(first), &[]).await;
    assert_eq!(conversation.at(second).await.unwrap().writes, pending);
}

pub async fn they_belong_to_the_newest_checkpoint(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "late").await;
    let first = conversation.commit(&[]).await;
    let second = conversation.commit(&[]).await;
    let late = |namespace: &str| PendingWrites {
        namespace: namespace.into(),
        checkpoint: first,
        writes: vec![write("task", WriteKind::Update, 0, "late")],
    };
    let refused = store.put_writes(&conversation.lease, late("")).await.unwrap_err();
    let StoreError::HeadMoved { expected, found, .. } = refused else { panic!("{refused}") };
    assert_eq!((expected, found), (Some(first), Some(second)));
    let refused = store.put_writes(&conversation.lease, late("child")).await.unwrap_err();
    assert!(matches!(refused, StoreError::HeadMoved { found: None, .. }));
    assert_eq!(conversation.at(first).await.unwrap().writes, []);
    let nameless = conversation.put_writes(&[write("nul\0", WriteKind::Update, 0, "x")]).await;
    assert!(matches!(nameless, Err(StoreError::Name { problem: NameProblem::Nul, .. })));
}
