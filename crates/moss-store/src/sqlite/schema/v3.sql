-- What is new in version 3:
--
-- Checkpoints stand in the order in which they were written, so that those of all threads go to the end of one tree. They are
-- found by an index, which has little of each.
--
-- A format to which 131072 is added says that the value is compressed.
ALTER TABLE checkpoints RENAME TO checkpoints_v2;
CREATE TABLE checkpoints (
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
    sum INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
) STRICT;
INSERT INTO checkpoints SELECT * FROM checkpoints_v2 ORDER BY id;
DROP TABLE checkpoints_v2;
