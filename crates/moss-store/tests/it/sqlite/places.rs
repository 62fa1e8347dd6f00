//! Places of checkpoints: most are given many at a time, and the newest checkpoints have none yet.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use moss_graph::RunId;
use moss_graph::checkpoint::{
    ChannelName, ChannelValue, CheckpointFilter, CheckpointId, CheckpointQuery, CheckpointSelector,
    CheckpointStore, MemoryStore, Retention, StoreErrorCode, ThreadId,
};
use moss_store::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::random::Random;
use crate::support::{Conversation, append, log, set, state, value};

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).await.unwrap()
}

/// How many checkpoints there are, and how many of them have a place.
fn counts(path: &Path) -> (i64, i64) {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT count(*), count(*) FILTER (WHERE key <= c.value) FROM commits, counters c WHERE name = 'placed' AND commits.id IS NOT NULL";
    connection.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// Commits in turns to some threads.
async fn commit(conversations: &mut [Conversation<'_>], ids: &mut [Vec<CheckpointId>], n: usize) {
    for number in 0..n {
        let at = number % conversations.len();
        ids[at].insert(0, conversations[at].commit(&[("n", set(&number))]).await);
    }
}

/// Each thread has exactly these checkpoints, the newest first, and each is found.
async fn are_found(
    store: &SqliteStore,
    conversations: &[Conversation<'_>],
    ids: &[Vec<CheckpointId>],
) {
    for (conversation, ids) in conversations.iter().zip(ids) {
        let conversation =
            Conversation { store, lease: conversation.lease.clone(), ..conversation.within("") };
        assert_eq!(conversation.ids().await, *ids);
        assert_eq!(conversation.latest().await.map(|latest| latest.head), ids.first().copied());
        for id in ids {
            let query = CheckpointQuery::at(conversation.thread().clone(), "".into(), *id);
            let found = store.load(&query).await.unwrap().unwrap();
            assert_eq!((found.checkpoint.id, Some(found.head)), (*id, ids.first().copied()));
        }
    }
}

#[tokio::test]
async fn checkpoints_are_found_with_a_place_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.db");
    let store = open(&path).await;
    let mut conversations = Vec::new();
    for name in ["a", "b", "c"] {
        conversations.push(Conversation::begin(&store, name).await);
    }
    let mut ids = vec![Vec::new(); 3];
    commit(&mut conversations, &mut ids, 540).await;
    assert_eq!(counts(&path), (540, 512), "512 are given places at a time");
    are_found(&store, &conversations, &ids).await;

    // What is deleted had a place or not; and who comes then gets a key that was there before.
    let retention = Retention::last(NonZeroUsize::new(10).unwrap());
    assert_eq!(store.prune(Some(conversations[0].thread()), &retention).await.unwrap(), 170);
    ids[0].truncate(10);
    store.delete_thread(conversations[2].thread()).await.unwrap();
    conversations.truncate(2);
    ids.truncate(2);
    assert_eq!(counts(&path), (190, 190));
    are_found(&store, &conversations, &ids).await;
    commit(&mut conversations, &mut ids, 511).await;
    assert_eq!(counts(&path), (701, 190));
    are_found(&store, &conversations, &ids).await;

    // Another process sees the same, and goes on with it.
    let other = open(&path).await;
    are_found(&other, &conversations, &ids).await;
    let mut conversations: Vec<_> = conversations
        .into_iter()
        .map(|conversation| Conversation { store: &other, ..conversation })
        .collect();
    commit(&mut conversations, &mut ids, 1).await;
    assert_eq!(counts(&path), (702, 702));
    are_found(&store, &conversations, &ids).await;
    store.check().await.unwrap();
}

/// What a thread's channels are after so many commits: one that is small and changes each time, one that is large every third
/// time, and a log.
fn expected(n: usize) -> BTreeMap<ChannelName, ChannelValue> {
    let last_third = (n - 1) / 3 * 3;
    let items: Vec<_> = (0..n).filter(|number| number % 2 == 0).map(|n| n.to_string()).collect();
    let items: Vec<_> = items.iter().map(String::as_str).collect();
    let text = text(last_third);
    state(&[("log", log(&items)), ("n", value(&(n - 1))), ("text", value(&text))])
}

/// Every other one is too large to stand in the row of its commit.
fn text(number: usize) -> String {
    let bytes = if number.is_multiple_of(2) { 100 } else { 4_000 };
    format!("{number} {}", Random::seeded().text(bytes))
}

#[tokio::test]
async fn changes_are_found_with_a_place_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changes.db");
    let store = open(&path).await;
    let mut conversation = Conversation::begin(&store, "changes").await;
    let mut ids = Vec::new();
    for number in 0..600 {
        let (item, text) = (number.to_string(), text(number));
        let mut changes = vec![("n", set(&number))];
        if number % 2 == 0 {
            changes.push(("log", append(&[&item])));
        }
        if number % 3 == 0 {
            changes.push(("text", set(&text)));
        }
        ids.push(conversation.commit(&changes).await);
        if number == 300 {
            assert_eq!(conversation.state_at(ids[10]).await, expected(11));
        }
    }
    assert_eq!(counts(&path), (600, 307), "most of these commits have two rows");
    let are_all_found = async |conversation: &Conversation<'_>, from: usize| {
        for (number, id) in ids.iter().enumerate().skip(from) {
            assert_eq!(conversation.state_at(*id).await, expected(number + 1), "{number}");
        }
    };
    are_all_found(&conversation, 0).await;
    store.check().await.unwrap();

    // A branch leaves what has a place, and one what has none; by a process that knows nothing of what was written.
    let other = open(&path).await;
    let mut goes_on = Conversation { store: &other, ..conversation };
    for at in [200, 590] {
        let fork = goes_on.fork(Some(ids[at]), &[("n", set("fork"))]).await;
        let mut forked = expected(at + 1);
        forked.insert("n".into(), value("fork"));
        assert_eq!(goes_on.state_at(fork).await, forked, "{at}");
    }
    are_all_found(&goes_on, 0).await;

    // What is left needs changes of commits that are gone.
    let retention = Retention::last(NonZeroUsize::new(22).unwrap());
    assert_eq!(other.prune(Some(goes_on.thread()), &retention).await.unwrap(), 580);
    are_all_found(&goes_on, 580).await;
    other.check().await.unwrap();
    let copy = ThreadId::from("copy");
    other.copy_thread(goes_on.thread(), &copy).await.unwrap();
    let copy = Conversation::on(&other, copy).await;
    are_all_found(&copy, 580).await;
    other.check().await.unwrap();
}

