//! Where commits are found: stretches of their table.
//!
//! Commits stand in the order in which they were written, whoever wrote them. Many are given places at once, those of a namespace one
//! place together: the stretch from the first to the last, where those of others may be between. To find one means to look through its
//! stretch. Those behind all stretches have no place yet, and are looked through, too.
//!
//! Within a namespace keys and ids grow together, and places in a branch with them. So what is newer stands further on.

use std::collections::{BTreeMap, BTreeSet};

use moss_graph::checkpoint::{ChannelName, CheckpointId, StoreError};
use rusqlite::types::ValueRef;
use rusqlite::{Params, params};

use super::{BRANCHES_OF_NAMESPACE, Known, SqliteRows, checkpoints};
use crate::rows::{BranchKey, NamespaceKey, Point, damaged};

/// How many rows are given places at once. To give each its place at once would write one more page for each; to find one means
/// to look at all that have none.
const PLACED_AT_ONCE: i64 = 512;

/// The commits that have no place yet; a condition may follow.
pub(super) const UNPLACED: &str =
    "commits WHERE key > (SELECT value FROM counters WHERE name = 'placed')";

/// Commits from one key to another.
#[derive(Debug, Clone, Copy)]
struct Keys {
    first: i64,
    last: i64,
}

/// A row of a commit, as far as its place goes.
#[derive(Debug)]
pub(super) struct CommitRow {
    pub(super) key: i64,
    pub(super) namespace: NamespaceKey,
    /// Of the checkpoint, in the last row of a commit.
    pub(super) id: Option<CheckpointId>,
    pub(super) point: Point,
    /// Of the change in the row, if there is one.
    pub(super) channel: Option<ChannelName>,
}

/// The stretches that commits make up.
#[derive(Default)]
struct Stretches<'a> {
    /// By namespace: the id of the last commit, all rows, and how many commits they are.
    checkpoints: BTreeMap<NamespaceKey, (Option<CheckpointId>, Keys, i64)>,
    /// By branch and channel: the place in the branch of the last change, and all.
    changes: BTreeMap<(BranchKey, &'a str), (i64, Keys)>,
}

impl<'a> Stretches<'a> {
    /// Of whole commits, in the order of their keys.
    fn of(rows: impl IntoIterator<Item = &'a CommitRow>) -> Self {
        let mut stretches = Self::default();
        for CommitRow { key, namespace, id, point, channel } in rows {
            let one = Keys { first: *key, last: *key };
            let (last_id, keys, count) =
                stretches.checkpoints.entry(*namespace).or_insert((None, one, 0));
            (*last_id, keys.last) = (*id, *key);
            *count += i64::from(id.is_some());
            if let Some(channel) = channel {
                let Point { branch, seq } = *point;
                let place = (branch, channel.as_str());
                let (last_seq, keys) = stretches.changes.entry(place).or_insert((seq, one));
                (*last_seq, keys.last) = (seq, *key);
            }
        }
        stretches
    }
}

