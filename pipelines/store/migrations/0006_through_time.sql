-- Of an item: what its audit depended on (fingerprint, consents: keyed hashes), the pupils whose consents it read and those whom it
-- speaks of, both keyed pseudonyms; the day of the audit where its findings can change with the day alone.
-- anchor and text_mac find an item again whose lineage changed because a picture was added; media_unread: not all of its pictures
-- could be read, so that a finding on one is not gone because it was not seen.
ALTER TABLE items ADD COLUMN fingerprint VARCHAR DEFAULT '';
ALTER TABLE items ADD COLUMN consents VARCHAR DEFAULT '';
ALTER TABLE items ADD COLUMN pupils VARCHAR[] DEFAULT [];
ALTER TABLE items ADD COLUMN speaks VARCHAR[] DEFAULT [];
ALTER TABLE items ADD COLUMN day DATE;
ALTER TABLE items ADD COLUMN anchor VARCHAR DEFAULT '';
ALTER TABLE items ADD COLUMN text_mac VARCHAR DEFAULT '';
ALTER TABLE items ADD COLUMN media_unread BOOLEAN DEFAULT false;

-- The keys by which an item was known before, where its lineage changed.
CREATE TABLE item_aliases (
    alias VARCHAR PRIMARY KEY,
    item_key VARCHAR NOT NULL
);

-- Of a finding: the run in which its severity, rule or pupil last changed, in which it came back, and since which it is gone.
-- value_mac is the same for one value about one pupil everywhere, case_key for one text or picture wherever it was posted,
-- media_mac for one picture: keyed hashes.
ALTER TABLE findings ADD COLUMN changed_run VARCHAR;
ALTER TABLE findings ADD COLUMN returned_run VARCHAR;
ALTER TABLE findings ADD COLUMN gone_run VARCHAR;
ALTER TABLE findings ADD COLUMN value_mac VARCHAR DEFAULT '';
ALTER TABLE findings ADD COLUMN case_key VARCHAR DEFAULT '';
ALTER TABLE findings ADD COLUMN media_mac VARCHAR DEFAULT '';

-- What a person judged. The latest on a finding holds. sealed holds who and why; severity and pupils are as they were then.
CREATE TABLE verdicts (
    number BIGINT PRIMARY KEY,
    key VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    decided TIMESTAMPTZ NOT NULL,
    until DATE,
    severity VARCHAR NOT NULL,
    pupils VARCHAR[] NOT NULL,
    sealed BLOB NOT NULL
);

-- Values that need nobody's eye, about one pupil or nobody. sealed holds who and why.
CREATE TABLE allow_list (
    number BIGINT PRIMARY KEY,
    value_mac VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    masked VARCHAR NOT NULL,
    added TIMESTAMPTZ NOT NULL,
    until DATE,
    sealed BLOB NOT NULL
);

-- Who works on what until when. owner is a name or a role of staff.
CREATE TABLE assignments (
    key VARCHAR PRIMARY KEY,
    owner VARCHAR NOT NULL,
    due DATE,
    assigned TIMESTAMPTZ NOT NULL
);

ALTER TABLE runs ADD COLUMN audited BIGINT DEFAULT 0;

-- A finding that the last run of its site did not see was gone by the rules before this version.
UPDATE findings SET gone_run = (SELECT r.latest FROM site_runs r WHERE r.site = findings.site)
WHERE last_run IS DISTINCT FROM (SELECT r.latest FROM site_runs r WHERE r.site = findings.site)
    AND EXISTS (SELECT 1 FROM site_runs r WHERE r.site = findings.site);

-- 0 for the worst.
CREATE MACRO severity_rank(severity) AS list_position(['critical', 'high', 'medium', 'low', 'info'], severity) - 1;

-- For analysts: the verdict that holds on each finding, and why it does not cover it any more (lapsed), if so.
CREATE VIEW verdicts_now AS
SELECT v.key, v.verdict, v.decided, v.until,
    CASE
        WHEN v.until < current_date THEN 'its time is over'
        WHEN severity_rank(f.severity) < severity_rank(v.severity) THEN 'the severity rose'
        WHEN f.pupils[1] IS DISTINCT FROM v.pupils[1] THEN 'another pupil is meant'
        WHEN v.verdict = 'removed' AND f.gone_run IS NULL AND r.started > v.decided THEN 'still there'
    END AS lapsed
FROM (SELECT * FROM verdicts QUALIFY row_number() OVER (PARTITION BY key ORDER BY number DESC) = 1) v
JOIN findings f USING (key)
LEFT JOIN runs r ON r.run_id = f.last_run;

