-- Calendars, one row a revision; business dates with their value, and each move of one.
CREATE TABLE calendar (
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  digest TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  applied_by TEXT NOT NULL,
  source TEXT NOT NULL,
  canonical TEXT NOT NULL,
  reason TEXT NOT NULL,
  source_ref TEXT NOT NULL,
  since INTEGER NOT NULL,
  source_set TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  PRIMARY KEY (name, revision)
) STRICT;
CREATE TABLE business_date (
  name TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  digest TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  applied_by TEXT NOT NULL,
  source TEXT NOT NULL,
  canonical TEXT NOT NULL,
  reason TEXT NOT NULL,
  source_ref TEXT NOT NULL,
  source_set TEXT NOT NULL,
  value TEXT NOT NULL,
  moved_at INTEGER NOT NULL,
  moves INTEGER NOT NULL,
  done TEXT NOT NULL,
  deleted INTEGER NOT NULL
) STRICT;
CREATE TABLE business_date_move (
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  from_date TEXT NOT NULL,
  to_date TEXT NOT NULL,
  at INTEGER NOT NULL,
  how TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  run_id BLOB,
  PRIMARY KEY (name, number)
) STRICT, WITHOUT ROWID;

-- Whether a queued run was created before or after its business date had come.
ALTER TABLE run_active ADD COLUMN date_wait TEXT NOT NULL DEFAULT 'none';
ALTER TABLE run_history ADD COLUMN date_wait TEXT NOT NULL DEFAULT 'none';

-- Starts that follow from the end of the run before, and since when others look at its revision.
ALTER TABLE workflow ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workflow ADD COLUMN last_ended_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workflow ADD COLUMN from_end_at INTEGER NOT NULL DEFAULT 0;

-- Whether a job was bypassed because its own days leave the run's date out.
ALTER TABLE job ADD COLUMN off_day INTEGER NOT NULL DEFAULT 0;
