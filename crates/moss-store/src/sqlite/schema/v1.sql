-- Numbers that only grow.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('epoch', 0);

-- The last three are null when nobody holds the lease.
CREATE TABLE threads (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    sum INTEGER NOT NULL,
    owner TEXT,
    epoch INTEGER,
    expires_at INTEGER
) STRICT;

CREATE TABLE namespaces (
    key INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL,
    name TEXT NOT NULL,
    sum INTEGER NOT NULL,
    UNIQUE (thread, name)
) STRICT;

-- A branch begins behind a point of another one, or is the first.
CREATE TABLE branches (
    key INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    parent INTEGER,
    parent_seq INTEGER
) STRICT;
CREATE INDEX branches_of_namespace ON branches (namespace);
CREATE INDEX branches_of_branch ON branches (parent, parent_seq) WHERE parent IS NOT NULL;

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
) STRICT, WITHOUT ROWID;

-- kind: 0 a value, 1 a log, 2 cleared.
CREATE TABLE changes (
    branch INTEGER NOT NULL,
    channel TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    log INTEGER,
    length INTEGER,
    format INTEGER,
    value BLOB,
    sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX changes_by_place ON changes (branch, channel, seq);

-- A log begins with the first items of another one, or with nothing.
CREATE TABLE logs (
    key INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    parent INTEGER,
    parent_length INTEGER,
    sum INTEGER NOT NULL
) STRICT;
CREATE INDEX logs_of_namespace ON logs (namespace);

-- place: the log's key times 2^32, plus the item's index. So a log's items stand side by side without an index.
CREATE TABLE items (
    place INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    value BLOB NOT NULL,
    sum INTEGER NOT NULL
) STRICT;

CREATE TABLE writes (
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    task TEXT NOT NULL,
    kind INTEGER NOT NULL,
    place INTEGER NOT NULL,
    format INTEGER NOT NULL,
    value BLOB NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (branch, seq, task, kind, place)
) STRICT, WITHOUT ROWID;
