"""Checks workbooks with openpyxl and LibreOffice."""

import csv
import datetime
import os
import resource
import shutil
import subprocess
import zipfile

import openpyxl
import pytest


def cells(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def about(book):
    return {row[0]: row[1] for row in cells(book["About"]) if row[0]}


def test_a_workbook_says_where_it_comes_from(census, tmp_path):
    path = tmp_path / "access.xlsx"
    census.done("query", "all-assignments", "--output", str(path), "--at", "1")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["About", "all-assignments"]
    [(organization, completed, caller)] = census.read(
        "SELECT organization_id, completed_at, caller_arn FROM snapshots WHERE snapshot_id = 1"
    )
    told = about(book)
    assert told["organization"] == organization and told["query"] == "all-assignments"
    flat = [value for row in cells(book["About"]) for value in row]
    assert completed in flat and caller in flat
    [digest] = census.read("SELECT snapshot_hash FROM snapshot_hashes WHERE snapshot_id = 1")
    assert digest[0] in flat
    sheet = book["all-assignments"]
    assert told["all-assignments"] == str(sheet.max_row - 1)
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == sheet.dimensions
    assert all(cell.font.bold for cell in sheet[1])
    created = book.properties.created.replace(tzinfo=datetime.timezone.utc)
    assert abs(created - datetime.datetime.fromisoformat(completed)).total_seconds() < 1


def test_cells_are_the_answer(hostile, tmp_path):
    path, text = tmp_path / "users.xlsx", tmp_path / "users.csv"
    sql = (
        "SELECT '012345678901' AS account_id, user_name, user_id, 9007199254740993 AS large, 1.5 AS half,"
        " NULL AS empty, first_seen_at, '2026-01-01' AS day FROM users_history ORDER BY user_id"
    )
    hostile.done("query", sql, "--output", str(path))
    hostile.done("query", sql, "--output", str(text))
    header, *rows = cells(openpyxl.load_workbook(path)["answer"])
    with text.open(newline="") as file:
        plain, *expected = csv.reader(file)
    assert header == [f"{name} (UTC)" if name == "first_seen_at" else name for name in plain]
    assert len(rows) == len(expected) > 10
    for row, values in zip(rows, expected):
        assert row[0] == "012345678901" and row[3] == "9007199254740993" and row[4] == 1.5 and row[5] is None
        assert openpyxl.utils.escape.unescape(row[1]) == values[1]
        seen = row[6].replace(tzinfo=datetime.timezone.utc)
        assert abs(seen - datetime.datetime.fromisoformat(values[6])) <= datetime.timedelta(milliseconds=1)
        assert row[7] == "2026-01-01"
    sheet = openpyxl.load_workbook(path)["answer"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}
    formulas = [name for name in zipfile.ZipFile(path).namelist() if b"<f>" in zipfile.ZipFile(path).read(name)]
    assert formulas == []


def test_long_text_is_cut_and_said(census, tmp_path):
    path = tmp_path / "long.xlsx"
    census.done("query", "SELECT printf('%.*c', 40000, 'x') AS text, 'y' AS other", "--output", str(path))
    book = openpyxl.load_workbook(path)
    value = book["answer"]["A2"].value
    assert len(value) == 32767 and value.endswith("[cut]")
    assert any("was cut" in str(value) for row in cells(book["About"]) for value in row)


def test_what_was_not_seen_is_on_the_first_sheet(served, tmp_path_factory):
    from conftest import FAST, Census

    census = Census(tmp_path_factory.mktemp("gap"), served)
    served.tell("deny identitystore:ListGroupMemberships")
    try:
        ran = census.run("collect", *FAST, "--access-report", "none")
    finally:
        served.tell("heal")
    assert ran.exit_code == 4, ran
    path = census.folder / "gap.xlsx"
    census.done("query", "user-access", census.read("SELECT user_id FROM users LIMIT 1")[0][0], "--output", str(path))
    flat = [value for row in cells(openpyxl.load_workbook(path)["About"]) for value in row]
    assert "group_memberships" in flat and "partial" in flat and "denied" in flat


def test_several_queries_are_sheets(census, tmp_path):
    path = tmp_path / "several.xlsx"
    census.done("export", "xlsx", str(path))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "About", "privileged-access", "all-assignments", "direct-users", "orphan-assignments", "users-without-access",
        "accounts-by-people",
    ]
    for name in book.sheetnames[1:]:
        rows = census.done("query", name, "--format", "csv").output
        assert about(book)[name] == str(len(list(csv.reader(rows.splitlines(keepends=True)))) - 1), name
    ran = census.run("export", "xlsx", str(tmp_path / "x.xlsx"), "--query", "user-access")
    assert ran.exit_code == 2 and "needs a value for user" in ran.words, ran
    ran = census.run("export", "xlsx", str(tmp_path / "x.xlsx"), "--query", "no-such-query")
    assert ran.exit_code == 2 and not (tmp_path / "x.xlsx").exists(), ran


