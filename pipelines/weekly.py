"""What is said of a run from the inbox: the summary that goes by e-mail. Counts and names of sites; nothing of what was found."""

from __future__ import annotations

from pathlib import Path

from detectors.base import UserError
from pipelines.notify import send
from pipelines.school import load_mailbox, load_school_name
from pipelines.stored import Job, Outcome

_WHEN = {"critical": "today", "high": "this week", "medium": "this half-term", "low": "when the page is next edited"}


def digest(outcome: Outcome) -> list[str]:
    """The summary's lines."""
    if outcome.failure is not None:
        return ["The audit did not end; the terminal of the schedule says why."]
    lines = [
        f"{outcome.items:,} items read, {outcome.new:,} findings new since the last audit, {outcome.gone:,} gone.",
        *_list(
            "To be done",
            [f"{n:,} {severity}: {_WHEN[severity]}" for severity, n in outcome.open.items()] or ["nothing found"],
        ),
    ]
    if outcome.withheld:
        lines.append(f"{outcome.withheld:,} items are kept for the safeguarding lead: tell the lead today.")
    lines += _list("Overdue", outcome.overdue)
    if outcome.left:
        lines.append(f"{len(outcome.left):,} files were left in the inbox; the terminal of the schedule says why.")
    if outcome.problems:
        lines.append(f"{len(outcome.problems):,} files could not be read; the terminal of the schedule names them.")
    return lines


def _list(head: str, lines: list[str]) -> list[str]:
    return [f"{head}:", *(f"  {line}" for line in lines)] if lines else []


def subject(school: str, outcome: Outcome) -> str:
    """The summary's subject line."""
    if outcome.failure is not None:
        return f"{school}: the social media audit did not end"
    today = outcome.open.get("critical", 0)
    return f"{school}: social media audit, {today:,} to be done today, {outcome.new:,} new"


def mail(job: Job, outcome: Outcome) -> str:
    """Send the summary where school.toml names somebody. What went wrong, or nothing: the run is not undone for a mail's sake."""
    folder = Path(job.school)
    try:
        if (mailbox := load_mailbox(folder)) is None:
            return ""
        send(mailbox, subject(load_school_name(folder), outcome), digest(outcome))
    except UserError as error:
        return str(error)
    return ""
