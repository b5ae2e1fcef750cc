"""Corrections and class names on the page, in a real browser."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from inkling.data.corrections import CORRECTIONS_FILE
from tests.chromium import started_chromium
from tests.reading.test_reader import tiny_model
from tests.serving.conftest import Running
from tests.serving.test_page import DESKTOP, WAIT, visit

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
Start = Callable[..., AbstractContextManager[Running]]
EVIL = "<img src=x onerror=document.title='owned'>"


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with started_chromium() as browser:
        yield browser


def test_the_page_is_silent_where_corrections_are_off(
    browser: "playwright.Browser", address: str
) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        seen.draw("7")
        seen.expect_text("7")
        playwright.expect(seen.page.locator("#correct")).to_be_hidden()


def test_a_box_is_corrected(browser: "playwright.Browser", start: Start, tmp_path: Path) -> None:
    with (
        start("--corrections", str(tmp_path)) as running,
        visit(browser, running.address, **DESKTOP) as seen,
    ):
        page = seen.page
        state, send = page.locator("#correct-state"), page.locator("#correct-send")
        playwright.expect(state).to_contain_text("Corrections are on", timeout=WAIT)
        playwright.expect(send).to_be_disabled()
        seen.draw("42")
        seen.expect_text("42")
        page.locator("#chips .chip").nth(1).click()
        label = page.locator("#correct-label")
        playwright.expect(label).to_have_value("2")
        label.select_option("7")
        send.click()
        playwright.expect(state).to_have_text("Saved as 7.", timeout=WAIT)
        label.select_option(label="none of them")
        send.click()
        playwright.expect(state).to_have_text("Saved as none of them.", timeout=WAIT)
    lines = [json.loads(line) for line in (tmp_path / CORRECTIONS_FILE).read_text().splitlines()]
    assert [line["correct"] for line in lines] == ["7", "not-a-digit"]
    assert lines[0]["predicted"] == "2"
    assert (tmp_path / lines[0]["file"]).is_file()


def test_class_names_are_text(browser: "playwright.Browser", start: Start, tmp_path: Path) -> None:
    names = [EVIL, "alpha", *"abcdefghijkl"]
    card = {"thresholds": {"unsure": 0.01}, "temperature": 0.05}
    model = tiny_model(tmp_path / "m.onnx", names, card)
    with (
        start("--model", str(model), "--corrections", str(tmp_path / "c")) as running,
        visit(browser, running.address, **DESKTOP) as seen,
    ):
        page = seen.page
        options = page.locator("#correct-label option")
        playwright.expect(options).to_have_count(len(names) + 1, timeout=WAIT)
        assert options.all_inner_texts()[:2] == [EVIL, "alpha"]
        seen.draw("7")
        playwright.expect(page.locator("#chips .chip")).to_have_count(1, timeout=WAIT)
        shown = page.locator("#probs th").all_inner_texts()
        assert len(shown) == 11
        assert shown[-1] == "none"
        assert set(shown[:-1]) <= set(names)
        assert page.locator("#probs tr.best th").inner_text() == shown[0]
        page.locator("#correct-label").select_option(EVIL)
        page.locator("#correct-send").click()
        playwright.expect(page.locator("#correct-state")).to_have_text(
            f"Saved as {EVIL}.", timeout=WAIT
        )
        assert page.locator("img[src=x]").count() == 0
        assert page.title() != "owned"
