-- Which set of files a workflow comes from (prune), why and from where a revision came, which one it
-- brings back; what a folder says to lint.
ALTER TABLE workflow ADD COLUMN source_set TEXT NOT NULL DEFAULT '';
ALTER TABLE revision ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE revision ADD COLUMN source_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE revision ADD COLUMN rollback_of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE folder ADD COLUMN lint TEXT;
