//! What checkpoints are made of, and the store in memory. What every store does alike is tested in moss-store.

mod blobs;
mod ids;
mod memory;
mod retention;
