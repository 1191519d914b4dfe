-- The history of a workflow by day is read from this index alone, not from whole runs.
DROP INDEX run_history_workflow;
CREATE INDEX run_history_workflow
  ON run_history (workflow, id, created_at, started_at, ended_at, state, business_date);
