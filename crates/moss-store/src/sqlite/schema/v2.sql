-- What is new in version 2:
--
-- A thread's root namespace and that namespace's first branch have no rows. Both have the thread's key with the sign
-- turned, which no key in a table has.
--
-- A row of items may hold several (format 65536). Then its place is that of the last.
--
-- What a channel has become stands in one tree: its value too, or if that is large, the key of it. Otherwise each
-- large value would take pages of its own within the tree.
CREATE TABLE large_values (
    key INTEGER PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

ALTER TABLE changes RENAME TO changes_v1;
CREATE TABLE changes (
    branch INTEGER NOT NULL,
    channel TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    log INTEGER,
    length INTEGER,
    format INTEGER,
    sum INTEGER NOT NULL,
    large INTEGER,
    value BLOB,
    PRIMARY KEY (branch, channel, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO large_values
    SELECT rowid, value FROM changes_v1 WHERE length(value) > 768;
INSERT INTO changes
    SELECT branch, channel, seq, kind, log, length, format, sum,
        CASE WHEN length(value) > 768 THEN rowid END,
        CASE WHEN length(value) <= 768 THEN value END
    FROM changes_v1;
DROP TABLE changes_v1;

-- The logs of a namespace are those that its changes lead to.
DROP INDEX logs_of_namespace;
