"""A link to a shared file, folder or album that is not a published page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from detectors.base import Context, Detector, Evidence, Reading, Severity
from detectors.text.around import evidence
from detectors.text.links import Destinations, links

# Hosts with the paths of shared content; from the services' own help pages. Published pages (/pub, /viewform, /e/) are left out.
_SHARES = Destinations(
    (
        r"^docs\.google\.com$",
        r"/(?:a/[^/]+/)?(?:document|spreadsheets?|presentation|forms|drawings|file|"
        r"folder)/(?:u/\d/)?d/(?!e/)[\w-]+(?!.*/(?:pub(?:html)?|viewform|embed)\b)",
    ),
    (
        r"^drive\.google\.com$",
        r"/(?:a/[^/]+/)?(?:file/d/|drive/(?:u/\d/|mobile/)?folders/|folderview|open\?id=|uc\?|drive/shared)",
    ),
    (r"^photos\.app\.goo\.gl$", r"/\w{4,}"),
    (r"^photos\.google\.com$", r"/(?:u/\d/)?(?:share|album)/"),
    (r"^(?:jamboard|classroom|lookerstudio|sites)\.google\.com$", r"/(?:d/[\w-]{4,}|(?:u/\d/)?c/\w{4,}|.*/edit)"),
    (r"^1drv\.ms$", r"/\w"),
    (r"^onedrive\.live\.com$", r"authkey=|resid=|[?&]id=|/(?:edit|view|redir|embed)"),
    (
        r"\.sharepoint\.(?:com|us)$",
        r"/:[a-z]:/|guestaccess|/personal/|/_layouts/15/(?:Doc|WopiFrame|onedrive)|[?&](?:share|e)=",
    ),
    (r"(?:^|\.)dropbox\.com$", r"/(?:s|sh|scl|t|l|request|transfer)/\w"),
    (
        r"^(?:share\.)?icloud\.com$",
        r"/(?:sharedalbum|photos?|iclouddrive|attachment|notes|pages|numbers|keynote)/?#?\w*",
    ),
    (r"^(?:photos\.)?amazon\.(?:com|co\.uk)$", r"/(?:photos/|)(?:share|shared|groups/share)/\w"),
    (r"^(?:we\.tl|wetransfer\.com)$", r"/(?:t-|downloads/|)\w{5,}"),
    (r"^padlet\.(?:com|org)$", r"/[\w.-]+/[\w-]{4,}"),
    (
        r"^canva\.com$",
        r"/design/[\w-]+(?:/[\w-]+)?/(?:edit|share|view\?utl)|/design/[\w-]+(?:/[\w-]{6,})?/?$|/brand/join|"
        r"/folder/",
    ),
    (r"(?:^|\.)box\.com$", r"/(?:s|v|shared/static|file|folder)/\w"),
    (r"^mega\.(?:nz|io)$", r"/(?:file|folder|#)"),
    (r"^trello\.com$", r"/(?:b|c|invite)/\w"),
    (r"^miro\.com$", r"/(?:app/board|welcomeonboard)/"),
    (r"^(?:figma\.com)$", r"/(?:file|design|board)/\w"),
    (r"^(?:airtable\.com)$", r"/(?:app|shr|invite)\w"),
    (r"^(?:evernote\.com|share\.evernote\.com)$", r"/(?:shard|note|l)/"),
    (r"^(?:flickr\.com|flic\.kr)$", r"/gp/|/ps/"),
    (
        r"^(?:pcloud\.(?:link|com)|u\.pcloud\.link|transfernow\.net|smash\.?(?:com)?|fromsmash\.com|"
        r"mediafire\.com|sendspace\.com|filemail\.com|swisstransfer\.com|drop\.me|nextcloud\.\S+)$",
        r"/\S{4,}",
    ),
    (
        r"^(?:forms\.(?:office|microsoft|cloud\.microsoft)\.com|forms\.office\.com|forms\.cloud\.microsoft)$",
        r"/Pages/(?:DesignPage|AnalysisPage|ShareFormPage|DesignPageV2)",
    ),
    (r"^(?:notion\.so|\w+\.notion\.site)$", r"/\S*[0-9a-f]{32}"),
)
_EDIT = re.compile(r"/edit\b|/:[a-z]:/|authkey=|/(?:DesignPage)", re.IGNORECASE)


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a link to shared content; forms to fill in and published pages pass."""
    for text in reading.texts("link"):
        for link in links(text.text):
            if _SHARES.hold(link):
                yield evidence(
                    reading,
                    text,
                    link.start,
                    link.end,
                    confidence=0.93,
                    signals="a link to shared content" + (" that can be edited" if _EDIT.search(link.path) else ""),
                    pupil_severity=None,
                )


DETECTOR = Detector(
    id="share-link-published",
    kind="SHARE_LINK",
    clause="A.4.2",
    severity=Severity.HIGH,
    summary="A link to a shared file, folder or album is published.",
    rationale="Whoever reads it sees, and often edits, what was meant for a few: registers, rotas, children's pictures.",
    remedy="Stop the sharing first; then delete the post, and publish a copy where one is needed.",
    flags=("Rota: https://docs.google.com/spreadsheets/d/EXAMPLE0001/edit#gid=0",),
    passes=("Fill in https://docs.google.com/forms/d/e/1FAIpEXAMPLE/viewform by Friday.",),
    find=find,
    limits="Links of the common services by host and path. Whether the link still works, and for whom, is "
    "never tried. Shortened links and services "
    "not in the list slip through.",
)
