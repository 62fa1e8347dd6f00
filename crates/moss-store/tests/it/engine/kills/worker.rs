//! The process that is killed: clerks who deal with one order after the other.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures::StreamExt;
use moss_graph::checkpoint::{CheckpointStore, ThreadId};
use moss_graph::{
    BusyThread, Durability, EmptyInput, Ending, Input, NodeName, Observer, Outcome, RunError,
    RunFailure, RunOptions, StateGraphEngine, StreamMode, StreamOptions, StreamPayload,
    TaskOutcome, Thread,
};

use super::journal::{Journal, Note};
use super::order::{self, Order};
use crate::engine::home::Home;
use crate::process;

/// How many orders are dealt with at a time.
pub const CLERKS: usize = 3;

/// Where the orders are kept; unset in all other processes.
const HOME: &str = "MOSS_TEST_KILLS_HOME";
/// The journal's path.
const JOURNAL: &str = "MOSS_TEST_KILLS_JOURNAL";
const DURABILITY: &str = "MOSS_TEST_KILLS_DURABILITY";
/// The number of each clerk's next order.
const NEXT: &str = "MOSS_TEST_KILLS_NEXT";
/// Set where each clerk deals with one order only.
const LAST: &str = "MOSS_TEST_KILLS_LAST";

/// A worker process. It goes on for ever, unless these are the last orders.
pub fn command(
    home: &Home,
    journal: &Path,
    durability: Durability,
    next: [usize; CLERKS],
    is_last: bool,
) -> Command {
    let mut command = process::child("engine::kills::worker::child");
    command.env(HOME, home.to_string()).env(JOURNAL, journal);
    command
        .env(DURABILITY, format!("{durability:?}"))
        .env(NEXT, next.map(|n| n.to_string()).join(" "));
    if is_last {
        command.env(LAST, "1");
    }
    command
}

/// The thread of a clerk's order.
pub fn thread_of(clerk: usize, number: usize) -> ThreadId {
    format!("{clerk}-{number}").into()
}

/// The engine of the orders in a store.
pub fn engine(journal: &Arc<Journal>, store: Arc<dyn CheckpointStore>) -> StateGraphEngine<Order> {
    let graph = order::graph(journal).compile().unwrap();
    StateGraphEngine::persistent(graph, Order::default()).with_store(store)
}

#[test]
#[ignore = "the child of the tests beside it"]
fn child() {
    let Ok(home) = std::env::var(HOME) else { return };
    let home: Home = home.parse().unwrap();
    let set = |name| std::env::var(name).unwrap();
    let journal = Arc::new(Journal::open(Path::new(&set(JOURNAL))));
    let durability = match set(DURABILITY).as_str() {
        "Sync" => Durability::Sync,
        "Async" => Durability::Async,
        other => panic!("{other}"),
    };
    let next: Vec<usize> = set(NEXT).split(' ').map(|number| number.parse().unwrap()).collect();
    let orders = if std::env::var_os(LAST).is_some() { 1 } else { usize::MAX };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(home.visit(async |store| {
        let engine = engine(&journal, store);
        let clerks = next.iter().enumerate().map(async |(clerk, next)| {
            for number in (*next..).take(orders) {
                let thread = engine.thread(thread_of(clerk, number)).unwrap();
                deal_with(&thread, &journal, durability).await;
            }
        });
        futures::future::join_all(clerks).await;
    }));
}

/// Goes on with an order, or begins it.
async fn deal_with(thread: &Thread<Order>, journal: &Arc<Journal>, durability: Durability) {
    // Whether something is stored is known for certain by who holds the thread only: a commit of the process that was
    // killed may arrive until then.
    let outcome = match run(thread, journal, durability, Input::Continue).await {
        Err(error) if is_new(error.failure()) => {
            run(thread, journal, durability, Input::Update(order::begin())).await
        }
        outcome => outcome,
    };
    assert_eq!(outcome.unwrap().ending, Ending::Done);
    journal.note(Some(thread.id()), Note::Done);
}

fn is_new(failure: &RunFailure) -> bool {
    matches!(failure, RunFailure::EmptyInput(EmptyInput::NewThread))
}

async fn run(
    thread: &Thread<Order>,
    journal: &Arc<Journal>,
    durability: Durability,
    input: Input<Order>,
) -> Result<Outcome<Order>, RunError<Order>> {
    let follower = Follower { journal: Arc::clone(journal), thread: thread.id().clone() };
    let options = RunOptions {
        durability,
        // The process that had the thread was killed: nobody gives its lease back.
        busy: BusyThread::Interrupt,
        observer: Some(Arc::new(follower)),
        ..RunOptions::default()
    };
    let mut stream = thread.stream(input, options, StreamOptions::of([StreamMode::Tasks]));
    while let Some(event) = stream.next().await {
        if let StreamPayload::TaskFinished { id, outcome: TaskOutcome::Wrote(_), .. } =
            event.payload
            && order::is_kept(&id)
        {
            journal.note(Some(thread.id()), Note::Kept(id));
        }
    }
    stream.outcome().await
}

/// Notes which supersteps the engine says are committed.
struct Follower {
    journal: Arc<Journal>,
    thread: ThreadId,
}

impl Observer for Follower {
    fn superstep_committed(&self, superstep: u64, _: &[NodeName]) {
        let superstep = i64::try_from(superstep).unwrap();
        self.journal.note(Some(&self.thread), Note::Committed(superstep));
    }
}
