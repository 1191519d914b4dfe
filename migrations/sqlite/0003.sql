-- What operators do by hand and have not undone, one row each: holds, disables, skips, suspended runs, drains.
CREATE TABLE mark (
  workflow TEXT NOT NULL,
  number INTEGER NOT NULL,
  job TEXT NOT NULL,
  kind TEXT NOT NULL,
  set_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  outputs TEXT,
  PRIMARY KEY (workflow, number, job, kind)
) STRICT, WITHOUT ROWID;

-- A failure that what follows went on past, and who set a state by hand.
ALTER TABLE job ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';

-- One job run alone, and attempts after a rerun by another revision.
ALTER TABLE run_active ADD COLUMN only_job TEXT NOT NULL DEFAULT '';
ALTER TABLE run_active ADD COLUMN attempt_floor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run_history ADD COLUMN only_job TEXT NOT NULL DEFAULT '';
ALTER TABLE run_history ADD COLUMN attempt_floor INTEGER NOT NULL DEFAULT 0;
