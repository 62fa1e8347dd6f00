//! An order that goes through five supersteps: the graph whose runs are killed.

use std::sync::Arc;

use moss_graph::{
    Command, Log, Node, NodeContext, NodeError, NodeFuture, START, State, StateGraph,
};

use super::journal::{Journal, Note};

pub const SUPERSTEPS: i64 = 5;

#[derive(Clone, Debug, Default, PartialEq, State)]
#[state(persist)]
pub struct Order {
    /// Who has worked on it, and how many had before.
    #[state(append)]
    pub lines: Log<String>,
    #[state(reducer = add)]
    pub pieces: u64,
    pub receipt: Option<String>,
}

fn add(pieces: &mut u64, more: u64) {
    *pieces += more;
}

/// `take`, then three at once, then `pay`, `pack` and `send`. Each task is noted in the journal when it has run.
pub fn graph(journal: &Arc<Journal>) -> StateGraph<Order> {
    let node = |name: &str| Station { work: Work::of(name), journal: Arc::clone(journal) };
    let names = ["take", "attic", "cellar", "yard", "pay", "pack", "send"];
    names
        .into_iter()
        .fold(StateGraph::new(), |graph, name| graph.node(name, node(name)))
        .edge(START, "take")
        .edge("take", "attic")
        .edge("take", "cellar")
        .edge("take", "yard")
        .join(["attic", "cellar", "yard"], "pay")
        .sequence(["pay", "pack", "send"])
}

/// The order as its input leaves it.
pub fn begin() -> OrderUpdate {
    Order::update().lines(["in".to_owned()])
}

/// The order behind a superstep, with the receipt where there is one by then.
pub fn behind(superstep: i64, receipt: Option<&str>) -> Order {
    let stations: [&[(&str, usize)]; 6] = [
        &[("in", 0)],
        &[("take", 1)],
        &[("attic", 2), ("cellar", 2), ("yard", 2)],
        &[("pay", 5)],
        &[("pack", 6)],
        &[("send", 7)],
    ];
    let done = stations.iter().take(usize::try_from(superstep + 1).unwrap().max(1));
    let lines = done.flat_map(|stations| stations.iter()).map(|(name, before)| match before {
        0 => (*name).to_owned(),
        before => line(name, *before),
    });
    Order {
        lines: lines.collect::<Vec<_>>().into(),
        pieces: if superstep >= 2 { 7 } else { 0 },
        receipt: receipt.filter(|_| superstep >= 3).map(str::to_owned),
    }
}

fn line(name: &str, before: usize) -> String {
    format!("{name} behind {before}")
}

/// Whether a task is one of several of its superstep: what such a task wrote is kept before the others are through.
pub fn is_kept(task: &str) -> bool {
    task.starts_with("2:")
}

/// What a node does beside adding its line.
#[derive(Clone, Copy)]
enum Work {
    Nothing,
    /// Brings pieces, once others have gone on so often: those that run together are through at different times.
    Fetch {
        pieces: u64,
        pauses: u32,
    },
    /// Does what must not be done twice.
    Pay,
}

impl Work {
    fn of(name: &str) -> Self {
        match name {
            "attic" => Self::Fetch { pieces: 1, pauses: 8 },
            "cellar" => Self::Fetch { pieces: 2, pauses: 0 },
            "yard" => Self::Fetch { pieces: 4, pauses: 3 },
            "pay" => Self::Pay,
            _ => Self::Nothing,
        }
    }
}

/// A node of the order's graph.
struct Station {
    work: Work,
    journal: Arc<Journal>,
}

impl Node<Order> for Station {
    fn run(&self, order: Arc<Order>, context: NodeContext) -> NodeFuture<'_, Order> {
        Box::pin(async move {
            let line = line(context.node().as_str(), order.lines.len());
            let mut update = Order::update().lines([line]);
            match self.work {
                Work::Nothing => {}
                Work::Fetch { pieces, pauses } => {
                    for _ in 0..pauses {
                        tokio::task::yield_now().await;
                    }
                    update = update.pieces(pieces);
                }
                Work::Pay => update = update.receipt(Some(self.pay(&context).await?)),
            }
            self.journal.note(context.thread_id(), Note::Ran(context.task().to_string()));
            Ok(Command::update(update))
        })
    }
}

impl Station {
    async fn pay(&self, context: &NodeContext) -> Result<String, NodeError> {
        let pay = async {
            let receipt = self.journal.receipt();
            self.journal.note(context.thread_id(), Note::Paid(receipt.clone()));
            Ok::<_, NodeError>(receipt)
        };
        let receipt = context.effect("pay", pay).await?;
        self.journal.note(context.thread_id(), Note::PaymentStored(receipt.clone()));
        Ok(receipt)
    }
}
