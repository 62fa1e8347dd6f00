//! What is kept of a run, and where: the data of checkpoints, the [`CheckpointStore`] and a store in memory.
//!
//! A *thread* is a conversation. Each of its *namespaces* (the graph itself, and every subgraph) is a chain of
//! *checkpoints*, one for each committed superstep; a checkpoint whose parent is not the newest one begins a
//! *branch*. Between two checkpoints stand the *pending writes*: what the tasks of the superstep under way have
//! finished. Who may write to a thread holds its *lease*, whose *epoch* fences off whoever held it before.
//!
//! A commit says what changed, and costs what changed: a field that a superstep did not write is not mentioned,
//! and the items of a log are stored once for the whole thread.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use moss_graph::checkpoint::{
//!     Blob, ChannelChange, ChannelName, ChannelValue, Checkpoint, CheckpointId, CheckpointQuery,
//!     CheckpointSource, CheckpointStore, Commit, LeaseRequest, MemoryStore, Namespace, ThreadId, Timestamp,
//! };
//! # use moss_graph::checkpoint::JsonObject;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new();
//! let thread = ThreadId::from("conversation");
//! let lease =
//!     store.acquire(&LeaseRequest::new(thread.clone(), "worker-1", Duration::from_secs(30))).await?;
//!
//! let now = Timestamp::now();
//! let checkpoint = Checkpoint {
//!     id: CheckpointId::next(None, now),
//!     parent: None,
//!     superstep: -1,
//!     source: CheckpointSource::Input,
//!     created_at: now,
//!     run: None,
//!     metadata: JsonObject::new(),
//!     progress: Blob::encode(&"what the engine needs to go on")?,
//! };
//! let messages = ChannelName::from("messages");
//! let commit = Commit::new(Namespace::root(), None, checkpoint)
//!     .change(messages.clone(), ChannelChange::Append(vec![Blob::encode(&"Weather?")?]));
//! store.commit(&lease, Arc::new(commit)).await?;
//!
//! let stored = store.load(&CheckpointQuery::latest(thread, Namespace::root())).await?;
//! let stored = stored.ok_or("there is a checkpoint")?;
//! let Some(ChannelValue::Log(log)) = stored.channels.get(&messages) else {
//!     return Err("messages are a log".into());
//! };
//! assert_eq!(log[0].decode::<String>()?, "Weather?");
//! # Ok(())
//! # }
//! ```

mod blob;
mod channel;
mod commit;
mod error;
mod id;
mod lease;
mod memory;
mod names;
mod query;
mod record;
mod retention;
mod store;
mod timestamp;
mod writes;

pub use blob::{Blob, BlobError, BlobFormat, MAX_BYTES, MAX_DEPTH, MAX_VALUES};
pub use channel::{ChannelChange, ChannelValue};
pub use commit::{Commit, CommitProblem};
pub use error::{Cause, StoreError, StoreErrorCode};
pub use id::{CheckpointId, InvalidCheckpointId};
pub use lease::{Epoch, Lease, LeaseMode, LeaseRequest};
pub use memory::MemoryStore;
pub use moss_protocol::{JsonObject, ThreadId};
pub use names::{ChannelName, MAX_NAME_BYTES, NameProblem, Namespace, TaskKey, check_name};
pub use query::{CheckpointFilter, CheckpointQuery, CheckpointSelector};
pub use record::{Checkpoint, CheckpointSource, ListedCheckpoint, StoredCheckpoint};
pub use retention::Retention;
pub use store::CheckpointStore;
pub use timestamp::Timestamp;
pub use writes::{PendingWrite, PendingWrites, WriteKind};
