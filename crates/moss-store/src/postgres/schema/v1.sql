CREATE SEQUENCE moss.epochs;

-- The last three are null when nobody holds the lease.
CREATE TABLE moss.threads (
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    owner TEXT,
    epoch BIGINT,
    expires_at BIGINT
);

CREATE TABLE moss.namespaces (
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    UNIQUE (thread, name)
);

-- A branch begins behind a point of another one, or is the first.
CREATE TABLE moss.branches (
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace BIGINT NOT NULL,
    parent BIGINT,
    parent_seq BIGINT
);
CREATE INDEX branches_of_namespace ON moss.branches (namespace);
CREATE INDEX branches_of_branch ON moss.branches (parent, parent_seq) WHERE parent IS NOT NULL;

CREATE TABLE moss.checkpoints (
    namespace BIGINT NOT NULL,
    id BYTEA NOT NULL,
    branch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    parent BYTEA,
    superstep BIGINT NOT NULL,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    run TEXT,
    metadata TEXT NOT NULL,
    format BIGINT NOT NULL,
    progress BYTEA NOT NULL,
    digest BIGINT NOT NULL,
    sum BIGINT NOT NULL,
    PRIMARY KEY (namespace, id)
);

-- kind: 0 a value, 1 a log, 2 cleared.
CREATE TABLE moss.changes (
    branch BIGINT NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    log BIGINT,
    length BIGINT,
    format BIGINT,
    value BYTEA,
    sum BIGINT NOT NULL,
    PRIMARY KEY (branch, channel, seq)
);

-- A log begins with the first items of another one, or with nothing.
CREATE SEQUENCE moss.log_keys;
CREATE TABLE moss.logs (
    key BIGINT PRIMARY KEY,
    namespace BIGINT NOT NULL,
    parent BIGINT,
    parent_length BIGINT,
    sum BIGINT NOT NULL
);
CREATE INDEX logs_of_namespace ON moss.logs (namespace);

CREATE TABLE moss.items (
    log BIGINT NOT NULL,
    place BIGINT NOT NULL,
    format BIGINT NOT NULL,
    value BYTEA NOT NULL,
    sum BIGINT NOT NULL,
    PRIMARY KEY (log, place)
);

CREATE TABLE moss.writes (
    branch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    task TEXT COLLATE "C" NOT NULL,
    kind BIGINT NOT NULL,
    place BIGINT NOT NULL,
    format BIGINT NOT NULL,
    value BYTEA NOT NULL,
    sum BIGINT NOT NULL,
    PRIMARY KEY (branch, seq, task, kind, place)
);
