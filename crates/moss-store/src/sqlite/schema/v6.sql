-- What is new in version 6:
--
-- A commit is as many rows of `commits` as it has small changes, one after the other: the last one is the checkpoint's, with a change if
-- there is any; those before have a change and no checkpoint. Changes that are large, are those of a copied thread, or are
-- still needed when their commit is deleted, stand in `loose_changes`; no change stands in both.
--
-- Commits are found by stretches of their table. One row says where the commits of a namespace are that were given their places
-- together: from the key of the first row to that of the last, whose id it is found by, and how many commits they are. What is between may
-- be of others. The same for changes, by branch and channel. A stretch begins and ends with a row that is its own; no two of a
-- namespace, or of a channel in a branch, overlap; and those of changes lie within one of a namespace.
--
-- A log that begins with nothing has no row. Logs are numbered by a counter.
--
-- What is there already keeps its changes where they were copied to. That table has a new name, so that who still has the file open as one of
-- version 5 does not miss changes, but the table.
DROP VIEW found_checkpoints;
DROP VIEW found_changes;
ALTER TABLE changes RENAME TO loose_changes;

CREATE TABLE commits_v6 (
    key INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    id BLOB,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    parent BLOB,
    superstep INTEGER,
    source TEXT,
    created_at INTEGER,
    run TEXT,
    metadata TEXT,
    format INTEGER,
    progress BLOB,
    digest INTEGER,
    sum INTEGER,
    channel TEXT,
    kind INTEGER,
    log INTEGER,
    length INTEGER,
    value_format INTEGER,
    value BLOB,
    change_sum INTEGER
) STRICT;
INSERT INTO commits_v6
    SELECT key, namespace, id, branch, seq, parent, superstep, source, created_at, run, metadata, format, progress, digest, sum,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM commits WHERE key <= (SELECT value FROM counters WHERE name = 'placed');
INSERT INTO commits_v6 SELECT * FROM commits WHERE key > (SELECT value FROM counters WHERE name = 'placed');
DROP TABLE commits;
ALTER TABLE commits_v6 RENAME TO commits;

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

INSERT INTO counters (name, value) SELECT 'log', coalesce(max(key), 0) FROM logs;
DELETE FROM logs WHERE parent IS NULL;
