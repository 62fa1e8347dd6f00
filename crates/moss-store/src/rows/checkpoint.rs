//! Rows of checkpoints.

use std::borrow::Cow;

use bytes::Bytes;
use moss_graph::RunId;
use moss_graph::checkpoint::{
    Blob, Checkpoint, CheckpointId, CheckpointSource, JsonObject, StoreError, Timestamp,
};

use super::sum::Sum;
use super::{BranchKey, Digest, NamespaceKey, Point, blob, damaged, signed, unsigned};

/// A checkpoint and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct CheckpointRow {
    pub(crate) point: Point,
    /// Of all changes that make up the state.
    pub(crate) digest: Digest,
    pub(crate) checkpoint: Checkpoint,
}

impl CheckpointRow {
    pub(crate) const fn predecessor(&self) -> Predecessor {
        Predecessor { id: self.checkpoint.id, point: self.point, digest: self.digest }
    }
}

/// What a commit needs of the checkpoint it comes behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Predecessor {
    pub(crate) id: CheckpointId,
    pub(crate) point: Point,
    /// Of all changes that make up the state.
    pub(crate) digest: Digest,
}

/// What is needed of a checkpoint to decide whether it stays.
#[derive(Debug, Clone)]
pub(crate) struct CheckpointKey {
    pub(crate) id: CheckpointId,
    pub(crate) point: Point,
    pub(crate) created_at: Timestamp,
    pub(crate) run: Option<String>,
}

/// The columns of a checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct StoredCheckpointRow<'a> {
    pub(crate) namespace: i64,
    pub(crate) id: [u8; 16],
    pub(crate) branch: i64,
    pub(crate) seq: i64,
    pub(crate) parent: Option<[u8; 16]>,
    pub(crate) superstep: i64,
    pub(crate) source: Cow<'a, str>,
    pub(crate) created_at: i64,
    pub(crate) run: Option<Cow<'a, str>>,
    pub(crate) metadata: Cow<'a, str>,
    pub(crate) format: i64,
    pub(crate) progress: Bytes,
    pub(crate) digest: i64,
    pub(crate) sum: i64,
}

/// The columns, in the order in which they are read and written.
pub(crate) const COLUMNS: &str = "namespace, id, branch, seq, parent, superstep, source, created_at, \
     run, metadata, format, progress, digest, sum";

impl<'a> StoredCheckpointRow<'a> {
    pub(crate) fn encode(
        namespace: NamespaceKey,
        row: &'a CheckpointRow,
    ) -> Result<Self, StoreError> {
        let CheckpointRow { point, digest, checkpoint } = row;
        let mut stored = Self {
            namespace: namespace.0,
            id: checkpoint.id.to_bytes(),
            branch: point.branch.0,
            seq: point.seq,
            parent: checkpoint.parent.map(CheckpointId::to_bytes),
            superstep: checkpoint.superstep,
            source: checkpoint.source.as_str().into(),
            created_at: signed(checkpoint.created_at.as_millis()),
            run: checkpoint.run.as_ref().map(|run| run.as_str().into()),
            metadata: metadata_text(&checkpoint.metadata)?,
            format: checkpoint.progress.format().number().into(),
            progress: checkpoint.progress.bytes().clone(),
            digest: digest.0,
            sum: 0,
        };
        stored.sum = stored.sum();
        Ok(stored)
    }

    pub(crate) fn decode(self) -> Result<CheckpointRow, StoreError> {
        let what = "a checkpoint";
        if self.sum() != self.sum {
            return Err(damaged(format!("{what} is not as it was written")));
        }
        let source = CheckpointSource::from_name(&self.source);
        let checkpoint = Checkpoint {
            id: id(&self.id)?,
            parent: self.parent.as_ref().map(|parent| id(parent)).transpose()?,
            superstep: self.superstep,
            source: source.ok_or_else(|| damaged("a checkpoint has an unknown source"))?,
            created_at: millis(self.created_at)?,
            run: self.run.map(run_id).transpose()?,
            metadata: metadata(self.metadata)?,
            progress: blob(what, self.format, self.progress)?,
        };
        let point = Point { branch: BranchKey(self.branch), seq: self.seq };
        Ok(CheckpointRow { point, digest: Digest(self.digest), checkpoint })
    }

    fn sum(&self) -> i64 {
        Sum::of("checkpoint")
            .number(self.namespace)
            .bytes(&self.id)
            .number(self.branch)
            .number(self.seq)
            .optional(self.parent.as_ref().map(<[u8; 16]>::as_slice), Sum::bytes)
            .number(self.superstep)
            .text(&self.source)
            .number(self.created_at)
            .optional(self.run.as_deref(), Sum::text)
            .text(&self.metadata)
            .number(self.format)
            .bytes(&self.progress)
            .number(self.digest)
            .finish()
    }
}

impl CheckpointKey {
    pub(crate) fn decode(
        bytes: &[u8],
        point: Point,
        created_at: i64,
        run: Option<String>,
    ) -> Result<Self, StoreError> {
        Ok(Self { id: id(bytes)?, point, created_at: millis(created_at)?, run })
    }
}

fn id(bytes: &[u8]) -> Result<CheckpointId, StoreError> {
    let bytes: Option<[u8; 16]> = bytes.try_into().ok();
    let id = bytes.and_then(|bytes| CheckpointId::from_bytes(bytes).ok());
    id.ok_or_else(|| damaged("a checkpoint has no valid id"))
}

fn run_id(text: Cow<'_, str>) -> Result<RunId, StoreError> {
    RunId::new(text).map_err(|_| damaged("a checkpoint has a run without an id"))
}

fn millis(number: i64) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_millis(unsigned("the time of a checkpoint", number)?))
}

fn metadata_text(metadata: &JsonObject) -> Result<Cow<'static, str>, StoreError> {
    if metadata.is_empty() {
        return Ok("{}".into());
    }
    let text = Blob::encode(metadata)?;
    Ok(String::from_utf8_lossy(text.bytes()).into_owned().into())
}

fn metadata(text: Cow<'_, str>) -> Result<JsonObject, StoreError> {
    let format = moss_graph::checkpoint::BlobFormat::Json.number();
    Ok(Blob::from_stored(format, text.into_owned().into_bytes())?.decode()?)
}