#[tokio::test]
async fn nothing_is_stored_where_it_would_not_be_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beyond.db");
    let store = open(&path).await;
    let mut conversation = Conversation::begin(&store, "beyond").await;
    let head = conversation.commit(&[("n", set(&1))]).await;
    let wrong = "UPDATE counters SET value = 1000 WHERE name = 'placed'";
    Connection::open(&path).unwrap().execute(wrong, ()).unwrap();
    let commit = conversation.prepare(Some(head), &[("n", set(&2))]);
    assert!(conversation.send(commit).await.is_err());
    let mut another = Conversation::begin(&store, "another").await;
    let error = another.send(another.prepare(None, &[("n", set(&3))])).await.unwrap_err();
    assert_eq!(error.code(), StoreErrorCode::StoreCorrupt);
}

/// The check finds nothing, and then that one row was changed.
async fn is_noticed(store: &SqliteStore, path: &Path, wrong: &str) {
    store.check().await.unwrap();
    assert_eq!(Connection::open(path).unwrap().execute(wrong, ()).unwrap(), 1, "{wrong}");
    let found = store.check().await.map_err(|error| error.code());
    assert_eq!(found, Err(StoreErrorCode::StoreCorrupt), "{wrong}");
}

#[tokio::test]
async fn places_that_are_wrong_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let wrongs = [
        "UPDATE counters SET value = value + 1 WHERE name = 'placed'",
        "UPDATE counters SET value = value - 1 WHERE name = 'placed'",
        "UPDATE counters SET value = 1000 WHERE name = 'placed'",
        "DELETE FROM commits WHERE key = 1",
        "DELETE FROM commits WHERE key = 7",
        "DELETE FROM commits WHERE key = 512",
        "UPDATE commits SET id = NULL WHERE key = 590",
        "DELETE FROM stretches WHERE last = 512",
        "UPDATE stretches SET last = last - 1 WHERE last = 512",
        "UPDATE stretches SET first = first + 1 WHERE last = 512",
        "UPDATE stretches SET id = zeroblob(16) WHERE last = 512",
        "UPDATE stretches SET count = count + 1 WHERE last = 512",
        "INSERT INTO stretches SELECT namespace, id, key, key, 1 FROM commits WHERE key = 7",
        "DELETE FROM change_stretches WHERE last = 512",
        "UPDATE change_stretches SET last = last - 1 WHERE last = 512",
        "UPDATE change_stretches SET first = first + 1 WHERE last = 512",
        "UPDATE change_stretches SET seq = seq + 1 WHERE last = 512",
        "INSERT INTO change_stretches SELECT branch, channel, seq, key, key FROM commits WHERE key = 7",
        "INSERT INTO loose_changes (branch, channel, seq, kind, log, length, format, sum, value) \
             SELECT branch, channel, seq, kind, log, length, value_format, change_sum, value \
             FROM commits WHERE key = 7",
        "INSERT INTO loose_changes (branch, channel, seq, kind, sum) \
             SELECT branch, channel, seq, 2, 0 FROM commits WHERE key = 590",
    ];
    for (number, wrong) in wrongs.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        let store = open(&path).await;
        let mut conversation = Conversation::begin(&store, "wrong").await;
        for number in 0..600 {
            conversation.commit(&[("n", set(&number))]).await;
        }
        let latest = conversation.latest().await.unwrap();
        assert_eq!(latest.channels, state(&[("n", value(&599))]));
        is_noticed(&store, &path, wrong).await;
    }
}

