-- One row for the whole file. wrapped_key is the content key, sealed under the key that lies outside.
CREATE TABLE store_info (
    created TIMESTAMPTZ NOT NULL,
    wrapped_key BLOB NOT NULL
);

CREATE TABLE runs (
    run_id VARCHAR PRIMARY KEY,
    started TIMESTAMPTZ NOT NULL,
    finished TIMESTAMPTZ,
    tool_version VARCHAR NOT NULL,
    rules_version VARCHAR NOT NULL,
    policy_id VARCHAR NOT NULL,
    school VARCHAR NOT NULL,
    pupils INTEGER NOT NULL,
    pupils_without_consent_record INTEGER NOT NULL,
    consents_file BOOLEAN NOT NULL,
    registered_sites VARCHAR[] NOT NULL,
    roll_date DATE NOT NULL,
    items INTEGER NOT NULL DEFAULT 0,
    problems INTEGER NOT NULL DEFAULT 0
);

-- What was handed over. The name is sealed: it can hold a pupil's.
CREATE TABLE sources (
    run_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    site VARCHAR NOT NULL,
    layout VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    sealed_name BLOB NOT NULL,
    items INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    media_present INTEGER NOT NULL,
    media_missing INTEGER NOT NULL,
    media_damaged INTEGER NOT NULL,
    members_unread INTEGER NOT NULL,
    first_published DATE,
    last_published DATE,
    complete BOOLEAN NOT NULL,
    not_in_export VARCHAR[] NOT NULL,
    PRIMARY KEY (run_id, number)
);

-- The import report: what became of each member of an export. sealed holds its name and the reason.
CREATE TABLE source_members (
    run_id VARCHAR NOT NULL,
    source INTEGER NOT NULL,
    number INTEGER NOT NULL,
    status VARCHAR NOT NULL,
    records BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (run_id, source, number)
);

-- Which sites a run read: a finding of such a site that the run did not see again is gone.
CREATE TABLE run_sites (
    run_id VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    PRIMARY KEY (run_id, site)
);

-- item_key is a keyed hash of the item's lineage. sealed holds the content, of items with open findings only.
CREATE TABLE items (
    item_key VARCHAR PRIMARY KEY,
    site VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    published TIMESTAMPTZ,
    visibility VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    content_mac VARCHAR NOT NULL,
    first_run VARCHAR NOT NULL,
    last_run VARCHAR NOT NULL,
    sealed BLOB
);

-- pupils are keyed pseudonyms; start_at and end_at are code points into the part; box is pixels as displayed.
CREATE TABLE findings (
    key VARCHAR PRIMARY KEY,
    item_key VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    clause VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    confidence DOUBLE NOT NULL,
    part VARCHAR NOT NULL,
    start_at INTEGER,
    end_at INTEGER,
    box INTEGER[],
    logo VARCHAR NOT NULL,
    masked VARCHAR NOT NULL,
    pupils VARCHAR[] NOT NULL,
    why VARCHAR NOT NULL,
    review BOOLEAN NOT NULL,
    first_run VARCHAR NOT NULL,
    last_run VARCHAR NOT NULL
);

CREATE VIEW run_order AS
SELECT run_id, started, row_number() OVER (ORDER BY started, run_id) AS position
FROM runs WHERE finished IS NOT NULL;

-- The last two finished runs that read each site.
CREATE VIEW site_runs AS
SELECT site,
    arg_max(run_id, position) FILTER (age = 1) AS latest,
    arg_max(run_id, position) FILTER (age = 2) AS previous
FROM (
    SELECT s.site, s.run_id, o.position, row_number() OVER (PARTITION BY s.site ORDER BY o.position DESC) AS age
    FROM run_sites s JOIN run_order o USING (run_id)
)
GROUP BY site;

-- For analysts: every finding with its state. new: first seen by the latest run of its site; gone: not seen by it any more.
CREATE VIEW findings_now AS
SELECT f.*, i.published, i.visibility, i.platform, i.kind AS item_kind,
    CASE
        WHEN f.last_run IS DISTINCT FROM r.latest THEN 'gone'
        WHEN f.first_run = r.latest THEN 'new'
        ELSE 'open'
    END AS state,
    -- Since the run before: gone now, and not long ago.
    f.last_run IS DISTINCT FROM r.latest AND f.last_run = r.previous AS just_gone
FROM findings f
JOIN items i USING (item_key)
JOIN site_runs r ON r.site = f.site;

-- For analysts: open findings by clause and severity.
CREATE VIEW findings_by_clause AS
SELECT clause, severity, count(*) AS findings, count(DISTINCT item_key) AS items
FROM findings_now WHERE state <> 'gone'
GROUP BY clause, severity;

-- For analysts: how many members of each source were parsed, skipped, unknown, damaged or private.
CREATE VIEW members_read AS
SELECT run_id, source, status, count(*) AS members, sum(records) AS records
FROM source_members GROUP BY ALL;

-- For analysts: what each run read.
CREATE VIEW sources_read AS
SELECT r.started, s.* EXCLUDE (sealed_name)
FROM sources s JOIN runs r USING (run_id);
