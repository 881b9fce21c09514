-- A person may take a verdict back: a row with the verdict 'undone' says of which number. Both rows stay.
ALTER TABLE verdicts ADD COLUMN undoes BIGINT;

-- For analysts: the verdicts that nobody took back, every one that was given.
CREATE VIEW verdicts_standing AS
SELECT * FROM verdicts
WHERE undoes IS NULL AND number NOT IN (SELECT undoes FROM verdicts WHERE undoes IS NOT NULL);

-- For analysts: the verdict that holds on each finding, and why it does not cover it any more (lapsed), if so.
CREATE OR REPLACE VIEW verdicts_now AS
SELECT v.key, v.verdict, v.decided, v.until,
    CASE
        WHEN v.until < current_date THEN 'its time is over'
        WHEN severity_rank(f.severity) < severity_rank(v.severity) THEN 'the severity rose'
        WHEN f.pupils[1] IS DISTINCT FROM v.pupils[1] THEN 'another pupil is meant'
        WHEN v.verdict = 'removed' AND f.gone_run IS NULL AND r.started > v.decided THEN 'still there'
    END AS lapsed
FROM (SELECT * FROM verdicts_standing QUALIFY row_number() OVER (PARTITION BY key ORDER BY number DESC) = 1) v
JOIN findings f USING (key)
LEFT JOIN runs r ON r.run_id = f.last_run;

-- For analysts: how long a finding stood from the run that saw it first to the run that saw it gone, and from a person's decision.
CREATE OR REPLACE VIEW time_to_removal AS
SELECT f.key, f.site, f.detector, f.kind, f.clause, f.severity, found.started AS found, gone.started AS gone,
    date_diff('hour', found.started, gone.started) / 24.0 AS days,
    date_diff('hour', v.decided, gone.started) / 24.0 AS days_from_decision
FROM findings f
JOIN runs found ON found.run_id = f.first_run
JOIN runs gone ON gone.run_id = f.gone_run
LEFT JOIN (
    SELECT key, min(decided) AS decided FROM verdicts_standing WHERE verdict IN ('confirmed', 'escalated', 'removed') GROUP BY key
) v USING (key);
