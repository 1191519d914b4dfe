-- The span that a run was started from; browser sessions that were signed out before they expired.
ALTER TABLE run_active ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
ALTER TABLE run_history ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
CREATE TABLE signed_out (
  session TEXT NOT NULL PRIMARY KEY,
  until INTEGER NOT NULL
) WITHOUT ROWID;
