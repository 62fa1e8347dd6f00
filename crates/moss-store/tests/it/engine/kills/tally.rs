//! What is counted while processes are killed.

use std::fmt;

/// What has been counted, and what must be 0.
#[derive(Debug, Default)]
pub struct Tally {
    pub kills: usize,
    /// Runs that were under way when their process was killed.
    pub interrupted: usize,
    /// Orders that are done, and were found to be as they should.
    pub done: usize,
    /// Supersteps that were acknowledged as committed.
    pub acknowledged: usize,
    /// Tasks that ran again since what they wrote was not stored.
    pub ran_again: usize,
    /// Payments that were made again since they were not stored.
    pub paid_again: usize,
    /// What was acknowledged or found, and then was not there.
    pub lost: Vec<String>,
    /// What was stored, and was done again.
    pub repeated: Vec<String>,
}

impl Tally {
    pub fn assert_nothing_lost_or_repeated(&self) {
        assert!(self.lost.is_empty() && self.repeated.is_empty(), "{self}\n{self:#?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills, {} runs interrupted, {} done; {} supersteps acknowledged, {} lost, {} repeated; what was not stored \
             was done again: {} tasks, {} payments",
            self.kills,
            self.interrupted,
            self.done,
            self.acknowledged,
            self.lost.len(),
            self.repeated.len(),
            self.ran_again,
            self.paid_again,
        )
    }
}
