-- The tables of dandori on SQLite. Instants are µs UTC, ids 16 bytes, words as in JSON; an absent instant is 0.
-- Never changed after a release: later steps are further files.

CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
INSERT INTO schema_version (version) VALUES (0);

-- One row each.
CREATE TABLE lease (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  owner TEXT NOT NULL
) STRICT;
INSERT INTO lease (one, epoch, owner) VALUES (1, 0, '');

CREATE TABLE counters (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id_counter INTEGER NOT NULL,
  id_key INTEGER NOT NULL,
  journal_seq INTEGER NOT NULL,
  audit_seq INTEGER NOT NULL,
  audit_hash TEXT NOT NULL,
  clock_high INTEGER NOT NULL
) STRICT;

CREATE TABLE workflow (
  name TEXT PRIMARY KEY,
  folder TEXT NOT NULL,
  title TEXT NOT NULL,
  revision INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  last_ended BLOB,
  last_failed INTEGER NOT NULL,
  last_rerun INTEGER NOT NULL,
  triggers_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Written once; definitions can be long, so the rows are not part of a key's tree.
CREATE TABLE revision (
  workflow TEXT NOT NULL,
  revision INTEGER NOT NULL,
  digest TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  applied_by TEXT NOT NULL,
  source TEXT NOT NULL,
  canonical TEXT NOT NULL,
  PRIMARY KEY (workflow, revision)
) STRICT;

CREATE TABLE variable (
  folder TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
  name TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  labels TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
  name TEXT PRIMARY KEY,
  boot_id BLOB,
  sequence INTEGER NOT NULL,
  slots INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Runs in progress: few, updated often, hence one index and none on what changes.
CREATE TABLE run_active (
  id BLOB PRIMARY KEY,
  number INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  revision INTEGER NOT NULL,
  state TEXT NOT NULL,
  has_warning INTEGER NOT NULL,
  has_failure INTEGER NOT NULL,
  needs_decision INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  kill_requested INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  confirmed_by TEXT NOT NULL,
  origin TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  nominal TEXT NOT NULL,
  actor TEXT NOT NULL,
  scheduled_for INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  params TEXT,
  reruns INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX run_active_number ON run_active (workflow, number);

-- Runs that ended: written once, searched by what people filter by, newest first.
CREATE TABLE run_history (
  id BLOB PRIMARY KEY,
  number INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  revision INTEGER NOT NULL,
  state TEXT NOT NULL,
  has_warning INTEGER NOT NULL,
  has_failure INTEGER NOT NULL,
  needs_decision INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  kill_requested INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  confirmed_by TEXT NOT NULL,
  origin TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  nominal TEXT NOT NULL,
  actor TEXT NOT NULL,
  scheduled_for INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  params TEXT,
  reruns INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX run_history_number ON run_history (workflow, number);
CREATE INDEX run_history_workflow ON run_history (workflow, id);
CREATE INDEX run_history_state ON run_history (state, id);
CREATE INDEX run_history_business_date ON run_history (business_date, id);

-- Clustered by key, no other index; rows stay here when their run moves.
CREATE TABLE job (
  run_id BLOB NOT NULL,
  path TEXT NOT NULL,
  job INTEGER NOT NULL,
  phase TEXT NOT NULL,
  ended TEXT,
  in_scope INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  ready_at INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, path)
) STRICT, WITHOUT ROWID;

-- exit_code is NULL while there is no exit record.
CREATE TABLE attempt (
  run_id BLOB NOT NULL,
  path TEXT NOT NULL,
  n INTEGER NOT NULL,
  job INTEGER NOT NULL,
  state TEXT NOT NULL,
  failure TEXT NOT NULL,
  agent TEXT NOT NULL,
  boot_id BLOB,
  sequence INTEGER NOT NULL,
  start_confirmed INTEGER NOT NULL,
  manual_kill INTEGER NOT NULL,
  timed_out INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  assigned_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  stop_requested_at INTEGER NOT NULL,
  exit_code INTEGER,
  exit_signal INTEGER,
  exit_started_at INTEGER,
  exit_ended_at INTEGER,
  cpu_us INTEGER,
  memory_peak_bytes INTEGER,
  spawn_errno INTEGER,
  group_gone INTEGER,
  log_bytes INTEGER,
  log_dropped INTEGER,
  outputs TEXT,
  error TEXT NOT NULL,
  PRIMARY KEY (run_id, path, n)
) STRICT, WITHOUT ROWID;

-- Outcomes of instants that passed; the key makes each fire once.
CREATE TABLE planned (
  workflow TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  nominal TEXT NOT NULL,
  at INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  run_id BLOB,
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (workflow, trigger_id, nominal)
) STRICT, WITHOUT ROWID;
CREATE INDEX planned_at ON planned (at);

CREATE TABLE idem_key (
  key TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  answer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idem_key_at ON idem_key (at);

-- Append-only.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  request_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  before TEXT,
  after TEXT,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  run_id BLOB,
  kind TEXT NOT NULL,
  job TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  body TEXT
) STRICT;
CREATE INDEX journal_run ON journal (run_id) WHERE run_id IS NOT NULL;
