"""Recall and precision of the rules on labelled posts, by kind, with 95 % Wilson intervals.

Labelled posts are records with ``spans`` (``start``, ``end``, ``label``, and where they apply ``subtype`` and ``pupil_id``) and
``doc_labels``. A finding hits a span of its kind that it overlaps and whose place it tells (at most twice the span's length
plus 12); for PUPIL it also names a right pupil among its first three, for a group every one and at most two more.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Spans that a tool may flag or leave: not this audit's question.
UNSCORED = frozenset({"PERSON", "EMAIL_SCHOOL", "EMAIL_PUBLIC", "PHONE_PUBLIC", "ADDRESS_PUBLIC"})
ITEM_KINDS = frozenset(
    {
        "PERSONAL_OPINION",
        "OFFENSIVE",
        "SAFEGUARDING_CONCERN",
        "MEDIA_ENQUIRY",
        "CONTRIBUTOR_ADVERT",
        "CONFIDENTIAL_BUSINESS",
        "DEFAMATORY_OR_HARASSING",
        "COPYRIGHT_UNCREDITED",
        "POLITICAL",
    }
)
NOT_PII = ITEM_KINDS | {"PUPIL", "HEALTH", "ATTAINMENT"}
_Z = 1.96  # two-sided 95 %


@dataclass
class Tally:
    """What was there, found, said and right, of one kind."""

    spans: int = 0
    hit: int = 0
    findings: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        return self.hit / max(1, self.spans)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.findings)

    @property
    def f1(self) -> float:
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0


@dataclass
class Score:
    """The figures of one evaluation; ``subtypes`` are (hit, all) of the PUPIL spans.

    ``unknown`` counts PERSON_UNKNOWN against PERSON spans, for its precision only.
    """

    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    subtypes: dict[str, tuple[int, int]] = field(default_factory=dict)
    clean_posts: int = 0
    clean_posts_flagged: int = 0
    not_scored: Counter[str] = field(default_factory=Counter)
    unknown: Tally = field(default_factory=Tally)

    def ordered(self) -> list[tuple[str, Tally]]:
        """PUPIL first, then the other text kinds, then the kinds of whole items, then all personal data together."""
        names = sorted(self.kinds, key=lambda k: (k in ITEM_KINDS, k != "PUPIL", k))
        together = Tally()
        for name in names:
            if name not in NOT_PII:
                tally = self.kinds[name]
                together.spans += tally.spans
                together.hit += tally.hit
                together.findings += tally.findings
                together.right += tally.right
        return [(n, self.kinds[n]) for n in names] + [("PII_ALL", together)]

    def as_json(self) -> dict[str, Any]:
        """The figures in the layout that other scorers of this interchange print."""
        return {
            "kinds": {
                name: {
                    "spans": t.spans,
                    "recall": round(t.recall, 4),
                    "findings": t.findings,
                    "precision": round(t.precision, 4),
                    "f1": round(t.f1, 4),
                }
                for name, t in self.ordered()
            },
            "pupil_subtypes": {k: round(hit / n, 4) for k, (hit, n) in sorted(self.subtypes.items())},
            "clean_posts": self.clean_posts,
            "clean_posts_flagged": self.clean_posts_flagged,
            "not_scored": dict(self.not_scored),
            "person_unknown": {"findings": self.unknown.findings, "precision": round(self.unknown.precision, 4)},
        }


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; (0, 1) where nothing was counted."""
    if not total:
        return 0.0, 1.0
    share = hits / total
    divisor = 1 + _Z**2 / total
    centre = (share + _Z**2 / (2 * total)) / divisor
    half = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2)) / divisor
    return max(0.0, centre - half), min(1.0, centre + half)


