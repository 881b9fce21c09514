# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Findings at a glance
#
# Reads the copy of a store that each run publishes for analysts (`sample.snapshot.duckdb`), through its views. It holds nothing
# sealed, needs no key, and may stand open while an audit runs. Everything shown is masked: values, pupils and unregistered
# sites are pseudonyms.
# Name the store with the environment variable `SOCIAL_AUDIT_STORE`; `make audit` leaves one in `build/audit`.

# %%
import os
from pathlib import Path

import altair as alt

from pipelines.store.snapshot import Snapshot

alt.renderers.enable("svg")  # pictures in the notebook itself: nothing is fetched
store = Snapshot.open(Path(os.environ.get("SOCIAL_AUDIT_STORE", "build/audit/sample.duckdb")))

# %% [markdown]
# ## What was read
# The proof: each export with its digest, and how much of it could be read.

# %%
sources = store.query("SELECT * FROM sources_read ORDER BY started DESC, number")
sources[
    ["site", "layout", "sha256", "items", "rejected", "media_present", "media_missing", "media_damaged", "complete"]
]

# %% [markdown]
# ## What stands, by rule and severity

# %%
findings = store.query("SELECT * FROM findings_now WHERE state <> 'gone'")
severities = ["critical", "high", "medium", "low", "info"]
(
    alt.Chart(findings)
    .mark_bar()
    .encode(
        x=alt.X("count():Q", title="findings"),
        y=alt.Y("detector:N", title=None, sort="-x"),
        color=alt.Color("severity:N", sort=severities, scale=alt.Scale(domain=severities, scheme="reds", reverse=True)),
        order=alt.Order("severity:N"),
        tooltip=["detector", "severity", "count()"],
    )
    .properties(width=520, title="Findings by rule")
)

# %% [markdown]
# ## Where and when
# Findings by the month in which the item was published; undated items are left out.

# %%
dated = findings.dropna(subset=["published"]).assign(month=lambda f: f["published"].dt.strftime("%Y-%m"))
months = dated.groupby(["month", "site"], as_index=False).size()
(
    alt.Chart(months)
    .mark_bar()
    .encode(
        x=alt.X("month:O", title=None), y=alt.Y("size:Q", title="findings"), color=alt.Color("site:N", title="site")
    )
    .properties(width=520, title="Findings by month and site")
)

# %% [markdown]
# ## Pupils most often named without consent
# By pseudonym: enough to see whether a few children are concerned often, too little to say who.

# %%
named = findings[(findings["kind"] == "PUPIL") & (findings["severity"] != "info")]
named.assign(pupil=named["pupils"].str[0].str[:8]).groupby("pupil").size().sort_values(ascending=False).head(
    10
).to_frame("findings")

# %% [markdown]
# ## What is still to do, and how it goes
# The work list by what was decided; how often each rule was right, as people judged; how long it took until a post was gone.

# %%
store.query(
    "SELECT severity, state, coalesce(verdict, 'not judged') AS verdict, count(*) AS n FROM worklist GROUP BY ALL ORDER BY ALL"
)

# %%
store.query(
    "SELECT detector, judged, false_alarms, round(precision, 2) AS precision FROM precision_by_rule ORDER BY judged DESC"
)

# %%
store.query(
    "SELECT detector, count(*) AS gone, round(median(days), 1) AS median_days FROM time_to_removal GROUP BY detector"
)

# %%
store.close()
