//! Lists of checkpoints.

use moss_graph::RunId;
use moss_graph::checkpoint::{
    CheckpointFilter, CheckpointSource, CheckpointStore, ListedCheckpoint, Namespace,
};
use serde_json::json;

use crate::support::{Conversation, set, thread};

pub async fn the_newest_come_first(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "order").await;
    let mut expected = Vec::new();
    for number in 0..150 {
        let commit = conversation.prepare(conversation.head, &[("a", set(&number))]);
        let listed = ListedCheckpoint {
            namespace: Namespace::root(),
            checkpoint: commit.checkpoint.clone(),
        };
        expected.insert(0, listed);
        conversation.send(commit).await.unwrap();
    }
    let id = conversation.thread();
    let listed = store.list(id, &CheckpointFilter::default()).await.unwrap();
    assert_eq!(listed, expected[..100]);
    let filter = CheckpointFilter { limit: 140, ..CheckpointFilter::of(Namespace::root()) };
    assert_eq!(store.list(id, &filter).await.unwrap(), expected[..140]);
    let filter = CheckpointFilter { limit: 0, ..CheckpointFilter::default() };
    assert_eq!(store.list(id, &filter).await.unwrap(), []);
    assert_eq!(store.list(&thread("nobody"), &CheckpointFilter::default()).await.unwrap(), []);
}

pub async fn filters_fit_all_at_once(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "filters").await;
    let runs = [Some(RunId::new("one").unwrap()), Some(RunId::new("two").unwrap()), None];
    let mut all = Vec::new();
    for number in 0..60 {
        conversation.run = runs[number % 3].clone();
        let mut commit = conversation.prepare(conversation.head, &[]);
        commit.checkpoint.source = CheckpointSource::ALL[number % 4];
        let metadata = json!({"user": number % 5, "nested": {"a": [number % 2]}, "number": number});
        commit.checkpoint.metadata = metadata.as_object().unwrap().clone();
        all.insert(0, commit.checkpoint.clone());
        conversation.send(commit).await.unwrap();
    }
    let metadata = |value: serde_json::Value| value.as_object().unwrap().clone();
    let none = CheckpointFilter::default();
    let filters = [
        CheckpointFilter { run: runs[1].clone(), ..none.clone() },
        CheckpointFilter { source: Some(CheckpointSource::Fork), ..none.clone() },
        CheckpointFilter { metadata: metadata(json!({"user": 3})), ..none.clone() },
        CheckpointFilter { metadata: metadata(json!({"user": "3"})), ..none.clone() },
        CheckpointFilter {
            metadata: metadata(json!({"nested": {"a": [1]}, "user": 2})),
            ..none.clone()
        },
        CheckpointFilter { metadata: metadata(json!({"nested": {}})), ..none.clone() },
        CheckpointFilter { metadata: metadata(json!({"absent": null})), ..none.clone() },
        CheckpointFilter { before: Some(all[30].id), limit: 7, ..none.clone() },
        CheckpointFilter {
            before: Some(all[10].id),
            source: Some(CheckpointSource::Input),
            run: runs[0].clone(),
            metadata: metadata(json!({"nested": {"a": [0]}})),
            limit: 2,
            ..none.clone()
        },
    ];
    let mut found = 0;
    for filter in filters {
        for namespace in [None, Some(Namespace::root())] {
            let filter = CheckpointFilter { namespace, ..filter.clone() };
            let expected: Vec<_> = all
                .iter()
                .filter(|checkpoint| filter.fits(&Namespace::root(), checkpoint))
                .take(filter.limit)
                .map(|checkpoint| ListedCheckpoint {
                    namespace: Namespace::root(),
                    checkpoint: checkpoint.clone(),
                })
                .collect();
            found += expected.len();
            assert_eq!(store.list(conversation.thread(), &filter).await.unwrap(), expected);
        }
        let elsewhere = CheckpointFilter { namespace: Some("child".into()), ..filter };
        assert_eq!(store.list(conversation.thread(), &elsewhere).await.unwrap(), []);
    }
    assert!(found > 100, "the filters find something: {found}");
}

pub async fn pages_follow_each_other(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "pages").await;
    for _ in 0..25 {
        conversation.commit(&[]).await;
    }
    let all = conversation.ids().await;
    for namespace in [None, Some(Namespace::root())] {
        let mut paged = Vec::new();
        loop {
            let before = paged.last().copied();
            let filter = CheckpointFilter {
                namespace: namespace.clone(),
                before,
                limit: 10,
                ..CheckpointFilter::default()
            };
            let page = store.list(conversation.thread(), &filter).await.unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page.into_iter().map(|listed| listed.checkpoint.id));
        }
        assert_eq!(paged, all);
    }
}

pub async fn namespaces_are_listed_together(store: &dyn CheckpointStore) {
    let mut root = Conversation::begin(store, "together").await;
    let mut a = root.within("a:1");
    let mut b = root.within("b:1");
    // One counter of ids for all three, as an engine has.
    let mut expected = Vec::new();
    let mut last = None;
    for number in 0..9 {
        let conversation = [&mut root, &mut a, &mut b].into_iter().nth(number % 3).unwrap();
        let head = conversation.head;
        conversation.head = last;
        let mut commit = conversation.prepare(head, &[]);
        commit.expected_head = head;
        last = Some(conversation.send(commit).await.unwrap());
        expected.insert(0, (conversation.namespace.clone(), last.unwrap()));
    }
    let listed = store.list(root.thread(), &CheckpointFilter::default()).await.unwrap();
    let listed: Vec<_> =
        listed.into_iter().map(|listed| (listed.namespace, listed.checkpoint.id)).collect();
    assert_eq!(listed, expected);
}
