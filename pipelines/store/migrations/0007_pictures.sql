-- Pictures that runs read, by a keyed hash of their bytes, with what was counted in them; nothing of what they show. faces is
-- NULL where none could be looked for; largest_face is its share of the picture. group_mac is one for all copies of a
-- picture: the least picture_mac among them. sealed holds the perceptual hash that copies are told by.
CREATE TABLE pictures (
    picture_mac VARCHAR PRIMARY KEY,
    group_mac VARCHAR NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    faces INTEGER,
    largest_face DOUBLE NOT NULL,
    hidden VARCHAR[] NOT NULL,
    codes INTEGER NOT NULL,
    text_lines INTEGER NOT NULL,
    not_read VARCHAR[] NOT NULL,
    sealed BLOB NOT NULL
);

-- Which item shows which picture, as its media number, from 0.
CREATE TABLE item_pictures (
    item_key VARCHAR NOT NULL,
    media INTEGER NOT NULL,
    picture_mac VARCHAR NOT NULL,
    PRIMARY KEY (item_key, media)
);

-- For analysts: every picture that its site shows now, and what stands beside it. named: a pupil is named in the item;
-- copies counts the items, and sites the sites, that show the picture or a copy of it.
CREATE VIEW pictures_now AS
WITH shown AS (
    SELECT i.published, i.site, i.platform, i.kind AS item_kind, i.visibility, i.item_key, s.media, p.* EXCLUDE (sealed),
        EXISTS (
            SELECT 1 FROM findings_now f
            WHERE f.item_key = i.item_key AND f.kind = 'PUPIL' AND f.state <> 'gone'
        ) AS named
    FROM item_pictures s
    JOIN items i USING (item_key)
    JOIN pictures p USING (picture_mac)
    JOIN site_runs r ON r.site = i.site
    WHERE i.last_run = r.latest
)
SELECT shown.*, g.copies, g.sites
FROM shown
JOIN (SELECT group_mac, count(DISTINCT item_key) AS copies, count(DISTINCT site) AS sites FROM shown GROUP BY group_mac) g
    USING (group_mac);

-- For analysts: every public picture that seems to be of pupils, newest first: a face in it, or a pupil named beside it.
CREATE VIEW pictures_public AS
SELECT * FROM pictures_now
WHERE visibility IN ('public', 'unlisted') AND (faces > 0 OR named)
ORDER BY published DESC NULLS LAST, site, item_key, media;
