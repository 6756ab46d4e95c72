"""What the page says and holds, without a browser."""

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.optimizer import exports, run_folder
from commonweal.optimizer.errors import InputError, UsageError
from commonweal.optimizer.report import page, pdf
from commonweal.optimizer.report.words import sentences
from commonweal.optimizer.summary import headline

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def data(html: Path) -> dict[str, Any]:
    found = DATA.search(html.read_text(encoding="utf-8"))
    assert found
    return json.loads(found[1])


def test_the_real_case_over_five_years_takes_under_six_megabytes(china):
    assert china.html.stat().st_size < 6e6


def test_a_curve_of_many_budgets_is_thinned_to_eleven_stops_with_both_ends_and_the_budget_as_asked():
    factors = [0.5 + k / 8 for k in range(21)]
    kept = [factor for _, factor, _ in page._thinned([(Path(str(f)), f, 100 * f) for f in factors])]
    assert len(kept) <= page.MOST_STOPS == 11
    assert {factors[0], 1.0, factors[-1]} <= set(kept)
    assert kept == sorted(kept)


def test_writing_twice_gives_the_same_file(china, tmp_path):
    page.write(china.folder, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == china.html.read_bytes()


def test_nothing_in_the_page_points_to_a_network(china):
    text = china.html.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", text)
    assert not re.findall(r"""@import|url\(["']?(?:https?:)?//""", text)


def test_every_headline_sentence_names_the_file_its_numbers_stand_in(china):
    run = run_folder.read(china.folder)
    told = sentences(run)
    assert [sentence.text for sentence in told] == list(headline(run))
    for sentence in told:
        file = re.match(r"[\w.]+", sentence.source)
        assert file and (china.folder / file[0].rstrip(":")).is_file()


def test_every_number_of_the_ladder_is_that_of_the_table(china):
    ladder, benefits = data(china.html)["figures"]["ladder"], china.table("benefits")
    names = china.table("inputs/regions").set_index("name")["region"]
    assert len(ladder["frames"]) == 2 * 5
    for key, frame in ladder["frames"].items():
        _, year, who = key.split("/")
        cells = benefits[(benefits["year"] == int(year)) & (benefits["group"] == who.split("|")[1])].set_index("region")
        for name, before, after, *_ in ladder["tables"][frame["table"]]["rows"]:
            row = cells.loc[names[name]]
            assert (before, after) == (f"{row['benefit_before']:,.0f}", f"{row['benefit']:,.0f}")
        for name, kept, more, less in zip(
            frame["option"]["yAxis"]["data"], *(s["data"] for s in frame["option"]["series"]), strict=True
        ):
            row = cells.loc[names[name]]
            assert kept + less == pytest.approx(row["benefit_before"], rel=1e-8)
            assert kept + more == pytest.approx(row["benefit"], rel=1e-8)


def test_the_bands_of_the_flow_chart_add_up_to_the_transfers(china):
    flows, transfers = data(china.html)["figures"]["flows"], china.table("transfers")
    for fund in ("residents", "employees"):
        links = flows["frames"][f"0/{fund}"]["option"]["series"][0]["links"]
        part = transfers[transfers["fund"] == fund]
        expected = part[["central", "horizontal_received", "pool_received"]].to_numpy().sum()
        assert sum(link["value"] for link in links) == pytest.approx(expected, rel=1e-6)


def test_the_same_number_is_the_same_in_terminal_csv_workbook_and_page(china, tmp_path):
    """The gap before and after, central money, the lowest benefit, and each region's net money."""
    screen = CliRunner().invoke(main, ["solve", "--from", str(china.folder), "-o", str(tmp_path / "again"), "--all"])
    assert screen.exit_code == 0, screen.output
    run = run_folder.read(tmp_path / "again")
    exports.load("xlsx").write(run, tmp_path / "run.xlsx")
    book = openpyxl.load_workbook(tmp_path / "run.xlsx", data_only=True)
    page.write(tmp_path / "again", tmp_path / "again.html")
    held = data(tmp_path / "again.html")
    told = " ".join(held["texts"][0].values())
    gaps = pd.read_csv(tmp_path / "again" / "gaps.csv").iloc[-1]
    benefits = pd.read_csv(tmp_path / "again" / "benefits.csv")
    transfers = pd.read_csv(tmp_path / "again" / "transfers.csv")
    final = benefits[(benefits["year"] == 2029) & (benefits["group"] == "residents")]
    summary = [cell.value for row in book["Summary"].iter_rows() for cell in row]

    for value in (gaps["before"], gaps["after"]):
        assert f"{value:.5f}" in " ".join(screen.output.split())
        assert f"{value:.5f}" in told
        assert any(isinstance(cell, str) and f"{value:.5f}" in cell for cell in summary)
    header = [cell.value for cell in book["Gaps"][1]]
    total = book["Gaps"].cell(book["Gaps"].max_row, header.index("after") + 1).value
    assert total == pytest.approx(gaps["after"], rel=1e-15)

    central = transfers["central"].sum()
    assert f"{central:,.0f}" in screen.output
    assert f"{central:,.1f}" in told
    assert any(isinstance(cell, float) and cell == pytest.approx(central) for cell in summary)

    lowest = final["benefit"].min()
    assert f"{lowest:,.0f}" in screen.output
    assert f"{lowest:,.0f}" in told
    assert any(isinstance(cell, float) and cell == pytest.approx(lowest) for cell in summary)

    names = pd.read_csv(tmp_path / "again" / "inputs" / "regions.csv").set_index("region")
    net = transfers[transfers["fund"] == "residents"].groupby("region")["net"].sum()
    for region, value in net.items():
        shown = f"{value:+,.1f}" if abs(value) >= 0.05 else "0.0"
        name = names.loc[region, "name"]
        line = next(line for line in screen.output.splitlines() if line.startswith(str(name)))
        assert shown in line
        assert re.search(rf"{name}[^<]*</th>(?:<td[^>]*>[^<]*</td>)*?<td[^>]*>{re.escape(shown)}</td>", told)


def test_a_folder_of_budgets_makes_a_page_with_a_slider(curve):
    found = data(curve.html)
    assert [label for _, label in found["choices"]["run"]][1].endswith("as asked")
    assert found["start"]["run"] == "1"
    objectives = [json.loads((curve.folder / b / "run.json").read_text())["objective"] for b in ("0.5", "1", "1.5")]
    points = [frame["option"]["series"][2]["data"][0][1] for frame in found["figures"]["budget"]["frames"].values()]
    assert points == pytest.approx(objectives, rel=1e-8)
    for text, budget in zip(found["texts"], ("0.5", "1", "1.5"), strict=True):
        assert f"run folder curve/{budget};" in text["audit"]


def test_the_money_equivalent_stands_beside_the_bar_of_each_rule_as_compare_tells_it(china):
    bars = data(china.html)["figures"]["yardstick"]["frames"]["0"]["option"]["series"][0]["data"]
    told = CliRunner().invoke(main, ["compare", str(china.folder), "--with", "all", "--json"])
    rules = json.loads(told.output)["simple_rules"][str(china.folder)]
    for bar, rule in zip(bars[1:-1], ("equal-per-head", "proportional-to-need", "like-today"), strict=True):
        assert bar["value"] == pytest.approx(rules[rule]["gap_rule"], rel=1e-8)
        assert bar["note"] == f"needs {rules[rule]['needed'] - rules[rule]['money']:+,.1f}"


def test_a_folder_that_is_no_run_is_refused_in_words(tmp_path):
    with pytest.raises(UsageError, match="not a run folder"):
        page.write(tmp_path / "nothing", tmp_path / "page.html")
    (tmp_path / "frontier.csv").write_text("scenario,factor,budget,gap\ndefault,1,10,0.5\n")
    with pytest.raises(InputError, match="no run of any budget"):
        page.write(tmp_path, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_the_pdf_is_printed_by_chromium_and_its_absence_is_said_plainly(china, tmp_path, monkeypatch):
    pdf.write(china.html, tmp_path / "china.pdf")
    assert (tmp_path / "china.pdf").read_bytes().startswith(b"%PDF")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no Chromium"):
        pdf.write(china.html, tmp_path / "other.pdf")
    assert not (tmp_path / "other.pdf").exists()


def test_the_command_says_where_the_page_is(china, tmp_path):
    done = CliRunner().invoke(main, ["report", str(china.folder), "-o", str(tmp_path / "p.html"), "--json"])
    assert json.loads(done.output) == {"html": str(tmp_path / "p.html")}
    assert (tmp_path / "p.html").is_file()
