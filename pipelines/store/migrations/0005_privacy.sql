-- A keyed hash that tells whether the pseudonym key is still the one that this store's pseudonyms were made with.
ALTER TABLE store_info ADD COLUMN pseudonym_check VARCHAR;

-- Whether rows were deleted whose bytes still stand in the file: then it is written anew when it is next closed.
ALTER TABLE store_info ADD COLUMN rewrite_due BOOLEAN DEFAULT false;

-- Items with a safeguarding concern: of each only that it is there. sealed holds the item and its findings, place its address, time
-- and hashes, both sealed to the lead's public key, whose fingerprint is lead. Where no lead was set up, lead is empty, sealed is NULL
-- and place is sealed under the store's own key. state: withheld, released, illegal.
CREATE TABLE withheld (
    item_key VARCHAR PRIMARY KEY,
    content_mac VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    lead VARCHAR NOT NULL,
    sealed BLOB,
    place BLOB,
    first_run VARCHAR NOT NULL,
    last_run VARCHAR NOT NULL
);

-- For analysts: how many items each run withheld, and nothing else about them.
CREATE VIEW items_withheld AS
SELECT last_run AS run_id, count(*) AS items FROM withheld WHERE state <> 'released' GROUP BY last_run;

-- Who looked at what, and why. It only grows. sealed holds name and reason; chain is a keyed hash over the row and the chain before.
CREATE TABLE access_log (
    number BIGINT PRIMARY KEY,
    logged TIMESTAMPTZ NOT NULL,
    action VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    sealed BLOB NOT NULL,
    chain VARCHAR NOT NULL
);

-- One row: where the kept log begins (rows before were purged by the retention times) and ends, signed.
CREATE TABLE access_log_ends (
    first BIGINT NOT NULL,
    before VARCHAR NOT NULL,
    last BIGINT NOT NULL,
    mac VARCHAR NOT NULL
);

-- Personal-data breaches (UK GDPR art. 33): when known, what was decided and when. sealed holds the words and names.
CREATE TABLE breaches (
    number INTEGER PRIMARY KEY,
    known TIMESTAMPTZ NOT NULL,
    people INTEGER,
    sealed BLOB NOT NULL,
    decision VARCHAR,
    decided TIMESTAMPTZ,
    sealed_decision BLOB
);

-- The reports written from this store. mac signs the file's hash together with its run and the hashes of the exports it read.
CREATE TABLE reports (
    sha256 VARCHAR PRIMARY KEY,
    run_id VARCHAR NOT NULL,
    written TIMESTAMPTZ NOT NULL,
    mac VARCHAR NOT NULL
);

-- How many pupils were forgotten, and nothing about them.
CREATE TABLE erasures (pupils BIGINT NOT NULL);
INSERT INTO erasures VALUES (0);
