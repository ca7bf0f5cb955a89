"""Draws the charts of a lake as one HTML page: dashboard.py LAKE PAGE.html

A count that a snapshot could not make is a gap in its line and is counted as unknown; it is never drawn as zero.
"""

import html
import io
import json
import re
import sys
from pathlib import Path

import duckdb
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

COLOURS = ["#1f6feb", "#d1495b", "#2e8b57", "#e09f3e", "#6f42c1", "#5c677d", "#17a2b8", "#a0522d"]
UNKNOWN = "#b0b0b0"
plt.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "orgcensus", "font.size": 9, "figure.constrained_layout.use": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.prop_cycle": plt.cycler(color=COLOURS),
})


class Lake:
    """The tables of the lake."""

    def __init__(self, folder):
        self.folder = folder
        self.manifest = json.loads((folder / "_orgcensus" / "manifest.json").read_text())
        self.con = duckdb.connect()
        for table, entry in self.manifest["tables"].items():
            is_daily = any("/snapshot_date=" in path for path in entry["files"])
            # Files are named by their day, so the last name is the newest day.
            path = max(entry["files"])
            self.con.execute(f'CREATE VIEW "{table}" AS SELECT * FROM read_parquet({literal(folder / path)}, hive_partitioning = false)')
            if is_daily:
                glob = literal(folder / table / "*" / "data.parquet")
                self.con.execute(f'CREATE VIEW "{table}_days" AS SELECT * FROM read_parquet({glob}, hive_partitioning = true, hive_types = {{\'snapshot_date\': DATE}})')

    def rows(self, sql):
        return self.con.execute(sql).fetchall()

    def not_complete(self, *tables):
        """Returns the tables that the newest snapshot did not see completely."""
        found = []
        for table in tables:
            file = self.manifest["tables"][table]["files"][max(self.manifest["tables"][table]["files"])]
            found += [entry["resource"] for entry in file.get("not_complete", [])]
        return sorted(set(found))


def literal(path):
    return "'" + str(path).replace("'", "''") + "'"


def drawn(draw, width=6.2, height=3.0):
    figure, axes = plt.subplots(figsize=(width, height))
    draw(axes)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    plt.close(figure)
    return re.sub(r"(?s)^.*?(<svg )", r"\1", out.getvalue())


def lines(rows, labels):
    """Draws one line for each column after the first. NULL is a gap in the line."""
    def draw(axes):
        dates = [row[0] for row in rows]
        for place, label in enumerate(labels, 1):
            values = [float("nan") if row[place] is None else row[place] for row in rows]
            axes.plot(dates, values, label=label, marker="." if len(rows) < 15 else None)
        unknown = [row[0] for row in rows if any(value is None for value in row[1 : len(labels) + 1])]
        if unknown:
            axes.plot(unknown, [0] * len(unknown), "|", color=UNKNOWN, label="unknown")
        known = [value for row in rows for value in row[1 : len(labels) + 1] if value is not None]
        axes.set_ylim(0, max(known, default=1) * 1.25 or 1)
        axes.legend(frameon=False, ncols=3, loc="upper left", fontsize=8)
        for label in axes.get_xticklabels():
            label.set_rotation(25)
    return drawn(draw)


def bars(rows, unknown_label=None):
    """Draws horizontal bars of (label, count). An unknown count is grey and has no length."""
    def draw(axes):
        labels = [str(row[0])[:42] for row in rows][::-1]
        values = [row[1] for row in rows][::-1]
        places = range(len(rows))
        axes.barh(places, [value or 0 for value in values], color=[UNKNOWN if value is None else COLOURS[0] for value in values])
        axes.set_yticks(places, labels, parse_math=False)
        for place, value in zip(places, values):
            axes.text(value or 0, place, " unknown" if value is None else f" {value}", va="center", fontsize=8)
        axes.margins(x=0.12)
    return drawn(draw, height=max(1.2, 0.26 * len(rows) + 0.5)) if rows else "<p>None.</p>"


def weekly(rows):
    """Draws gained access above zero and lost access below, by cause, with unknown changes in grey."""
    def draw(axes):
        weeks = sorted({row[0] for row in rows})
        causes = sorted({row[1] for row in rows}, key=lambda cause: (cause == "unknown", cause))
        for sign in (1, -1):
            base = [0] * len(weeks)
            for cause in causes:
                found = {row[0]: row[2] for row in rows if row[1] == cause}
                values = [found.get(week) or 0 for week in weeks]
                part = [value if value * sign > 0 else 0 for value in values]
                colour = UNKNOWN if cause == "unknown" else COLOURS[[one for one in causes if one != "unknown"].index(cause) % len(COLOURS)]
                if any(part):
                    axes.bar(weeks, part, width=5, bottom=base, color=colour, label=cause.replace("_", " "))
                base = [one + other for one, other in zip(base, part)]
        axes.axhline(0, color="black", linewidth=0.6)
        if axes.containers:
            axes.legend(frameon=False, ncols=2, fontsize=7)
        for label in axes.get_xticklabels():
            label.set_rotation(25)
    return drawn(draw)


