//! Checkpoints and branches in PostgreSQL.

use moss_graph::checkpoint::{CheckpointId, CheckpointSelector, StoreError};
use tokio_postgres::{Error, Row};

use super::{Params, PostgresRows};
use crate::calls::{ChangeRows, CheckpointRows, LINEAGE_IS_A_LOOP};
use crate::rows::{
    BranchKey, CHECKPOINT_COLUMNS, CheckpointKey, CheckpointRow, NamespaceKey, Point, Predecessor,
    StoredChange, StoredCheckpointRow, damaged, signed,
};

impl CheckpointRows for PostgresRows<'_> {
    async fn checkpoint(
        &mut self,
        namespace: NamespaceKey,
        selector: CheckpointSelector,
    ) -> Result<Option<CheckpointRow>, StoreError> {
        let found = match selector {
            CheckpointSelector::Latest => {
                let newest = "namespace = $1 ORDER BY id DESC LIMIT 1";
                self.checkpoints(newest, &[&namespace.0]).await
            }
            CheckpointSelector::At(id) => {
                let id = id.to_bytes();
                self.checkpoints("namespace = $1 AND id = $2", &[&namespace.0, &&id[..]]).await
            }
            CheckpointSelector::NotAfter(id) => {
                let id = id.to_bytes();
                let newest = "namespace = $1 AND id <= $2 ORDER BY id DESC LIMIT 1";
                self.checkpoints(newest, &[&namespace.0, &&id[..]]).await
            }
        };
        Ok(found?.pop())
    }

    async fn checkpoints_before(
        &mut self,
        namespace: NamespaceKey,
        before: Option<CheckpointId>,
        limit: usize,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let limit: i64 = signed(limit);
        match before.map(CheckpointId::to_bytes) {
            None => {
                let which = "namespace = $1 ORDER BY id DESC LIMIT $2";
                self.checkpoints(which, &[&namespace.0, &limit]).await
            }
            Some(before) => {
                let which = "namespace = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
                self.checkpoints(which, &[&namespace.0, &&before[..], &limit]).await
            }
        }
    }

    async fn checkpoint_keys(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<CheckpointKey>, StoreError> {
        let sql = "SELECT id, branch, seq, created_at, run FROM moss.checkpoints \
                   WHERE namespace = $1 ORDER BY id";
        let read = |row: &Row| {
            let point = Point { branch: BranchKey(row.try_get(1)?), seq: row.try_get(2)? };
            Ok((row.try_get::<_, Vec<u8>>(0)?, point, row.try_get(3)?, row.try_get(4)?))
        };
        let rows = self.all(sql, &[&namespace.0], read).await?;
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
        self.insert_changes(changes).await?;
        let row = StoredCheckpointRow::encode(namespace, row)?;
        let parent = row.parent.as_ref().map(<[u8; 16]>::as_slice);
        let sql = format!(
            "INSERT INTO moss.checkpoints ({CHECKPOINT_COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        let values: Params<'_> = &[
            &row.namespace,
            &row.id.as_slice(),
            &row.branch,
            &row.seq,
            &parent,
            &row.superstep,
            &row.source,
            &row.created_at,
            &row.run,
            &row.metadata,
            &row.format,
            &&*row.progress,
            &row.digest,
            &row.sum,
        ];
        self.execute(&sql, values).await
    }

    async fn delete_checkpoints(
        &mut self,
        namespace: NamespaceKey,
        ids: &[CheckpointId],
    ) -> Result<(), StoreError> {
        let ids: Vec<_> = ids.iter().map(|id| id.to_bytes().to_vec()).collect();
        let sql = "DELETE FROM moss.checkpoints WHERE namespace = $1 AND id = ANY ($2)";
        self.execute(sql, &[&namespace.0, &ids]).await
    }

    async fn has_gone_on(
        &mut self,
        namespace: NamespaceKey,
        row: &Predecessor,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM moss.checkpoints \
                       WHERE namespace = $1 AND id > $2 AND branch = $3) \
                   OR EXISTS (SELECT 1 FROM moss.branches WHERE parent = $3 AND parent_seq > $4)";
        let (Point { branch, seq }, id) = (row.point, row.id.to_bytes());
        self.value(sql, &[&namespace.0, &&id[..], &branch.0, &seq]).await
    }

    async fn lineage(&mut self, point: Point) -> Result<Vec<Point>, StoreError> {
        // A branch is younger than the one it left. One that is not ends the list, after having been told.
        let sql = "WITH RECURSIVE lineage (branch, seq, depth, loops) AS ( \
                       SELECT $1::bigint, $2::bigint, 0, false \
                       UNION ALL \
                       SELECT b.parent, b.parent_seq, depth + 1, b.parent >= b.key \
                       FROM lineage JOIN moss.branches b ON b.key = lineage.branch \
                       WHERE b.parent IS NOT NULL AND NOT loops) \
                   SELECT branch, seq, loops FROM lineage ORDER BY depth";
        let read = |row: &Row| {
            let point = Point { branch: BranchKey(row.try_get(0)?), seq: row.try_get(1)? };
            Ok((point, row.try_get::<_, bool>(2)?))
        };
        let lineage = self.all(sql, &[&point.branch.0, &point.seq], read).await?;
        if lineage.iter().any(|(_, loops)| *loops) {
            return Err(damaged(LINEAGE_IS_A_LOOP));
        }
        Ok(lineage.into_iter().map(|(point, _)| point).collect())
    }

    async fn branches(
        &mut self,
        namespace: NamespaceKey,
    ) -> Result<Vec<(BranchKey, Option<Point>)>, StoreError> {
        let sql = "SELECT key, parent, parent_seq FROM moss.branches WHERE namespace = $1";
        let read = |row: &Row| {
            let begins_at =
                row.try_get::<_, Option<i64>>(1)?.zip(row.try_get::<_, Option<i64>>(2)?);
            let begins_at = begins_at.map(|(branch, seq)| Point { branch: BranchKey(branch), seq });
            Ok((BranchKey(row.try_get(0)?), begins_at))
        };
        self.all(sql, &[&namespace.0], read).await
    }

    async fn insert_branch(
        &mut self,
        namespace: NamespaceKey,
        begins_at: Option<Point>,
    ) -> Result<BranchKey, StoreError> {
        let sql = "INSERT INTO moss.branches (namespace, parent, parent_seq) VALUES ($1, $2, $3) \
                   RETURNING key";
        let parent = begins_at.map(|point| point.branch.0);
        let seq = begins_at.map(|point| point.seq);
        self.value(sql, &[&namespace.0, &parent, &seq]).await.map(BranchKey)
    }

    async fn delete_branches(&mut self, branches: &[BranchKey]) -> Result<(), StoreError> {
        let keys: Vec<_> = branches.iter().map(|branch| branch.0).collect();
        self.execute("DELETE FROM moss.branches WHERE key = ANY ($1)", &[&keys]).await
    }
}