def evaluate(posts: Sequence[Mapping[str, Any]], findings: Iterable[Mapping[str, Any]]) -> Score:
    """Score findings in the interchange format against labelled posts."""
    of_post: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in findings:
        of_post[finding["item"]].append(finding)
    labelled = {s["label"] for p in posts for s in p.get("spans", ())} | {
        k for p in posts for k in p.get("doc_labels", ())
    }
    score, subtype_hit, subtype_all = Score(), Counter[str](), Counter[str]()
    for post in posts:
        spans, said = post.get("spans", ()), of_post[post["id"]]
        scored = [s for s in spans if s["label"] not in UNSCORED and not is_optional(s, spans)]
        in_text = [f for f in said if _in_text(f)]
        for span in scored:
            hit = any(hits(f, span) for f in in_text)
            score.kinds[span["label"]].spans += 1
            score.kinds[span["label"]].hit += hit
            if span["label"] == "PUPIL":
                subtype_all[span["subtype"]] += 1
                subtype_hit[span["subtype"]] += hit
        flagged = _count_findings(score, in_text, spans, scored, labelled)
        score.clean_posts += not scored
        score.clean_posts_flagged += not scored and flagged
        _count_item_kinds(score, post, {f["kind"] for f in said} & ITEM_KINDS)
    score.subtypes = {k: (subtype_hit[k], n) for k, n in subtype_all.items()}
    return score


def _in_text(finding: Mapping[str, Any]) -> bool:
    return (
        finding.get("start") is not None
        and finding.get("part", "text") == "text"
        and finding["kind"] not in UNSCORED | ITEM_KINDS
    )


def _count_findings(
    score: Score,
    findings: Sequence[Mapping[str, Any]],
    spans: Sequence[Mapping[str, Any]],
    scored: Sequence[Mapping[str, Any]],
    labelled: set[str],
) -> bool:
    """Count the findings in a post's text; whether one of them counts as right or wrong."""
    flagged = False
    for finding in findings:
        kind = finding["kind"]
        if kind == "PERSON_UNKNOWN":
            score.unknown.findings += 1
            score.unknown.right += any(
                _overlap(finding, s) and (s["label"] == "PERSON" or (s["label"] == "PUPIL" and is_optional(s, spans)))
                for s in spans
            )
            continue
        if kind not in labelled:
            score.not_scored[kind] += 1
            continue
        right = any(hits(finding, s) for s in scored)
        if not right and _excused(finding, spans):
            continue
        flagged = True
        score.kinds[kind].findings += 1
        score.kinds[kind].right += right
    return flagged


def _count_item_kinds(score: Score, post: Mapping[str, Any], said: set[str]) -> None:
    true = set(post.get("doc_labels", ()))
    for kind in true:
        score.kinds[kind].spans += 1
        score.kinds[kind].hit += kind in said
    for kind in said - (set(post.get("doc_labels_optional", ())) - true):
        score.kinds[kind].findings += 1
        score.kinds[kind].right += kind in true


def _overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return bool(a["start"] < b["end"] and b["start"] < a["end"])


def meant(span: Mapping[str, Any]) -> set[str]:
    """The pupils whom a label names."""
    ids: set[str] = set()
    for key in ("pupil_id", "pupil_ids", "ambiguous"):
        value = span.get(key) or ()
        ids |= {value} if isinstance(value, str) else set(value)
    return ids


def hits(finding: Mapping[str, Any], span: Mapping[str, Any]) -> bool:
    """Whether a finding finds what a span labels: kind, place and, for PUPIL, whom."""
    kinds = {finding["kind"], span["label"]}
    if len(kinds) > 1 and kinds != {"ADDRESS", "POSTCODE"}:
        return False
    if not _overlap(finding, span) or finding["end"] - finding["start"] > 2 * (span["end"] - span["start"]) + 12:
        return False
    if span["label"] != "PUPIL":
        return True
    said, wanted = list(finding.get("pupils") or ()), meant(span)
    if span.get("subtype") == "group":
        return wanted <= set(said) and len(said) <= len(wanted) + 2
    return not wanted or bool(wanted & set(said[:3]))


def is_optional(span: Mapping[str, Any], spans: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a label may be found or left."""
    if span["label"] == "HANDLE":
        of_pupil = any(s["label"] == "PUPIL" and _overlap(s, span) for s in spans)
        return span.get("subtype") == "organisation" or of_pupil
    return span["label"] == "PUPIL" and bool(span.get("off_roll") or "OFF" in meant(span))


def _excused(finding: Mapping[str, Any], spans: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the finding stands on a span that may be flagged or left."""
    for span in spans:
        if not _overlap(finding, span):
            continue
        if finding["kind"] == span["label"] and is_optional(span, spans):
            return True
        if finding["kind"] == "HANDLE" and span["label"] == "PUPIL":
            return True
    return False