def heat(rows):
    """Draws accounts by permission sets, with the number of people."""
    def draw(axes):
        accounts = list(dict.fromkeys(row[0] for row in rows))
        sets = list(dict.fromkeys(row[1] for row in rows))
        cells = {(row[0], row[1]): row[2] for row in rows}
        grid = [[cells.get((account, one), float("nan")) for one in sets] for account in accounts]
        image = axes.imshow(grid, aspect="auto", cmap="Blues")
        axes.set_xticks(range(len(sets)), [str(one)[:22] for one in sets], rotation=40, ha="right", parse_math=False)
        axes.set_yticks(range(len(accounts)), [str(one)[:26] for one in accounts], parse_math=False)
        axes.figure.colorbar(image, label="people")
    return drawn(draw, height=4.4) if rows else "<p>None.</p>"


def table(names, rows):
    if not rows:
        return "<p>None.</p>"
    cells = lambda row, tag: "".join(f"<{tag}>{'<i>unknown</i>' if value is None else html.escape(str(value))}</{tag}>" for value in row)
    return f"<table><tr>{cells(names, 'th')}</tr>" + "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows) + "</table>"


METRICS = "FROM metrics_daily WHERE scope = 'organization' ORDER BY date"
GAINED = ["assignment_granted", "membership_added", "user_created"]
LOST = ["assignment_revoked", "membership_removed", "group_deleted", "user_deleted"]


def charts(lake):
    """Returns title, incompletely seen tables behind the chart, and picture."""
    ask = lake.rows
    yield "People with access and paths", [], lines(ask(f"SELECT date, people_with_access, direct_paths, group_paths {METRICS}"), ["people", "direct paths", "group paths"])
    yield "Administrators", [], lines(ask(f"SELECT date, administrators {METRICS}"), ["administrators"]) + table(
        ["user", "permission set", "accounts"],
        ask("SELECT user_name, permission_set_name, count(DISTINCT account_id) AS n FROM effective_access WHERE is_administrator GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 10"),
    )
    yield "People by account and permission set", lake.not_complete("effective_access"), heat(ask("""
        WITH top_accounts AS (SELECT account_id FROM effective_access GROUP BY 1 ORDER BY count(DISTINCT user_id) DESC, 1 LIMIT 14),
            top_sets AS (SELECT permission_set_arn FROM effective_access GROUP BY 1 ORDER BY count(DISTINCT user_id) DESC, 1 LIMIT 10)
        SELECT coalesce(any_value(account_name), account_id), any_value(permission_set_name), count(DISTINCT user_id) FROM effective_access
        WHERE account_id IN (FROM top_accounts) AND permission_set_arn IN (FROM top_sets)
        GROUP BY account_id, permission_set_arn ORDER BY 1, 2"""))
    yield "Accounts with most people", lake.not_complete("effective_access"), bars(ask("SELECT coalesce(any_value(account_name), account_id), count(DISTINCT user_id) AS n FROM effective_access GROUP BY account_id ORDER BY n DESC, 1 LIMIT 10"))
    yield "Users with most accounts", lake.not_complete("effective_access"), bars(ask("SELECT coalesce(any_value(user_name), user_id), count(DISTINCT account_id) AS n FROM effective_access GROUP BY user_id ORDER BY n DESC, 1 LIMIT 10"))
    yield "Use of permission sets", lake.not_complete("permission_sets", "account_assignments"), table(
        ["permission set", "assignments", "accounts", "session", "changed since provisioning in"],
        ask("""SELECT s.name, count(a.account_id), count(DISTINCT a.account_id), s.session_duration,
            (SELECT count(*) FROM provisioned_permission_sets AS p WHERE p.permission_set_arn = s.permission_set_arn AND p.provisioning_status = 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
            FROM permission_sets AS s LEFT JOIN account_assignments AS a USING (permission_set_arn)
            GROUP BY s.permission_set_arn, s.name, s.session_duration ORDER BY 2, 1 LIMIT 14"""),
    )
    causes = [(name, 1) for name in GAINED] + [(name, -1) for name in LOST] + [("unknown_changes", 1)]
    parts = " UNION ALL ".join(
        f"SELECT date_trunc('week', date)::DATE AS week, '{'unknown' if name == 'unknown_changes' else name}' AS cause, {sign} * sum({name}) AS n FROM metrics_daily WHERE scope = 'organization' GROUP BY 1" for name, sign in causes
    )
    yield "Access gained and lost per week, by cause", [], weekly(ask(f"SELECT week, cause, n FROM ({parts}) ORDER BY 1, 2"))
    yield "Direct assignments", [], lines(ask(f"SELECT date, direct_assignments {METRICS}"), ["assignments to users"])
    yield "Leavers and orphans", [], lines(ask(f"SELECT date, orphans, unknown {METRICS}"), ["assignments that lead nowhere", "assignments not known to lead anywhere"]) + table(
        ["disabled user with access", "accounts"],
        ask("SELECT user_name, count(DISTINCT account_id) AS n FROM effective_access WHERE user_status = 'DISABLED' GROUP BY user_id, user_name ORDER BY n DESC, 1 LIMIT 8"),
    )
    yield "Access by environment", lake.not_complete("effective_access", "tags"), bars(ask("""SELECT coalesce(environment, 'no tag seen'), count(DISTINCT user_id) FROM effective_access GROUP BY 1 ORDER BY 2 DESC, 1""")) + table(
        ["OU", "people", "administrators"],
        ask("SELECT ou_path, count(DISTINCT user_id) AS n, count(DISTINCT CASE WHEN is_administrator THEN user_id END) FROM effective_access GROUP BY 1 ORDER BY n DESC, 1 LIMIT 8"),
    )
    yield "Groups", lake.not_complete("groups", "group_memberships"), table(
        ["members", "groups", "of them with assignments"],
        ask("""WITH sized AS (
            SELECT g.group_id, count(m.user_id) AS n, g.group_id IN (SELECT principal_id FROM account_assignments) AS has
            FROM groups AS g LEFT JOIN group_memberships AS m USING (group_id) GROUP BY g.group_id)
            SELECT CASE WHEN n = 0 THEN 'none' WHEN n < 10 THEN '1 to 9' WHEN n < 100 THEN '10 to 99' ELSE '100 and more' END, count(*), count(*) FILTER (has)
            FROM sized GROUP BY 1 ORDER BY min(n)"""),
    ) + lines(ask("SELECT snapshot_date, count(*), count(DISTINCT group_id) FROM group_memberships_days GROUP BY 1 ORDER BY 1"), ["memberships", "groups with members"])
    yield "Services allowed and never attempted", lake.not_complete("service_last_accessed"), bars(ask("""
        SELECT service_name, count(*) AS n FROM service_last_accessed WHERE entity_type = 'account' AND policy_id = '' AND last_authenticated_at IS NULL
        GROUP BY 1 ORDER BY n DESC, 1 LIMIT 12"""))