-- For analysts: every finding with its state and verdict.
-- gone: no longer in a newer export of the same site and period; reopened: came back, or its verdict lapsed; new: first seen by the
-- latest run of its site; changed: its severity, rule or pupil changed in that run. settled: a verdict or the allow-list covers it.
CREATE OR REPLACE VIEW findings_now AS
SELECT f.*, i.published, i.visibility, i.platform, i.kind AS item_kind,
    CASE
        WHEN f.gone_run IS NOT NULL THEN 'gone'
        WHEN v.lapsed IS NOT NULL AND NOT coalesce(a.allowed, false) THEN 'reopened'
        WHEN f.returned_run = r.latest AND NOT coalesce(a.allowed OR v.verdict IN ('false alarm', 'consented'), false)
            THEN 'reopened'
        WHEN f.first_run = r.latest THEN 'new'
        WHEN f.changed_run = r.latest THEN 'changed'
        ELSE 'open'
    END AS state,
    -- Since the run before: gone now, and not long ago.
    coalesce(f.gone_run = r.latest, false) AS just_gone,
    v.verdict, v.lapsed, coalesce(v.lapsed = 'still there', false) AS still_there,
    coalesce(a.allowed, false) AS allowed,
    coalesce(a.allowed OR (v.lapsed IS NULL AND v.verdict IN ('false alarm', 'consented', 'removed')), false) AS settled,
    w.owner, w.due
FROM findings f
JOIN items i USING (item_key)
JOIN site_runs r ON r.site = f.site
LEFT JOIN verdicts_now v USING (key)
LEFT JOIN (
    SELECT value_mac, bool_or(until IS NULL OR until >= current_date) AS allowed FROM allow_list GROUP BY value_mac
) a ON a.value_mac = f.value_mac AND f.value_mac <> ''
LEFT JOIN assignments w USING (key);

CREATE OR REPLACE VIEW findings_by_clause AS
SELECT clause, severity, count(*) AS findings, count(DISTINCT item_key) AS items
FROM findings_now WHERE state <> 'gone' AND NOT settled
GROUP BY clause, severity;

-- For analysts: what a person still has to do, worst first; findings of one case are one piece of work.
CREATE VIEW worklist AS
SELECT key, case_key, severity, state, verdict, lapsed, still_there, kind, detector, clause, confidence, review, site, platform,
    item_kind, visibility, published, part, masked, why, owner, due, pupils, media_mac, item_key,
    count(*) OVER (PARTITION BY case_key) AS in_case
FROM findings_now
WHERE state <> 'gone' AND NOT settled AND severity <> 'info'
ORDER BY severity_rank(severity), due NULLS LAST, confidence DESC, published DESC NULLS LAST, key;

-- For analysts: the same text or picture wherever it was posted.
CREATE VIEW cases AS
SELECT case_key, kind, count(*) AS findings, list_sort(list(DISTINCT site)) AS sites,
    arg_min(severity, severity_rank(severity)) AS severity,
    count(*) FILTER (state <> 'gone' AND NOT settled) AS open, min(published) AS first_published
FROM findings_now WHERE case_key <> '' GROUP BY case_key, kind;

-- For analysts: how long a finding stood from the run that saw it first to the run that saw it gone, and from a person's decision.
CREATE VIEW time_to_removal AS
SELECT f.key, f.site, f.detector, f.kind, f.clause, f.severity, found.started AS found, gone.started AS gone,
    date_diff('hour', found.started, gone.started) / 24.0 AS days,
    date_diff('hour', v.decided, gone.started) / 24.0 AS days_from_decision
FROM findings f
JOIN runs found ON found.run_id = f.first_run
JOIN runs gone ON gone.run_id = f.gone_run
LEFT JOIN (SELECT key, min(decided) AS decided FROM verdicts WHERE verdict IN ('confirmed', 'escalated', 'removed') GROUP BY key) v
    USING (key);

-- For analysts: of the findings of a rule that people judged, how many were no false alarm.
CREATE VIEW precision_by_rule AS
SELECT f.detector, f.kind, count(*) AS judged,
    count(*) FILTER (v.verdict = 'false alarm') AS false_alarms,
    1 - count(*) FILTER (v.verdict = 'false alarm') / count(*) AS precision
FROM verdicts_now v JOIN findings f USING (key)
GROUP BY f.detector, f.kind;

-- Items with findings that still ask for something, gone ones too: should they come back, their content must be kept again.
CREATE VIEW unsettled AS
SELECT DISTINCT f.item_key FROM findings f
LEFT JOIN verdicts_now v USING (key)
LEFT JOIN (
    SELECT value_mac, bool_or(until IS NULL OR until >= current_date) AS allowed FROM allow_list GROUP BY value_mac
) a ON a.value_mac = f.value_mac AND f.value_mac <> ''
WHERE NOT coalesce(a.allowed OR (v.lapsed IS NULL AND v.verdict IN ('false alarm', 'consented')), false);
