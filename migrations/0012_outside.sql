-- What happens outside of jobd: requests that others have made, picks by other programs.

-- The cost of a request that jobd did not send counts for the budgets, too: its charge is that of submission 0. It is
-- made with the job, counts for the day on which it was adopted, and has no estimate.
DROP TRIGGER charges_insert_guard;
INSERT INTO charges (job_id, submission, at, model, reported_usd, label)
SELECT id, 0, input_removed_at, model, cost_usd, label FROM jobs
WHERE request_id IS NOT NULL AND submissions = 0 AND input_removed_at IS NOT NULL;
CREATE TRIGGER charges_insert_guard BEFORE INSERT ON charges
BEGIN
    SELECT RAISE(ABORT, 'charges are made by jobd alone')
    WHERE NEW.id IS NOT -1 -- SQLite's word for "to be chosen"
        OR NOT EXISTS (
            SELECT 1 FROM jobs
            WHERE id = NEW.job_id AND label IS NEW.label
                AND ((state = 'submitting' AND submissions + 1 = NEW.submission)
                    OR (state = 'in_queue' AND request_id IS NOT NULL AND submissions = 0 AND NEW.submission = 0)))
        OR EXISTS (SELECT 1 FROM charges WHERE job_id = NEW.job_id AND submission = NEW.submission);
END;

-- Jobs of which another program has changed what is picked: jobd brings the .xmp beside their files up to date.
CREATE TABLE changed_picks (
    job_id  INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL                           -- so that one that comes meanwhile is not forgotten
) STRICT;

CREATE TRIGGER outputs_pick_changed AFTER UPDATE OF picked_at ON outputs
WHEN (NEW.picked_at IS NULL) <> (OLD.picked_at IS NULL) AND NEW.state = 'done'
BEGIN
    INSERT INTO changed_picks (job_id, changes) VALUES (NEW.job_id, 1)
    ON CONFLICT (job_id) DO UPDATE SET changes = changes + 1;
END;

-- Lists of the jobs of a model that is seldom used.
CREATE INDEX jobs_model ON jobs (model);
