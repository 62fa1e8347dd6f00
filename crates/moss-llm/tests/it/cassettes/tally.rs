//! Settles recorded exchanges one by one, and tells what there was of each provider.

use std::collections::BTreeMap;
use std::fmt;

use super::recordings::Exchange;

/// What a recorded exchange was, once it is settled.
pub(super) enum Settled {
    /// An error status.
    Refused,
    /// A stream of so many leaves.
    Streamed(usize),
    /// An answer in one piece of so many leaves.
    Whole(usize),
}

#[derive(Default)]
struct Counts {
    exchanges: usize,
    streamed: usize,
    refused: usize,
    leaves: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchanges, streamed, refused, leaves } = self;
        let decoded = exchanges - refused;
        write!(
            f,
            "{exchanges} exchanges, {streamed} streamed, {decoded} decoded, {refused} with an error status, {leaves} leaves"
        )
    }
}

/// Settles all exchanges. Gives a line for each folder.
pub(super) fn tally(exchanges: &[Exchange], settle: impl Fn(&Exchange) -> Settled) -> String {
    let mut folders = BTreeMap::<&str, Counts>::new();
    for exchange in exchanges {
        let counts = folders.entry(&exchange.folder).or_default();
        counts.exchanges += 1;
        match settle(exchange) {
            Settled::Refused => counts.refused += 1,
            Settled::Streamed(leaves) => {
                counts.streamed += 1;
                counts.leaves += leaves;
            }
            Settled::Whole(leaves) => counts.leaves += leaves,
        }
    }
    let lines = folders.iter().map(|(folder, counts)| format!("{folder}: {counts}"));
    lines.collect::<Vec<_>>().join("\n")
}