def test_diff_and_history(census, tmp_path):
    for name, arguments in [("changes", ["diff", "1", "2"]), ("events", ["history", census.read("SELECT user_id FROM users LIMIT 1")[0][0]])]:
        path = tmp_path / f"{name}.xlsx"
        census.done(*arguments, "--output", str(path))
        rows = census.done(*arguments, "--format", "csv").output
        sheet = openpyxl.load_workbook(path)[name]
        assert sheet.max_row == len(list(csv.reader(rows.splitlines(keepends=True))))


def test_a_hundred_thousand_rows_take_little_memory(census, tmp_path):
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {})"
        " SELECT i, printf('%012d', i) AS account_id, printf('name %d of somebody', i) AS name, '=1' AS formula FROM n"
    )
    peaks = []
    for rows in [1_000, 100_000]:
        path = tmp_path / f"{rows}.xlsx"
        code = (
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
            " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        command = [census.binary, "--db", str(census.database), "query", many.format(rows), "--output", str(path)]
        ran = subprocess.run(
            ["python3", "-c", code, *command], env=census.environment, capture_output=True, text=True, check=True
        )
        peaks.append(int(ran.stdout.split()[-1]) / 1024)
    print(f"peak memory: {peaks[0]:.0f} MB for 1,000 rows, {peaks[1]:.0f} MB for 100,000")
    assert peaks[1] < peaks[0] + 50
    book = openpyxl.load_workbook(tmp_path / "100000.xlsx", read_only=True)
    last = None
    for last in book["answer"].iter_rows(values_only=True):
        pass
    assert last == (100_000, "000000100000", "name 100000 of somebody", "=1")


def test_libreoffice_converts(hostile, tmp_path):
    if not shutil.which("soffice"):
        assert os.environ.get("ORGCENSUS_LIBREOFFICE") != "required", "LibreOffice is not installed"
        pytest.skip("LibreOffice is not installed")
    path = tmp_path / "users.xlsx"
    sql = (
        "SELECT '012345678901' AS account_id, user_name, '=1+1' AS formula, first_seen_at FROM users_history"
        " WHERE user_name NOT LIKE '%' || char(1) || '%' ORDER BY user_id"
    )
    hostile.done("query", sql, "--output", str(path))
    # The second sheet as CSV in UTF-8, with every text in quotes as it is shown.
    form = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2'
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", form,
         "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=180, env={**os.environ, "HOME": str(tmp_path)},
    )
    [converted] = [found for found in tmp_path.glob("*.csv")]
    with converted.open(newline="") as file:
        header, *rows = csv.reader(file)
    expected = hostile.query(sql)
    assert header[0] == "account_id" and len(rows) == len(expected)
    for row, values in zip(rows, expected):
        assert row[0] == "012345678901" and row[2] == "=1+1"
        assert row[1] == values["user_name"].replace("\r\n", "\n"), row