def page(lake):
    [(taken, snapshot, people, admins, accounts, status)] = lake.rows("""
        SELECT strftime(s.completed_at AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M UTC'), s.snapshot_id, m.people_with_access, m.administrators,
            (SELECT count(*) FROM accounts), s.status
        FROM snapshots AS s LEFT JOIN metrics_daily AS m ON m.snapshot_id = s.snapshot_id AND m.scope = 'organization'
        WHERE s.snapshot_id = (SELECT max(snapshot_id) FROM snapshots) ORDER BY m.date DESC LIMIT 1""")
    tiles = [("people with access", people), ("administrators", admins), ("accounts", accounts), ("newest snapshot", taken), ("it is", status)]
    told = "".join(f"<div><b>{'unknown' if value is None else html.escape(str(value))}</b>{label}</div>" for label, value in tiles)
    sections = ""
    for title, not_complete, picture in charts(lake):
        note = f"<p class='note'>Not completely seen: {html.escape(', '.join(not_complete))}. There may be more.</p>" if not_complete else ""
        sections += f"<section><h2>{html.escape(title)}</h2>{note}{picture}</section>\n"
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Access in the organization</title>
<style>body{{font:15px system-ui,sans-serif;margin:24px;color:#1c2330;background:#f6f7f9}}h1{{font-size:22px}}h2{{font-size:15px;margin:0 0 6px}}
.tiles{{display:flex;gap:12px;flex-wrap:wrap;margin-bottom:16px}}.tiles div{{background:#fff;border:1px solid #dde1e7;border-radius:6px;padding:10px 16px}}
.tiles b{{display:block;font-size:20px}}main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(560px,1fr));gap:14px}}
section{{background:#fff;border:1px solid #dde1e7;border-radius:6px;padding:12px}}svg{{width:100%;height:auto}}
table{{border-collapse:collapse;font-size:13px;width:100%}}th,td{{text-align:left;padding:2px 8px;border-bottom:1px solid #eceff3}}.note{{color:#8a5a00;margin:0 0 6px;font-size:13px}}</style>
<h1>Access in the organization</h1><div class="tiles">{told}</div><main>
{sections}</main></html>
"""


if __name__ == "__main__":
    folder, out = sys.argv[1:]
    Path(out).write_text(page(Lake(Path(folder))))
