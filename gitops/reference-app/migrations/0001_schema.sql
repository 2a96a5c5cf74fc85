-- What the first version of the application needs.
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '60s';

CREATE TABLE IF NOT EXISTS users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sessions (
    token_hash text PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_expires_at ON sessions (expires_at);

CREATE TABLE IF NOT EXISTS config (
    name text PRIMARY KEY,
    value jsonb NOT NULL
);
INSERT INTO config (name, value) VALUES ('page_size', '20'), ('sign_up', 'true')
ON CONFLICT (name) DO NOTHING;

-- No reference to users: a module may live on a shard of its own.
CREATE TABLE IF NOT EXISTS records (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    module text NOT NULL,
    author_id bigint NOT NULL,
    title text NOT NULL,
    idempotency_key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (author_id, idempotency_key)
);
CREATE INDEX IF NOT EXISTS records_module_id ON records (module, id DESC);

CREATE TABLE IF NOT EXISTS labels (
    record_id bigint NOT NULL REFERENCES records (id),
    label text NOT NULL,
    PRIMARY KEY (record_id, label)
);

CREATE TABLE IF NOT EXISTS jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    run_after timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS jobs_run_after_id ON jobs (run_after, id);

CREATE TABLE IF NOT EXISTS notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id bigint NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS daily_counts (
    module text NOT NULL,
    day date NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (module, day)
);
