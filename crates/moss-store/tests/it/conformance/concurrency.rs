//! Several callers at once.

use moss_graph::checkpoint::{CheckpointStore, StoreError};

use crate::support::{Conversation, append, log, set, state};

pub async fn many_threads_at_once(store: &dyn CheckpointStore) {
    let conversations = futures::future::join_all((0..20).map(async |number| {
        let mut conversation = Conversation::begin(store, &format!("many-{number}")).await;
        for step in 0..10 {
            conversation.commit(&[("log", append(&[&format!("{number} {step}")]))]).await;
        }
        conversation
    }))
    .await;
    for (number, conversation) in conversations.iter().enumerate() {
        let items: Vec<_> = (0..10).map(|step| format!("{number} {step}")).collect();
        let items: Vec<_> = items.iter().map(String::as_str).collect();
        let loaded = conversation.latest().await.unwrap();
        assert_eq!(loaded.channels, state(&[("log", log(&items))]));
        assert_eq!(conversation.ids().await.len(), 10);
    }
}

pub async fn one_of_two_commits_wins(store: &dyn CheckpointStore) {
    let mut conversation = Conversation::begin(store, "race").await;
    let root = conversation.commit(&[]).await;
    for round in 0..20 {
        let parent = conversation.head;
        let commits = (0..4).map(|number| {
            let mut commit = conversation.prepare(parent, &[("a", set(&(round, number)))]);
            for _ in 0..number {
                let after = Some(commit.checkpoint.id);
                commit.checkpoint.id =
                    moss_graph::checkpoint::CheckpointId::next(after, commit.checkpoint.created_at);
            }
            commit
        });
        let commits: Vec<_> = commits.collect();
        let sent =
            commits.iter().map(|commit| store.commit(&conversation.lease, commit.clone().into()));
        let results = futures::future::join_all(sent).await;
        let mut won = commits.iter().zip(&results).filter(|(_, result)| result.is_ok());
        let (winner, _) = won.next().unwrap();
        assert!(won.next().is_none(), "{results:?}");
        let lost =
            results.iter().filter(|result| matches!(result, Err(StoreError::HeadMoved { .. })));
        assert_eq!(lost.count(), 3);
        let newest = conversation.latest().await.unwrap();
        assert_eq!(newest.checkpoint, winner.checkpoint);
        conversation.head = Some(winner.checkpoint.id);
    }
    assert_eq!(conversation.ids().await.len(), 21);
    assert_eq!(conversation.ids().await.last(), Some(&root));
}
