"""The page as a reader has it: drawn by a real browser, moved by its controls, on a phone, in the dark."""

import json
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

BUDGETS = ("0.5", "1", "1.5")


def drawn(browser: Any) -> dict[str, int]:
    """Marks that each chart has drawn, counted in the chart."""
    return browser.ask("Object.fromEntries([...commonweal.charts.keys()].map(id => [id, commonweal.drawn(id)]))")


def test_every_chart_is_drawn_with_a_mark_for_every_number(browser, china):
    browser.open(china.html)
    benefits, pairs = china.table("benefits"), china.table("pairs")
    transfers, funds = china.table("transfers"), china.table("funds")
    regions, years = benefits["region"].nunique(), benefits["year"].nunique()
    cells = len(benefits[(benefits["year"] == 2029) & (benefits["eligible"] > 0)])
    found = drawn(browser)
    # residents' fund: ten bands from the centre (nine named regions and the others), and from each donor
    paid = pairs[pairs["fund"] == "residents"].groupby(["donor", "recipient"])["amount"].sum()
    takers = transfers[transfers["fund"] == "residents"].groupby("region")[["central", "horizontal_received"]].sum()
    named = set(takers.sum(axis=1).nlargest(9).index)
    bands = {(donor, taker if taker in named else "others") for donor, taker in paid[paid > 1e-6].index}
    bands |= {("centre", taker if taker in named else "others") for taker in takers[takers["central"] > 1e-6].index}
    assert found == {
        "map": regions,
        "flows": len(bands),
        "ladder": 3 * regions,  # today, what is added, what is taken
        "yardstick": 5,  # no plan, three rules that differ, the plan
        "parts": 8,
        "lorenz": 2 + 2 * (cells + 1),
        "benefit-years": 4 * years,
        "money-years": 4 * years,
        "reserve-years": funds["fund"].nunique() * years,
    }


def test_no_choice_leaves_a_chart_empty(browser, china):
    browser.open(china.html)
    for dim, values in browser.ask("commonweal.page.choices").items():
        for value, _ in values:
            browser.ask("commonweal.choose(arguments[0], arguments[1])", dim, value)
            expected = browser.ask(
                "Object.fromEntries([...commonweal.charts.keys()].map(id => [id, commonweal.chosen(id).marks]))"
            )
            assert drawn(browser) == expected
            assert all(count > 0 for count in expected.values())
    assert browser.errors() == []


def test_the_slider_moves_every_chart_and_number_to_the_run_of_its_budget(browser, curve):
    browser.open(curve.html)
    slider = browser.driver.find_element(By.ID, "budget-slider")
    slider.send_keys(Keys.HOME)
    seen = []
    for budget in BUDGETS:
        info = json.loads((curve.folder / budget / "run.json").read_text(encoding="utf-8"))
        page = browser.driver.find_element(By.TAG_NAME, "main").text
        assert f"{info['objective']:.4g}"[:6] in page
        point = browser.ask("commonweal.charts.get('budget').getOption().series[2].data[0]")
        assert point[1] == pytest.approx(info["objective"], rel=1e-6)
        benefits = curve.table("benefits", budget).set_index(["region", "group"])["benefit"]
        regions = curve.table("inputs/regions", budget).set_index("name")["region"]
        who = browser.ask("commonweal.state.who").split("|")[1]
        option = browser.ask("commonweal.charts.get('ladder').getOption()")
        names = option["yAxis"][0]["data"]
        shown = {
            name: kept + more
            for name, kept, more in zip(names, *(s["data"] for s in option["series"][:2]), strict=True)
        }
        assert shown == pytest.approx({name: benefits[regions[name], who] for name in names}, rel=1e-6)
        seen.append(browser.ask("JSON.stringify([...commonweal.charts.values()].map(c => c.getOption().series))"))
        assert slider.get_attribute("aria-valuetext") == browser.driver.find_element(By.ID, "budget-shown").text
        slider.send_keys(Keys.ARROW_RIGHT)
    assert len(set(seen)) == len(BUDGETS)
    assert browser.errors() == []


def test_axes_stand_still_while_the_slider_moves(browser, curve):
    browser.open(curve.html)
    tops = []
    for run in ("0", "1", "2"):
        browser.ask("commonweal.choose('run', arguments[0])", run)
        tops.append(browser.ask("commonweal.charts.get('ladder').getOption().xAxis[0].max"))
    assert len(set(tops)) == 1


@pytest.mark.parametrize("made", ["china", "curve"])
def test_the_page_asks_for_nothing_from_a_network_and_the_console_is_silent(browser, made, request):
    browser.open(request.getfixturevalue(made).html)
    assert browser.requests() == set()
    assert browser.errors() == []


def test_a_phone_shows_the_page_without_scrolling_sideways_and_every_chart(browser, china):
    browser.open(china.html, wide=390)
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    assert drawn(browser) == browser.ask(
        "Object.fromEntries([...commonweal.charts.keys()].map(id => [id, commonweal.chosen(id).marks]))"
    )
    wide = browser.ask("[...document.querySelectorAll('.chart')].map(c => c.getBoundingClientRect().right)")
    assert max(wide) <= 390