#[tokio::test]
async fn what_is_missing_of_logs_and_counters_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let wrongs = [
        "DELETE FROM logs",
        "DELETE FROM items WHERE place = (SELECT min(place) FROM items)",
        "DELETE FROM items WHERE place = (SELECT max(place) FROM items)",
        "UPDATE counters SET value = 0 WHERE name = 'log'",
        "DELETE FROM counters WHERE name = 'log'",
        "DELETE FROM counters WHERE name = 'placed'",
    ];
    for (number, wrong) in wrongs.into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        let store = open(&path).await;
        let mut conversation = Conversation::begin(&store, "logs").await;
        let first = conversation.commit(&[("log", append(&["one", "two"]))]).await;
        conversation.commit(&[("log", append(&["three"]))]).await;
        let fork = conversation.fork(Some(first), &[("log", append(&["other"]))]).await;
        assert_eq!(
            conversation.state_at(fork).await,
            state(&[("log", log(&["one", "two", "other"]))])
        );
        is_noticed(&store, &path, wrong).await;
    }
}

/// A namespace of a thread, in a file and in memory, to which the same is done.
struct Twins<'a> {
    file: Conversation<'a>,
    memory: Conversation<'a>,
    /// All that were committed.
    ids: Vec<CheckpointId>,
}

impl<'a> Twins<'a> {
    async fn begin(file: &'a SqliteStore, memory: &'a MemoryStore, name: &str) -> Self {
        let file = Conversation::begin(file, name).await;
        let memory = Conversation::on(memory, file.thread().clone()).await;
        Self { file, memory, ids: Vec::new() }
    }

    fn within(&self, namespace: &str) -> Self {
        let (file, memory) = (self.file.within(namespace), self.memory.within(namespace));
        Self { file, memory, ids: Vec::new() }
    }