impl PostgresRows<'_> {
    async fn checkpoints(
        &self,
        which: &str,
        params: Params<'_>,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let sql = format!("SELECT {CHECKPOINT_COLUMNS} FROM moss.checkpoints WHERE {which}");
        let rows = self.all(&sql, params, read).await?;
        rows.into_iter().map(StoredCheckpointRow::decode).collect()
    }
}

fn read(row: &Row) -> Result<StoredCheckpointRow<'static>, Error> {
    // An id of another length is damaged, as the checksum tells.
    let id = |bytes: &[u8]| bytes.try_into().unwrap_or_default();
    Ok(StoredCheckpointRow {
        namespace: row.try_get(0)?,
        id: id(row.try_get(1)?),
        branch: row.try_get(2)?,
        seq: row.try_get(3)?,
        parent: row.try_get::<_, Option<&[u8]>>(4)?.map(id),
        superstep: row.try_get(5)?,
        source: row.try_get::<_, String>(6)?.into(),
        created_at: row.try_get(7)?,
        run: row.try_get::<_, Option<String>>(8)?.map(Into::into),
        metadata: row.try_get::<_, String>(9)?.into(),
        format: row.try_get(10)?,
        progress: row.try_get::<_, Vec<u8>>(11)?.into(),
        digest: row.try_get(12)?,
        sum: row.try_get(13)?,
    })
}