def test_hundreds_of_regions_are_shown_together_and_each_is_found_by_its_name(browser, many):
    browser.open(many.html)
    regions = many.table("inputs/regions")
    provinces = regions["parent"].nunique()
    assert len(regions) == 400 and 1 < provinces < 80
    found = drawn(browser)
    assert (found["map"], found["ladder"]) == (provinces, 3 * provinces)

    details = browser.driver.find_element(By.ID, "regions")
    place = browser.ask("commonweal.state.place")
    inside = regions[regions["parent"] == place]
    assert len(details.find_elements(By.CSS_SELECTOR, "tbody tr")) == len(inside)

    wanted = regions.iloc[-1]  # of another province; no other name holds its own, "Region 400"
    assert wanted["parent"] != place
    group = browser.ask("commonweal.state.who").split("|")[1]
    details.find_element(By.CSS_SELECTOR, "[data-search]").send_keys(wanted["name"])
    (row,) = details.find_elements(By.CSS_SELECTOR, "tbody tr")
    cells = many.table("benefits").set_index(["region", "group"]).loc[(wanted["region"], group)]
    for told in (wanted["name"], f"{cells['benefit_before']:,.0f}", f"{cells['benefit']:,.0f}"):
        assert told in row.text
    assert browser.errors() == []


def test_hundreds_of_regions_fit_a_phone(browser, many):
    browser.open(many.html, wide=390)
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    assert all(count > 0 for count in drawn(browser).values())


def brightness(colour: str) -> float:
    """0 black to 255 white, of rgb(r, g, b) or #rrggbb."""
    if colour.startswith("#"):
        return sum(int(colour[k : k + 2], 16) for k in (1, 3, 5)) / 3
    return sum(map(float, colour.split("(")[1].rstrip(")").split(",")[:3])) / 3


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_charts_stand_out_in_light_and_in_dark(browser, china, dark):
    browser.open(china.html, dark=dark)
    ground = brightness(browser.ask("getComputedStyle(document.querySelector('figure')).backgroundColor"))
    ink = brightness(browser.ask("getComputedStyle(document.body).color"))
    label = brightness(browser.ask("document.querySelector('#ladder svg text').getAttribute('fill')"))
    assert (ground < 60) == dark
    assert abs(ground - ink) > 150
    assert abs(ground - label) > 150


def test_the_button_changes_light_to_dark_and_back(browser, china):
    browser.open(china.html)
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    button = browser.driver.find_element(By.ID, "scheme")
    for expected in ("dark", "light"):
        button.click()
        assert browser.ask(scheme) == expected
    assert drawn(browser)["map"] == 31


def test_every_control_is_reached_by_the_keyboard_and_every_chart_has_its_words(browser, curve):
    browser.open(curve.html)
    reached = set()
    body = browser.driver.find_element(By.TAG_NAME, "body")
    for _ in range(60):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        here = browser.driver.switch_to.active_element
        if here == body:
            break
        reached.add(here.get_attribute("id") or here.get_attribute("data-dim") or here.tag_name)
    dims = {
        control.get_attribute("data-dim") for control in browser.driver.find_elements(By.CSS_SELECTOR, "[data-dim]")
    }
    assert {"scheme", "budget-slider", "summary", *dims} <= reached
    for chart in browser.driver.find_elements(By.CSS_SELECTOR, "figure:not(.paper-only) .chart"):
        assert chart.get_attribute("role") == "img"
        assert "table below" in chart.get_attribute("aria-label")


def test_the_numbers_of_a_chart_stand_in_a_table_below_it(browser, china):
    browser.open(china.html)
    details = browser.driver.find_element(By.CSS_SELECTOR, "#ladder details")
    details.find_element(By.TAG_NAME, "summary").click()
    rows = details.find_elements(By.CSS_SELECTOR, "tbody tr")
    assert len(rows) == 31
    benefits = china.table("benefits")
    lowest = benefits[(benefits["group"] == "residents") & (benefits["year"] == 2029)]["benefit_before"].min()
    assert f"{lowest:,.0f}" in rows[0].text


def test_on_paper_two_pages_come_first_and_the_map_shows_both_sides(browser, china):
    browser.open(china.html, hash_="#paper")
    shown = browser.ask("[...document.querySelectorAll('.sheet')].map(s => s.getBoundingClientRect().height)")
    a4 = (297 - 2 * 11) / 25.4 * 96  # millimetres between the margins, in CSS pixels
    header = browser.ask("document.querySelector('header').getBoundingClientRect().height")
    assert header + shown[0] < a4
    assert shown[1] < a4
    sides = [browser.ask("commonweal.chosen(arguments[0]).option.series[0].data", i) for i in ("map-before", "map")]
    means = [sum(tile["value"][2] for tile in tiles) for tiles in sides]
    assert means[0] < means[1]
    assert browser.errors() == []
