//! Checkpoints and branches in SQLite.

use std::sync::LazyLock;

use moss_graph::checkpoint::{CheckpointId, CheckpointSelector, StoreError};
use rusqlite::{Params, Row, ToSql, params, params_from_iter};

use super::changes::Compressed;
use super::{Known, SqliteRows, compression};
use crate::calls::{CheckpointRows, LINEAGE_IS_A_LOOP};
use crate::rows::{
    BranchKey, CHECKPOINT_COLUMNS, CheckpointKey, CheckpointRow, NamespaceKey, Point, Predecessor,
    StoredChange, StoredCheckpointRow, damaged, signed,
};

/// How many checkpoints are given their places at once. To give each its place at once would write one more page for each; to find one
/// means to look at all that have none.
const PLACED_AT_ONCE: i64 = 512;

/// Made once: a checkpoint is inserted for each superstep that is stored.
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
        let found = match selector {
            CheckpointSelector::Latest => {
                self.checkpoints("namespace = ?1", "1", params![namespace.0])
            }
            CheckpointSelector::At(id) => self.checkpoint_at(namespace, id),
            CheckpointSelector::NotAfter(id) => self.checkpoints(
                "namespace = ?1 AND id <= ?2",
                "1",
                params![namespace.0, id.to_bytes()],
            ),
        };
        Ok(found?.pop())
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
        let limit = signed(limit);
        match before {
            None => self.checkpoints("namespace = ?1", "?2", params![namespace.0, limit]),
            Some(before) => self.checkpoints(
                "namespace = ?1 AND id < ?2",
                "?3",
                params![namespace.0, before.to_bytes(), limit],
            ),
        }
    }

    async fn checkpoint_keys(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<CheckpointKey>, StoreError> {
        let sql = "SELECT c.id, branch, seq, created_at, run FROM found_checkpoints f \
                       JOIN commits c ON c.key = f.checkpoint \
                   WHERE f.namespace = ?1 ORDER BY f.id";
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
        let mut changes = changes.iter().map(Compressed::of).peekable();
        let inline = changes.next_if(Compressed::is_small);
        changes.try_for_each(|change| self.insert_change(&change))?;
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
        let key = match inline {
            None => self.insert(&INSERT, &checkpoint[..])?,
            Some(Compressed { change, format, value }) => {
                let StoredChange { channel, kind, log, length, sum, .. } = change;
                let value = value.as_deref();
                let inline: [&dyn ToSql; 7] = [channel, kind, log, length, &format, &value, sum];
                let values = params_from_iter(checkpoint.into_iter().chain(inline));
                let key = self.insert(&INSERT_WITH_CHANGE, values)?;
                self.note_change(change)?;
                key
            }
        };
        self.note(|known| known.add_checkpoint(namespace, predecessor));
        let placed = self.placed()?;
        if key <= placed {
            return Err(damaged("checkpoints have places that are not there yet"));
        }
        if key - placed >= PLACED_AT_ONCE { self.place(placed, key) } else { Ok(()) }
    }

    async fn delete_checkpoints(
        &mut self,
        namespace: NamespaceKey,
        ids: &[CheckpointId],
    ) -> Result<(), StoreError> {
        self.place_all()?;
        for id in ids {
            self.delete_placed("namespace = ?1 AND id = ?2", params![namespace.0, id.to_bytes()])?;
        }
        self.set_placed(self.last_key()?)
    }

    async fn has_gone_on(
        &mut self,
        namespace: NamespaceKey,
        row: &Predecessor,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM found_checkpoints f \
                           JOIN commits c ON c.key = f.checkpoint \
                       WHERE f.namespace = ?1 AND f.id > ?2 AND branch = ?3) \
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
    /// Deletes all checkpoints of a namespace.
    pub(super) fn delete_all_checkpoints(&mut self, of: NamespaceKey) -> Result<(), StoreError> {
        self.place_all()?;
        self.delete_placed("namespace = ?1", [of.0])?;
        self.set_placed(self.last_key()?)
    }

    /// The key up to which checkpoints have places.
    fn placed(&mut self) -> Result<i64, StoreError> {
        if let Some(key) = self.known(Known::placed) {
            return Ok(key);
        }
        let sql = "SELECT value FROM counters WHERE name = 'placed'";
        let key = self.one(sql, (), |row| row.get(0))?;
        let key = key.ok_or_else(|| damaged("it is not known which checkpoints have places"))?;
        self.note(|known| known.set_placed(key));
        Ok(key)
    }

    /// Gives checkpoints, and the changes in their rows, places: those behind the key up to which they have some, up to
    /// the last.
    fn place(&mut self, placed: i64, last: i64) -> Result<(), StoreError> {
        // Where it fails, the transaction is undone. So that SQLite need not be able to undo the statement alone, for which it would
        // copy each page.
        let sql = "INSERT OR FAIL INTO places \
                   SELECT namespace, id, key FROM commits WHERE key > ?1";
        self.execute(sql, [placed])?;
        let sql = "INSERT OR FAIL INTO changes \
                       (branch, channel, seq, kind, log, length, format, sum, value) \
                   SELECT branch, channel, seq, kind, log, length, value_format, change_sum, value \
                   FROM commits WHERE key > ?1 AND channel IS NOT NULL";
        self.execute(sql, [placed])?;
        self.set_placed(last)
    }

    fn set_placed(&mut self, key: i64) -> Result<(), StoreError> {
        self.execute("UPDATE counters SET value = ?1 WHERE name = 'placed'", [key])?;
        self.note(|known| known.set_placed(key));
        Ok(())
    }

    /// Gives all checkpoints and changes places, before some are deleted. Behind that, the next checkpoint gets the key behind
    /// the last that is left.
    pub(super) fn place_all(&mut self) -> Result<(), StoreError> {
        self.note(Known::forget);
        let placed = self.placed()?;
        self.place(placed, self.last_key()?)
    }

    fn last_key(&self) -> Result<i64, StoreError> {
        let key = self.one("SELECT max(key) FROM commits", (), |row| row.get(0))?;
        Ok(key.flatten().unwrap_or(0))
    }

    fn delete_placed(&self, which: &str, params: impl Params + Copy) -> Result<(), StoreError> {
        let sql = format!(
            "DELETE FROM commits WHERE key IN (SELECT checkpoint FROM places WHERE {which})"
        );
        self.execute(&sql, params)?;
        self.execute(&format!("DELETE FROM places WHERE {which}"), params)
    }

    /// The checkpoint with an id, if there is one.
    fn checkpoint_at(
        &self,
        namespace: NamespaceKey,
        id: CheckpointId,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let params = params![namespace.0, id.to_bytes()];
        let placed = format!(
            "SELECT {CHECKPOINT_COLUMNS} FROM commits WHERE namespace = ?1 AND key = \
                 (SELECT checkpoint FROM places WHERE namespace = ?1 AND id = ?2)"
        );
        match self.one(&placed, params, read)? {
            Some(row) => Ok(vec![row.decode()?]),
            None => self.checkpoints("namespace = ?1 AND id = ?2", "1", params),
        }
    }

    /// The newest of some checkpoints, the newest first.
    fn checkpoints(
        &self,
        which: &str,
        limit: &str,
        params: impl Params,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        // Each of the inner ones ends at the limit, by the order of the places and of the few that have none.
        let sql = format!(
            "SELECT {CHECKPOINT_COLUMNS} FROM ( \
                 SELECT id AS found, checkpoint FROM ( \
                     SELECT id, checkpoint FROM places WHERE {which} ORDER BY id DESC LIMIT {limit}) \
                 UNION ALL \
                 SELECT id, key FROM ( \
                     SELECT id, key FROM commits \
                     WHERE key > (SELECT value FROM counters WHERE name = 'placed') AND {which} \
                     ORDER BY id DESC LIMIT {limit}) \
                 ORDER BY found DESC LIMIT {limit}) \
             JOIN commits ON key = checkpoint AND namespace = ?1 ORDER BY found DESC"
        );
        let rows = self.all(&sql, params, read)?;
        rows.into_iter().map(StoredCheckpointRow::decode).collect()
    }
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredCheckpointRow> {
    let (format, progress) = compression::read(row, 10, 11)?;
    Ok(StoredCheckpointRow {
        namespace: row.get(0)?,
        id: row.get(1)?,
        branch: row.get(2)?,
        seq: row.get(3)?,
        parent: row.get(4)?,
        superstep: row.get(5)?,
        source: row.get(6)?,
        created_at: row.get(7)?,
        run: row.get(8)?,
        metadata: row.get(9)?,
        format,
        progress,
        digest: row.get(12)?,
        sum: row.get(13)?,
    })
}
