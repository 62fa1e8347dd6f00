//! Checkpoints and branches in SQLite.

use std::borrow::Cow;
use std::sync::LazyLock;

use moss_graph::checkpoint::{CheckpointId, CheckpointSelector, StoreError};
use rusqlite::types::Type;
use rusqlite::{Error, Row, ToSql, params, params_from_iter};

use super::changes::Compressed;
use super::stretches::{CommitRow, UNPLACED};
use super::{Known, SqliteRows, compression};
use crate::calls::{CheckpointRows, LINEAGE_IS_A_LOOP};
use crate::rows::{
    BranchKey, CHECKPOINT_COLUMNS, CheckpointKey, CheckpointRow, NamespaceKey, Point, Predecessor,
    StoredChange, StoredCheckpointRow, damaged, signed,
};

/// Greater than any id.
const BEHIND_ALL: &[u8] = &[u8::MAX; 17];

/// The row of a checkpoint. Made once: one is inserted for each superstep that is stored.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    format!("INSERT INTO commits ({CHECKPOINT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
});

/// The same with a change.
static INSERT_WITH_CHANGE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO commits ({CHECKPOINT_COLUMNS}, \
             channel, kind, log, length, value_format, value, change_sum) \
         VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    )
});

/// The row of a change alone.
const INSERT_CHANGE: &str = "INSERT INTO commits \
     (namespace, branch, seq, channel, kind, log, length, value_format, value, change_sum) \
     VALUES (?,?,?,?,?,?,?,?,?,?)";

