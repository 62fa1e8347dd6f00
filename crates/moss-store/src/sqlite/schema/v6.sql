-- What is new in version 6:
--
-- Commits are found by stretches of their table. One row says where the commits of a namespace are that were given their places
-- together: from the key of the first to that of the last, whose id it is found by, and how many they are. What is between may be of
-- others. The same for the changes in the rows of commits, by branch and channel. A stretch begins and ends with a commit that is its own; no two of a
-- namespace, or of a channel in a branch, overlap; and those of changes lie within one of a namespace.
--
-- A change that is in the row of its commit is nowhere else: so those of version 5 that were copied are taken out of the rows.
--
-- The table of the other changes has a new name, so that who still has the file open as one of version 5 does not miss changes, but
-- the table.
DROP VIEW found_checkpoints;
DROP VIEW found_changes;
UPDATE commits
    SET channel = NULL, kind = NULL, log = NULL, length = NULL, value_format = NULL, value = NULL, change_sum = NULL
    WHERE key <= (SELECT value FROM counters WHERE name = 'placed') AND channel IS NOT NULL;
ALTER TABLE changes RENAME TO loose_changes;
CREATE TABLE stretches (
    namespace INTEGER NOT NULL,
    id BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;
INSERT INTO stretches SELECT namespace, id, checkpoint, checkpoint, 1 FROM places ORDER BY namespace, id;
DROP TABLE places;
CREATE TABLE change_stretches (
    branch INTEGER NOT NULL,
    channel TEXT NOT NULL,
    seq INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (branch, channel, seq)
) STRICT, WITHOUT ROWID;
-- `upto` is the id by which the stretch is found.
CREATE VIEW found_commits (namespace, upto, key, id, branch, seq, created_at, run, channel, kind, log, length, change_sum) AS
    SELECT s.namespace, s.id, c.key, c.id, branch, seq, created_at, run, channel, kind, log, length, change_sum
    FROM stretches s CROSS JOIN commits c ON c.key BETWEEN s.first AND s.last AND c.namespace = s.namespace
    UNION ALL
    SELECT namespace, id, key, id, branch, seq, created_at, run, channel, kind, log, length, change_sum FROM commits
    WHERE key > (SELECT value FROM counters WHERE name = 'placed');
