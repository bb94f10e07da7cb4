-- What people write with sqlite3 must neither stop the queue nor change what was spent.

-- A number of POSTs that somebody has set back would make the next charge's number one that is taken: nothing could leave
-- any more. The charge of a job on the wire is one ahead of it.
UPDATE jobs SET submissions = counted.most - (state = 'submitting')
FROM (SELECT job_id, max(submission) AS most FROM charges GROUP BY job_id) AS counted
WHERE counted.job_id = jobs.id AND jobs.submissions < counted.most - (state = 'submitting');

CREATE TRIGGER jobs_submissions_guard BEFORE UPDATE OF submissions ON jobs
WHEN NEW.submissions <> OLD.submissions AND NEW.submissions <> OLD.submissions + 1
BEGIN
    SELECT RAISE(ABORT, 'submissions count the POSTs of a job: jobd alone changes them');
END;

-- A charge is made for the job that is about to leave, and for no other. REPLACE fires no trigger for what it deletes, so that
-- whatever it could take the place of is looked at here.
CREATE TRIGGER charges_insert_guard BEFORE INSERT ON charges
BEGIN
    SELECT RAISE(ABORT, 'charges are made by jobd alone')
    WHERE NEW.id IS NOT -1 -- SQLite's word for "to be chosen"
        OR NOT EXISTS (
            SELECT 1 FROM jobs
            WHERE id = NEW.job_id AND state = 'submitting' AND submissions + 1 = NEW.submission)
        OR EXISTS (SELECT 1 FROM charges WHERE job_id = NEW.job_id AND submission = NEW.submission);
END;

-- What was reported may be put right; what was sent, and when, may not.
CREATE TRIGGER charges_update_guard BEFORE UPDATE ON charges
WHEN NEW.id IS NOT OLD.id OR NEW.job_id IS NOT OLD.job_id OR NEW.submission IS NOT OLD.submission
    OR NEW.at IS NOT OLD.at OR NEW.model IS NOT OLD.model OR NEW.estimated_usd IS NOT OLD.estimated_usd
    OR (NEW.reported_usd IS NULL AND OLD.reported_usd IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'a charge is never changed, but for reported_usd');
END;

-- One goes only where nothing was bought: its job is here again, and has not counted it.
CREATE TRIGGER charges_delete_guard BEFORE DELETE ON charges
WHEN NOT EXISTS (
    SELECT 1 FROM jobs WHERE id = OLD.job_id AND state <> 'submitting' AND submissions < OLD.submission)
BEGIN
    SELECT RAISE(ABORT, 'charges are kept: they say what was spent');
END;
