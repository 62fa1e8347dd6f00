//! Who compares what the engine has acknowledged with what is stored, and with what is done again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use moss_graph::{Durability, HistoryFilter, Thread};

use super::journal::{self, Journal, Note};
use super::order::{self, Order, SUPERSTEPS};
use super::tally::Tally;
use super::worker::{CLERKS, engine, thread_of};
use crate::engine::home::Home;

/// What is known for certain of an order.
#[derive(Default)]
struct Known {
    /// The newest superstep that is stored: it was acknowledged or found, and so must stay.
    stored: Option<i64>,
    /// Tasks of which is stored what they wrote.
    kept: BTreeSet<String>,
    ran: BTreeSet<String>,
    committed: BTreeSet<i64>,
    receipts: Vec<String>,
    /// The receipt of the payment that is stored.
    payment: Option<String>,
    is_done: bool,
}

pub struct Witness {
    durability: Durability,
    path: PathBuf,
    /// For the graph, which is only looked through.
    journal: Arc<Journal>,
    /// How far the journal has been read.
    place: u64,
    orders: BTreeMap<String, Known>,
    /// How many orders each clerk has done.
    next: [usize; CLERKS],
    pub tally: Tally,
}

impl Witness {
    pub fn new(durability: Durability, path: PathBuf) -> Self {
        let journal = Arc::new(Journal::open(&path));
        let (place, orders, next) = (0, BTreeMap::new(), [0; CLERKS]);
        Self { durability, path, journal, place, orders, next, tally: Tally::default() }
    }

    /// The number of each clerk's next order.
    pub const fn next(&self) -> [usize; CLERKS] {
        self.next
    }

    /// Reads what was written to the journal, and looks at each order that was dealt with since the last look.
    pub async fn look(&mut self, home: &Home) {
        let before = self.next;
        for (thread, note) in journal::read(&self.path, &mut self.place) {
            self.hear(&thread, note);
        }
        let open = home.open().await;
        let engine = engine(&self.journal, open.store());
        for (clerk, before) in before.into_iter().enumerate() {
            while self.is_done(clerk) {
                self.next[clerk] += 1;
            }
            for number in before..=self.next[clerk] {
                let thread = engine.thread(thread_of(clerk, number)).unwrap();
                self.look_at(&thread).await;
            }
        }
        drop(engine);
        open.close().await;
    }

    fn is_done(&self, clerk: usize) -> bool {
        let order = self.orders.get(thread_of(clerk, self.next[clerk]).as_str());
        order.is_some_and(|order| order.is_done)
    }

    /// Takes in what was noted of an order.
    fn hear(&mut self, name: &str, note: Note) {
        let order = self.orders.entry(name.to_owned()).or_default();
        let tally = &mut self.tally;
        let mut repeat = |what: String| tally.repeated.push(format!("{name}: {what}"));
        let is_sync = self.durability == Durability::Sync;
        match note {
            Note::Ran(task) => {
                let superstep = task.split(':').next().unwrap().parse().unwrap();
                if order.stored >= Some(superstep) || order.kept.contains(&task) {
                    repeat(format!("{task} is stored, and ran again"));
                }
                tally.ran_again += usize::from(!order.ran.insert(task));
            }
            // Otherwise it is stored behind the run.
            Note::Kept(task) if is_sync => {
                order.kept.insert(task);
            }
            Note::Kept(_) => {}
            Note::Paid(receipt) => {
                if let Some(payment) = &order.payment {
                    repeat(format!("payment {payment} is stored, and {receipt} is made"));
                }
                tally.paid_again += usize::from(!order.receipts.is_empty());
                order.receipts.push(receipt);
            }
            Note::PaymentStored(receipt) => {
                // Before an effect gives its result, all that came before it is stored, in each mode.
                order.stored = order.stored.max(Some(2));
                let stored = order.payment.get_or_insert_with(|| receipt.clone());
                if *stored != receipt {
                    repeat(format!("payment {stored} is stored, and gives {receipt}"));
                }
            }
            Note::Committed(superstep) => {
                tally.acknowledged += 1;
                if is_sync {
                    if !order.committed.insert(superstep) {
                        repeat(format!("superstep {superstep} is committed twice"));
                    }
                    order.stored = order.stored.max(Some(superstep));
                }
            }
            Note::Done => {
                order.stored = Some(SUPERSTEPS);
                order.is_done = true;
            }
        }
    }

    /// Compares what is stored of an order with what is known of it.
    async fn look_at(&mut self, thread: &Thread<Order>) {
        let name = thread.id().to_string();
        let known = self.orders.entry(name.clone()).or_default();
        self.tally.interrupted += usize::from(!known.is_done && !known.ran.is_empty());
        let Some(found) = thread.state().await.unwrap() else {
            if let Some(stored) = known.stored {
                self.tally.lost.push(format!("{name}: superstep {stored}, and all before it"));
            }
            return;
        };
        if known.stored > Some(found.superstep) {
            let (stored, found) = (known.stored.unwrap(), found.superstep);
            self.tally.lost.push(format!("{name}: superstep {stored}; {found} is there"));
        }
        known.stored = known.stored.max(Some(found.superstep));
        let kept = found.tasks.iter().filter(|task| task.result.is_some());
        known.kept.extend(kept.map(|task| task.id.clone()));

        let committed = thread.state_at(found.checkpoint).await.unwrap().unwrap();
        let receipt = committed.values.receipt.as_deref();
        assert_eq!(*committed.values, order::behind(found.superstep, receipt), "{name}");
        if let Some(receipt) = receipt {
            assert!(known.receipts.iter().any(|paid| paid == receipt), "{name}: {receipt}");
            let payment = known.payment.as_deref().unwrap_or(receipt);
            assert_eq!(receipt, payment, "{name}: the payment that is stored counts");
        }
        // Nothing is committed twice, and nothing is left out.
        let history = thread.history(HistoryFilter::default()).await.unwrap();
        let supersteps: Vec<_> = history.iter().rev().map(|one| one.superstep).collect();
        let all: Vec<_> = std::iter::once(-1).chain(1..=found.superstep).collect();
        assert_eq!(supersteps, all, "{name}");
        if known.is_done {
            assert_eq!((found.superstep, found.next), (SUPERSTEPS, Vec::new()), "{name}");
            self.tally.done += 1;
        }
    }
}
