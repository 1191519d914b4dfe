-- The data folder that an agent's name stands for; NULL: none has been told.
ALTER TABLE agent ADD COLUMN instance BLOB;
