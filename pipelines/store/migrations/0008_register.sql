-- What the checks of sites and of the tool itself came to in a run; site is empty for the tool's own. why holds no personal data.
CREATE TABLE checks_made (
    run_id VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    PRIMARY KEY (run_id, detector, site)
);

-- What a run found wrong with its own work: counts and dates.
CREATE TABLE run_notes (
    run_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    detector VARCHAR NOT NULL,
    clause VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    PRIMARY KEY (run_id, number)
);

-- Who confirmed an attested clause, when and until when. sealed holds who, about which site or person, and a note.
CREATE TABLE attestations (
    number BIGINT PRIMARY KEY,
    clause VARCHAR NOT NULL,
    given DATE NOT NULL,
    until DATE NOT NULL,
    noted TIMESTAMPTZ NOT NULL,
    sealed BLOB NOT NULL
);
