-- Money added up as it is spent, so that a claim does not read all charges; and the label that each charge counts for.

-- The job's label when its request was sent. It stays when the job gets another label, and when the job is pruned.
ALTER TABLE charges ADD COLUMN label TEXT;
UPDATE charges SET label = jobs.label FROM jobs WHERE jobs.id = charges.job_id AND jobs.label IS NOT NULL;

-- What a charge counts for, in whole billionths of a dollar: sums of whole numbers are exact, in whatever order they are
-- added up. They are REAL because a price that is absurdly high must not make a sum overflow.
ALTER TABLE charges ADD COLUMN nanos REAL NOT NULL
    GENERATED ALWAYS AS (round(1e9 * min(max(coalesce(reported_usd, estimated_usd, 0), -1e9), 1e9))) VIRTUAL;

-- No query needs the amounts in order any more, and each reported cost would change the index.
DROP INDEX charges_day;
CREATE INDEX charges_at ON charges (at);

CREATE TABLE charge_sums (
    day   TEXT NOT NULL,                               -- YYYY-MM-DD in UTC; '' for all days together
    label TEXT NOT NULL,                               -- '' for all jobs together, those without a label included
    nanos REAL NOT NULL,
    PRIMARY KEY (day, label)
) STRICT, WITHOUT ROWID;

-- The same sums as the ledger has them. jobctl verify compares the two.
CREATE VIEW charge_ledger AS
WITH one (day, label, nanos) AS (
    SELECT substr(at, 1, 10), coalesce(label, ''), total(nanos) FROM charges GROUP BY 1, 2)
SELECT day, label, nanos FROM one WHERE label <> ''
UNION ALL SELECT '', label, total(nanos) FROM one WHERE label <> '' GROUP BY label
UNION ALL SELECT day, '', total(nanos) FROM one GROUP BY day
UNION ALL SELECT '', '', total(nanos) FROM one HAVING count(*) > 0;

INSERT INTO charge_sums (day, label, nanos) SELECT day, label, nanos FROM charge_ledger;

-- An insert into this view adds to the sums: the rule is written once, for all three triggers.
CREATE VIEW charge_changes AS SELECT day, label, nanos FROM charge_sums;

CREATE TRIGGER charge_changes_added INSTEAD OF INSERT ON charge_changes
BEGIN
    INSERT INTO charge_sums (day, label, nanos) VALUES (NEW.day, '', NEW.nanos), ('', '', NEW.nanos)
    ON CONFLICT (day, label) DO UPDATE SET nanos = nanos + excluded.nanos;
    INSERT INTO charge_sums (day, label, nanos)
    SELECT days.day, NEW.label, NEW.nanos FROM (SELECT NEW.day AS day UNION ALL SELECT '') AS days
    WHERE NEW.label <> ''
    ON CONFLICT (day, label) DO UPDATE SET nanos = nanos + excluded.nanos;
END;

CREATE TRIGGER charges_inserted AFTER INSERT ON charges
BEGIN
    INSERT INTO charge_changes (day, label, nanos) VALUES (substr(NEW.at, 1, 10), NEW.label, NEW.nanos);
END;

CREATE TRIGGER charges_updated AFTER UPDATE OF estimated_usd, reported_usd ON charges WHEN NEW.nanos <> OLD.nanos
BEGIN
    INSERT INTO charge_changes (day, label, nanos)
    VALUES (substr(NEW.at, 1, 10), NEW.label, NEW.nanos - OLD.nanos);
END;

CREATE TRIGGER charges_deleted AFTER DELETE ON charges
BEGIN
    INSERT INTO charge_changes (day, label, nanos) VALUES (substr(OLD.at, 1, 10), OLD.label, -OLD.nanos);
END;

-- The guards of 0003, and of the label, too.
DROP TRIGGER IF EXISTS charges_insert_guard;
CREATE TRIGGER charges_insert_guard BEFORE INSERT ON charges
BEGIN
    SELECT RAISE(ABORT, 'charges are made by jobd alone')
    WHERE NEW.id IS NOT -1 -- SQLite's word for "to be chosen"
        OR NOT EXISTS (
            SELECT 1 FROM jobs
            WHERE id = NEW.job_id AND state = 'submitting' AND submissions + 1 = NEW.submission
                AND label IS NEW.label)
        OR EXISTS (SELECT 1 FROM charges WHERE job_id = NEW.job_id AND submission = NEW.submission);
END;

DROP TRIGGER IF EXISTS charges_update_guard;
CREATE TRIGGER charges_update_guard BEFORE UPDATE ON charges
WHEN NEW.id IS NOT OLD.id OR NEW.job_id IS NOT OLD.job_id OR NEW.submission IS NOT OLD.submission
    OR NEW.at IS NOT OLD.at OR NEW.model IS NOT OLD.model OR NEW.label IS NOT OLD.label
    OR NEW.estimated_usd IS NOT OLD.estimated_usd
    OR (NEW.reported_usd IS NULL AND OLD.reported_usd IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'a charge is never changed, but for reported_usd');
END;

-- With the label: jobs whose label's budget is used up are passed over without reading their rows.
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (model, priority DESC, id, label, state, next_try_at, waits_for)
WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0;
