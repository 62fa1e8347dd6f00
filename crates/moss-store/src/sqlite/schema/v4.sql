-- What is new in version 4:
--
-- The keys of threads go on at 2^46. The root namespace of such a thread, and that namespace's first branch, have its key less
-- 2^47, which is less than 0 as well, and greater than those of the threads before it: what is new comes to the end of the trees, where
-- there is room.
CREATE VIEW root_namespaces (key) AS
    SELECT CASE WHEN key < 70368744177664 THEN -key ELSE key - 140737488355328 END FROM threads;

-- A checkpoint is found by its place. Places are given to many checkpoints at once: those with keys greater than the counter
-- `placed` have none yet, and are at the end of the table. Who still has the file open as one of version 3 does not know the table's
-- name, and writes nothing without a place.
CREATE TABLE checkpoint_rows (
    key INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    id BLOB NOT NULL,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    parent BLOB,
    superstep INTEGER NOT NULL,
    source TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run TEXT,
    metadata TEXT NOT NULL,
    format INTEGER NOT NULL,
    progress BLOB NOT NULL,
    digest INTEGER NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
INSERT INTO checkpoint_rows SELECT rowid, * FROM checkpoints;
DROP TABLE checkpoints;
CREATE TABLE places (
    namespace INTEGER NOT NULL,
    id BLOB NOT NULL,
    checkpoint INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
) STRICT, WITHOUT ROWID;
INSERT INTO places SELECT namespace, id, key FROM checkpoint_rows ORDER BY namespace, id;
INSERT INTO counters (name, value) SELECT 'placed', coalesce(max(key), 0) FROM checkpoint_rows;
CREATE VIEW found_checkpoints (namespace, id, checkpoint) AS
    SELECT namespace, id, checkpoint FROM places
    UNION ALL
    SELECT namespace, id, key FROM checkpoint_rows
    WHERE key > (SELECT value FROM counters WHERE name = 'placed');
