-- Local files as inputs. A text such as file:SHA256.EXT in an input is a file in inputs/ of the state directory.

-- Where such files come from. What an input names is in the input itself, so this is only for people.
CREATE TABLE input_files (
    job_id   INTEGER NOT NULL,
    path     TEXT NOT NULL,                            -- where in the input: $.images[0]
    name     TEXT NOT NULL,                            -- the copy in inputs/: SHA256.EXT
    original TEXT,                                     -- the path that was given, absolute
    PRIMARY KEY (job_id, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX input_files_name ON input_files (name, job_id);

CREATE TRIGGER jobs_deleted_inputs AFTER DELETE ON jobs
BEGIN
    DELETE FROM input_files WHERE job_id = OLD.id;
END;

CREATE TRIGGER jobs_input_removed AFTER UPDATE OF input_removed_at ON jobs WHEN NEW.input_removed_at IS NOT NULL
BEGIN
    DELETE FROM input_files WHERE job_id = NEW.id;
END;