impl CheckpointRows for SqliteRows<'_> {
    async fn checkpoint(
        &mut self,
        namespace: NamespaceKey,
        selector: CheckpointSelector,
    ) -> Result<Option<CheckpointRow>, StoreError> {
        // A new thread is looked for when it is opened.
        if self.knows(|known| known.head(namespace) == Some(None)) {
            return Ok(None);
        }
        match selector {
            CheckpointSelector::Latest => self.latest(namespace),
            CheckpointSelector::At(id) => self.checkpoint_at(namespace, id),
            CheckpointSelector::NotAfter(id) => {
                // The next greater thing.
                let behind = [&id.to_bytes()[..], &[0]].concat();
                Ok(self.checkpoints(namespace, &behind, 1)?.pop())
            }
        }
    }

    async fn newest(&mut self, namespace: NamespaceKey) -> Result<Option<Predecessor>, StoreError> {
        if let Some(newest) = self.known(|known| known.head(namespace)) {
            return Ok(newest);
        }
        let newest = self.checkpoint(namespace, CheckpointSelector::Latest).await?;
        let newest = newest.as_ref().map(CheckpointRow::predecessor);
        self.note(|known| known.set_head(namespace, newest));
        Ok(newest)
    }

    async fn checkpoints_before(
        &mut self,
        namespace: NamespaceKey,
        before: Option<CheckpointId>,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        match before {
            None => self.checkpoints(namespace, BEHIND_ALL, limit),
            Some(before) => self.checkpoints(namespace, &before.to_bytes(), limit),
        }
    }

    async fn checkpoint_keys(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<CheckpointKey>, StoreError> {
        let sql = "SELECT id, branch, seq, created_at, run FROM found_commits \
                   WHERE namespace = ?1 AND id IS NOT NULL ORDER BY id";
        let rows = self.all(sql, [namespace.0], |row| {
            let point = Point { branch: BranchKey(row.get(1)?), seq: row.get(2)? };
            Ok((row.get::<_, Vec<u8>>(0)?, point, row.get(3)?, row.get(4)?))
        })?;
        let keys = rows
            .into_iter()
            .map(|(id, point, created_at, run)| CheckpointKey::decode(&id, point, created_at, run));
        keys.collect()
    }

    async fn insert_checkpoint(
        &mut self,
        namespace: NamespaceKey,
        row: &CheckpointRow,
        changes: &[StoredChange],
    ) -> Result<(), StoreError> {
        let predecessor = row.predecessor();
        // The last of the small ones stands in the checkpoint's row.
        let mut with_checkpoint = None;
        for change in changes.iter().map(Compressed::of) {
            if !change.is_small() {
                self.insert_change(&change)?;
            } else if let Some(before) = with_checkpoint.replace(change) {
                self.insert_small(namespace, &before)?;
            }
        }

        let row = StoredCheckpointRow::encode(namespace, row)?;
        let (format, progress) = compression::compress(row.format, &row.progress);
        let progress = &*progress;
        let checkpoint: [&dyn ToSql; 14] = [
            &row.namespace,
            &row.id,
            &row.branch,
            &row.seq,
            &row.parent,
            &row.superstep,
            &row.source,
            &row.created_at,
            &row.run,
            &row.metadata,
            &format,
            &progress,
            &row.digest,
            &row.sum,
        ];
        let key = match &with_checkpoint {
            None => self.insert(&INSERT, &checkpoint[..])?,
            Some(Compressed { change, format, value }) => {
                let StoredChange { channel, kind, log, length, sum, .. } = change;
                let (channel, value) = (channel.as_str(), value.as_deref());
                let change: [&dyn ToSql; 7] = [&channel, kind, log, length, format, &value, sum];
                let values = params_from_iter(checkpoint.into_iter().chain(change));
                self.insert(&INSERT_WITH_CHANGE, values)?
            }
        };
        let change = with_checkpoint.map(|with| with.change);
        let Predecessor { id, point, .. } = predecessor;
        self.note_row(CommitRow { key, namespace, id: Some(id), point, channel: None }, change)?;
        self.note(|known| known.add_checkpoint(namespace, predecessor));
        self.place_some(key)
    }

    async fn delete_checkpoints(
        &mut self,
        namespace: NamespaceKey,
        ids: &[CheckpointId],
    ) -> Result<(), StoreError> {
        self.delete_commits(namespace, ids)
    }

    async fn has_gone_on(
        &mut self,
        namespace: NamespaceKey,
        row: &Predecessor,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM found_commits \
                       WHERE namespace = ?1 AND upto > ?2 AND id > ?2 AND branch = ?3) \
                   OR EXISTS (SELECT 1 FROM branches WHERE parent = ?3 AND parent_seq > ?4)";
        let (Point { branch, seq }, id) = (row.point, row.id.to_bytes());
        let gone_on = self.one(sql, params![namespace.0, id, branch.0, seq], |row| row.get(0))?;
        Ok(gone_on.unwrap_or(false))
    }

    async fn lineage(&mut self, point: Point) -> Result<Vec<Point>, StoreError> {
        let sql = "SELECT parent, parent_seq FROM branches WHERE key = ?1";
        let mut lineage = vec![point];
        let mut branch = point.branch;
        // The first branch of a thread's root namespace has no row.
        while branch.0 >= 0 && !self.knows(|known| known.is_first(branch)) {
            let parent = self.one(sql, [branch.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            match parent.ok_or_else(|| damaged("a branch is missing"))? {
                (Some(parent), Some(seq)) if parent < branch.0 => {
                    branch = BranchKey(parent);
                    lineage.push(Point { branch, seq });
                }
                (Some(_), _) => return Err(damaged(LINEAGE_IS_A_LOOP)),
                (None, _) => {
                    self.note(|known| known.set_first(branch));
                    break;
                }
            }
        }
        Ok(lineage)
    }

    async fn branches(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<(BranchKey, Option<Point>)>, StoreError> {
        let sql = "SELECT key, parent, parent_seq FROM branches WHERE namespace = ?1 \
                   UNION ALL SELECT ?1, NULL, NULL WHERE ?1 < 0";
        self.all(sql, [namespace.0], |row| {
            let begins_at = row.get::<_, Option<i64>>(1)?.zip(row.get::<_, Option<i64>>(2)?);
            let begins_at = begins_at.map(|(branch, seq)| Point { branch: BranchKey(branch), seq });
            Ok((BranchKey(row.get(0)?), begins_at))
        })
    }

    async fn insert_branch(
        &mut self,
        namespace: NamespaceKey,
        begins_at: Option<Point>,
    ) -> Result<BranchKey, StoreError> {
        let sql = "INSERT INTO branches (namespace, parent, parent_seq) VALUES (?1, ?2, ?3)";
        let parent = begins_at.map(|point| point.branch.0);
        let seq = begins_at.map(|point| point.seq);
        let branch = self.insert(sql, params![namespace.0, parent, seq]).map(BranchKey)?;
        if begins_at.is_none() {
            self.note(|known| known.add_first(branch));
        }
        Ok(branch)
    }

    async fn delete_branches(&mut self, branches: &[BranchKey]) -> Result<(), StoreError> {
        self.note(Known::forget);
        let sql = "DELETE FROM branches WHERE key = ?1";
        branches.iter().try_for_each(|branch| self.execute(sql, [branch.0]))
    }
}

impl SqliteRows<'_> {
    /// Inserts a change that has a row of its commit.
    fn insert_small(
        &mut self,
        namespace: NamespaceKey,
        row: &Compressed<'_>,
    ) -> Result<(), StoreError> {
        let Compressed { change, format, value } = row;
        let StoredChange { branch, seq, channel, kind, log, length, sum, .. } = change;
        let (channel, value) = (channel.as_str(), value.as_deref());
        let values =
            params![namespace.0, branch, seq, channel, kind, log, length, format, value, sum];
        let key = self.insert(INSERT_CHANGE, values)?;
        let point = Point { branch: BranchKey(*branch), seq: *seq };
        self.note_row(CommitRow { key, namespace, id: None, point, channel: None }, Some(change))
    }

    /// Notes a row of a commit that was added, and the change in it.
    fn note_row(
        &mut self,
        mut row: CommitRow,
        change: Option<&StoredChange>,
    ) -> Result<(), StoreError> {
        if let Some(change) = change {
            row.channel = Some(change.channel.clone());
            self.note_change(change)?;
        }
        self.note(|known| known.add_unplaced(row));
        Ok(())
    }

    /// The newest checkpoint.
    fn latest(&self, namespace: NamespaceKey) -> Result<Option<CheckpointRow>, StoreError> {
        // A place without its checkpoint gives columns that are null, which is damage, and not a namespace without checkpoints.
        let sql = format!(
            "WITH newest (place) AS (SELECT coalesce( \
                 (SELECT max(key) FROM {UNPLACED} AND namespace = ?1), \
                 (SELECT last FROM stretches WHERE namespace = ?1 ORDER BY id DESC LIMIT 1))) \
             SELECT {CHECKPOINT_COLUMNS} FROM newest LEFT JOIN commits \
                 ON key = place AND namespace = ?1 WHERE place IS NOT NULL"
        );
        self.one(&sql, [namespace.0], read)?.map(StoredCheckpointRow::decode).transpose()
    }

    /// The checkpoint with an id, if there is one.
    fn checkpoint_at(
        &self,
        namespace: NamespaceKey,
        id: CheckpointId,
    ) -> Result<Option<CheckpointRow>, StoreError> {
        let placed = format!(
            "WITH stretch AS ( \
                 SELECT first, last FROM stretches WHERE namespace = ?1 AND id >= ?2 ORDER BY id LIMIT 1) \
             SELECT {CHECKPOINT_COLUMNS} FROM stretch CROSS JOIN commits ON key BETWEEN first AND last \
             WHERE namespace = ?1 AND id = ?2"
        );
        let unplaced =
            format!("SELECT {CHECKPOINT_COLUMNS} FROM {UNPLACED} AND namespace = ?1 AND id = ?2");
        for sql in [placed, unplaced] {
            if let Some(row) = self.one(&sql, params![namespace.0, id.to_bytes()], read)? {
                return row.decode().map(Some);
            }
        }
        Ok(None)
    }

    /// The newest of the checkpoints before something that is compared with their ids, the newest first.
    fn checkpoints(
        &self,
        namespace: NamespaceKey,
        before: &[u8],
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        // They are the newest: most pages of a long list are behind them.
        let unplaced = format!(
            "SELECT {CHECKPOINT_COLUMNS} FROM {UNPLACED} AND namespace = ?1 AND id < ?2 \
                 AND NOT EXISTS (SELECT 1 FROM stretches WHERE namespace = ?1 AND id >= ?2) \
             ORDER BY key DESC LIMIT ?3"
        );
        // The first stretch may reach over what is looked for. All are read backwards, no further than to the limit.
        let placed = format!(
            "WITH found (upto, first, last) AS ( \
                 SELECT id, first, last FROM stretches WHERE namespace = ?1 AND id <= coalesce( \
                     (SELECT min(id) FROM stretches WHERE namespace = ?1 AND id >= ?2), ?2)) \
             SELECT {CHECKPOINT_COLUMNS} FROM found CROSS JOIN commits \
                 ON key BETWEEN first AND last AND namespace = ?1 AND id < ?2 \
             ORDER BY upto DESC, key DESC LIMIT ?3"
        );
        let mut rows = Vec::new();
        for sql in [unplaced, placed] {
            let left = signed(limit - rows.len());
            rows.extend(self.all(&sql, params![namespace.0, before, left], read)?);
        }
        rows.into_iter().map(StoredCheckpointRow::decode).collect()
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredCheckpointRow<'static>> {
    let text = |column| row.get::<_, String>(column);
    let (format, progress) = compression::read(row, 10, 11)?;
    Ok(StoredCheckpointRow {
        namespace: row.get(0)?,
        id: row.get(1)?,
        branch: row.get(2)?,
        seq: row.get(3)?,
        parent: row.get(4)?,
        superstep: row.get(5)?,
        source: text(6)?.into(),
        created_at: row.get(7)?,
        run: row.get::<_, Option<String>>(8)?.map(Cow::from),
        metadata: text(9)?.into(),
        format,
        progress,
        digest: row.get(12)?,
        sum: row.get(13)?,
    })
}

pub(super) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<CheckpointId> {
    CheckpointId::from_bytes(row.get(column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
}