    /// Commits behind the newest checkpoint, or now and then behind another.
    async fn commit(&mut self, random: &mut Random) {
        let ids = if random.below(40) == 0 { self.memory.ids().await } else { Vec::new() };
        let parent = match ids.len() as u64 {
            0 => self.file.head,
            count => ids.get(usize::try_from(random.below(count)).unwrap()).copied(),
        };
        let (number, bytes) = (random.next(), usize::try_from(random.below(600)).unwrap());
        let text = random.text(bytes);
        let mut changes =
            vec![("n", set(&number)), ("text", set(&text)), ("log", append(&[&text]))];
        changes.retain(|_| random.below(3) > 0);
        let commit = self.file.prepare(parent, &changes);
        self.file.send(commit.clone()).await.unwrap();
        self.ids.push(self.memory.send(commit).await.unwrap());
    }

    /// Something of the thread was deleted.
    async fn look_again(&mut self) {
        let head = self.memory.latest().await.map(|latest| latest.head);
        (self.file.head, self.memory.head) = (head, head);
    }

    /// Compares all, and says how many checkpoints the thread has.
    async fn are_alike(&self) -> usize {
        let ids = self.memory.ids().await;
        assert_eq!(self.file.ids().await, ids);
        assert_eq!(self.file.latest().await, self.memory.latest().await);
        for (number, id) in ids.into_iter().enumerate() {
            // Logs grow: to compare all of all would take long.
            if number % 8 == 0 {
                assert_eq!(self.file.at(id).await, self.memory.at(id).await, "{id}");
            }
        }
        // Those that are gone, too.
        for id in &self.ids {
            let selector = CheckpointSelector::NotAfter(*id);
            let (thread, namespace) = (self.file.thread().clone(), self.file.namespace.clone());
            let query = CheckpointQuery { thread, namespace, selector };
            let found = async |store: &dyn CheckpointStore| {
                store.load(&query).await.unwrap().map(|found| found.checkpoint.id)
            };
            assert_eq!(found(self.file.store).await, found(self.memory.store).await, "{id}");
        }
        let filter = CheckpointFilter { limit: usize::MAX, ..CheckpointFilter::default() };
        let thread = self.file.thread();
        let listed = self.file.store.list(thread, &filter).await.unwrap();
        assert_eq!(listed, self.memory.store.list(thread, &filter).await.unwrap());
        listed.len()
    }
}

#[tokio::test]
async fn whatever_is_deleted_what_is_left_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deleted.db");
    let (store, memory) = (open(&path).await, MemoryStore::new());
    let mut random = Random::seeded();
    let mut twins = Vec::new();
    for name in ["a", "b", "c"] {
        let root = Twins::begin(&store, &memory, name).await;
        twins.push(root.within("call:1"));
        twins.push(root);
    }
    for number in 1..=2_900 {
        let at = usize::try_from(random.below(6)).unwrap();
        let run = RunId::new(format!("run-{}", number / 50)).unwrap();
        twins[at].file.run = Some(run);
        twins[at].commit(&mut random).await;
        if number % 700 == 0 {
            let thread = twins[at].file.thread().clone();
            let stores: [&dyn CheckpointStore; 2] = [&store, &memory];
            let mut removed = Vec::new();
            let run = RunId::new(format!("run-{}", random.below(number / 50))).unwrap();
            let retention = NonZeroUsize::new(usize::try_from(random.below(60)).unwrap() + 1);
            for store in stores {
                removed.push(match retention {
                    Some(last) if number % 1_400 == 0 => {
                        store.prune(Some(&thread), &Retention::last(last)).await.unwrap()
                    }
                    Some(_) | None => store.delete_run(&thread, &run).await.unwrap(),
                });
            }
            assert_eq!(removed[0], removed[1]);
            for twins in &mut twins {
                twins.look_again().await;
            }
            store.check().await.unwrap();
        }
    }
    let mut most = 0;
    for twins in &twins {
        most = most.max(twins.are_alike().await);
    }
    assert!(most > 100, "more than are looked at in one go");
    // And by a process that knows nothing of it.
    let other = open(&path).await;
    for twins in twins {
        let file = Conversation { store: &other, ..twins.file };
        Twins { file, ..twins }.are_alike().await;
    }
    let (commits, placed) = counts(&path);
    assert!(0 < placed && placed < commits, "{placed} of {commits}");
}
