//! Values of channels, and how a superstep changes them.

use super::Blob;
use crate::Log;

/// What a superstep did to one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelChange {
    /// The channel has this value now, whatever it was.
    Set(Blob),
    /// These items stand behind those of the channel's log, or begin it.
    Append(Vec<Blob>),
    /// Of the channel's log the first items stay, and others stand behind them: an item was replaced or removed. The
    /// items that stay are not stored again.
    Rewrite {
        /// How many items stay: at most as many as there are. With 0 the log begins anew.
        keep: usize,
        /// The items behind them.
        items: Vec<Blob>,
    },
    /// The channel has no value any more.
    Clear,
}

/// The value of a channel at a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelValue {
    /// A value that is stored whole whenever it changes.
    Value(Blob),
    /// A list each of whose items is stored once.
    Log(Log<Blob>),
}