impl SqliteRows<'_> {
    /// Gives places if many rows have none. A commit was added whose last row has this key.
    pub(super) fn place_some(&mut self, key: i64) -> Result<(), StoreError> {
        let placed = self.placed()?;
        if key <= placed {
            return Err(damaged("checkpoints have places that are not there yet"));
        }
        if key - placed >= PLACED_AT_ONCE { self.place(placed, key) } else { Ok(()) }
    }

    /// Gives all commits places, before some are deleted. Behind that, the next commit gets the key behind the last that is left.
    pub(super) fn place_all(&mut self) -> Result<(), StoreError> {
        self.note(Known::forget);
        let placed = self.placed()?;
        self.place(placed, self.last_key()?)
    }

    /// The key up to which commits have places.
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

    fn set_placed(&mut self, key: i64) -> Result<(), StoreError> {
        self.execute("UPDATE counters SET value = ?1 WHERE name = 'placed'", [key])?;
        self.note(|known| known.set_placed(key));
        Ok(())
    }

    fn last_key(&self) -> Result<i64, StoreError> {
        let key = self.one("SELECT max(key) FROM commits", (), |row| row.get(0))?;
        Ok(key.flatten().unwrap_or(0))
    }

    /// Gives commits places: those behind the key up to which they have some, up to the last.
    fn place(&mut self, placed: i64, last: i64) -> Result<(), StoreError> {
        let known = self.known.as_deref_mut().and_then(Known::take_unplaced);
        let commits = match known {
            Some(commits) => commits,
            None => self.commits("key > ?1", [placed])?,
        };
        self.insert_stretches(&Stretches::of(&commits))?;
        self.set_placed(last)?;
        self.note(Known::none_is_unplaced);
        Ok(())
    }

    fn commits(&self, which: &str, params: impl Params) -> Result<Vec<CommitRow>, StoreError> {
        let sql = format!(
            "SELECT key, namespace, id, branch, seq, channel FROM commits WHERE {which} ORDER BY key"
        );
        self.all(&sql, params, |row| {
            Ok(CommitRow {
                key: row.get(0)?,
                namespace: NamespaceKey(row.get(1)?),
                id: match row.get_ref(2)? {
                    ValueRef::Null => None,
                    _ => Some(checkpoints::id(row, 2)?),
                },
                point: Point { branch: BranchKey(row.get(3)?), seq: row.get(4)? },
                channel: row.get_ref(5)?.as_str_or_null()?.map(ChannelName::from),
            })
        })
    }

    fn insert_stretches(&self, stretches: &Stretches<'_>) -> Result<(), StoreError> {
        let Stretches { checkpoints, changes } = stretches;
        let sql = "INSERT INTO stretches (namespace, id, first, last, count) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        for (namespace, (id, Keys { first, last }, count)) in checkpoints {
            self.execute(
                sql,
                params![namespace.0, id.map(CheckpointId::to_bytes), first, last, count],
            )?;
        }
        let sql = "INSERT INTO change_stretches (branch, channel, seq, first, last) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        for ((branch, channel), (seq, Keys { first, last })) in changes {
            self.execute(sql, params![branch.0, channel, seq, first, last])?;
        }
        Ok(())
    }

    fn delete_stretches(&self, stretches: &Stretches<'_>) -> Result<(), StoreError> {
        let Stretches { checkpoints, changes } = stretches;
        let sql = "DELETE FROM stretches WHERE namespace = ?1 AND id = ?2";
        for (namespace, (id, ..)) in checkpoints {
            self.execute(sql, params![namespace.0, id.map(CheckpointId::to_bytes)])?;
        }
        let sql = "DELETE FROM change_stretches WHERE branch = ?1 AND channel = ?2 AND seq = ?3";
        for ((branch, channel), (seq, _)) in changes {
            self.execute(sql, params![branch.0, channel, seq])?;
        }
        Ok(())
    }

    /// Deletes commits of a namespace. The changes in their rows stay, since later checkpoints may need them.
    pub(super) fn delete_commits(
        &mut self,
        namespace: NamespaceKey,
        ids: &[CheckpointId],
    ) -> Result<(), StoreError> {
        self.place_all()?;
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        let mut ids = &ids[..];
        while let Some(id) = ids.first() {
            let sql = "SELECT id, first, last FROM stretches WHERE namespace = ?1 AND id >= ?2 \
                       ORDER BY id LIMIT 1";
            let stretch = self.one(sql, params![namespace.0, id.to_bytes()], |row| {
                Ok((checkpoints::id(row, 0)?, Keys { first: row.get(1)?, last: row.get(2)? }))
            })?;
            let Some((upto, Keys { first, last })) = stretch else { break };
            let (within, behind) = ids.split_at(ids.partition_point(|id| *id <= upto));
            let which = "key BETWEEN ?2 AND ?3 AND namespace = ?1";
            let rows = self.commits(which, params![namespace.0, first, last])?;
            self.delete_stretches(&Stretches::of(&rows))?;
            let goes =
                |row: &&CommitRow| row.id.is_some_and(|id| within.binary_search(&id).is_ok());
            let points: BTreeSet<_> = rows.iter().filter(goes).map(|row| row.point).collect();
            let (goes, stays): (Vec<_>, Vec<_>) =
                rows.iter().partition(|row| points.contains(&row.point));
            goes.into_iter().try_for_each(|row| self.delete_row(row.key))?;
            self.insert_stretches(&Stretches::of(stays))?;
            ids = behind;
        }
        self.set_placed(self.last_key()?)
    }

    /// Deletes a row of a commit, and keeps the change that is in it.
    fn delete_row(&self, key: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO loose_changes \
                       (branch, channel, seq, kind, log, length, format, sum, value) \
                   SELECT branch, channel, seq, kind, log, length, value_format, change_sum, value \
                   FROM commits WHERE key = ?1 AND channel IS NOT NULL";
        self.execute(sql, [key])?;
        self.execute("DELETE FROM commits WHERE key = ?1", [key])
    }

    /// Deletes all commits of a namespace, with the changes in their rows, and all places. Its branches must still be there.
    pub(super) fn delete_all_commits(&mut self, of: NamespaceKey) -> Result<(), StoreError> {
        self.place_all()?;
        let sql = "DELETE FROM commits WHERE key IN \
                       (SELECT key FROM found_commits WHERE namespace = ?1)";
        self.execute(sql, [of.0])?;
        self.execute("DELETE FROM stretches WHERE namespace = ?1", [of.0])?;
        let of_changes =
            format!("DELETE FROM change_stretches WHERE branch IN {BRANCHES_OF_NAMESPACE}");
        self.execute(&of_changes, [of.0])?;
        self.set_placed(self.last_key()?)
    }
}
