-- What an export shows of the site itself, by the reader's own words for it (name, about, website, avatar …). sealed holds the
-- value and its place in the export; value_mac, a keyed hash, only tells whether the value is the same as another time.
CREATE TABLE site_facts (
    run_id VARCHAR NOT NULL,
    source INTEGER NOT NULL,
    fact VARCHAR NOT NULL,
    platform VARCHAR NOT NULL,
    characters INTEGER NOT NULL,
    value_mac VARCHAR NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (run_id, source, fact)
);

-- What the export cannot show of the site, in the reader's own sentences.
CREATE TABLE site_facts_missing (
    run_id VARCHAR NOT NULL,
    source INTEGER NOT NULL,
    sentence VARCHAR NOT NULL,
    PRIMARY KEY (run_id, source, sentence)
);

-- For analysts: which facts each run saw of each site, how long they are, and whether they have changed since the time before.
CREATE VIEW site_facts_read AS
SELECT r.started, f.run_id, f.source, s.site, f.platform, f.fact, f.characters,
    coalesce(f.value_mac <> lag(f.value_mac) OVER (
        PARTITION BY s.site, f.platform, f.fact ORDER BY r.started, f.source
    ), false) AS changed
FROM site_facts f
JOIN sources s ON s.run_id = f.run_id AND s.number = f.source
JOIN runs r ON r.run_id = f.run_id
WHERE r.finished IS NOT NULL;
