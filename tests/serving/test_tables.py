"""`/v1/read?table=true`, and the table beside the photo in a real browser."""

import csv
import io
import json
from pathlib import Path

import cv2
import httpx
import pytest

import inkling
from tests.chromium import started_chromium
from tests.reading.tables.drawn import draw_grid

TEXTS = [["1", "", "3"], ["", "5", "2"]]
WAIT = 20_000  # ms; long, for a loaded machine


@pytest.fixture(scope="module")
def sheet() -> bytes:
    content = cv2.imencode(".png", draw_grid(TEXTS, cell=(60, 60)))[1]
    return content.tobytes()


def read(http: httpx.Client, content: bytes, **query: str) -> dict:
    answer = http.post("/v1/read", params=query, content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_tables_are_those_of_the_package(http: httpx.Client, sheet: bytes) -> None:
    answer = read(http, sheet, table="true")
    assert answer["tables"] == [
        json.loads(json.dumps(table.as_json())) for table in inkling.read_tables(sheet)
    ]
    (table,) = answer["tables"]
    assert [[cell["text"] for cell in row] for row in table["cells"]] == TEXTS
    assert answer["size"] == [260, 200]
    plain = read(http, sheet)
    assert {key: answer[key] for key in plain} == plain


def test_without_a_grid_the_list_is_empty(http: httpx.Client, seven: bytes) -> None:
    answer = read(http, seven, table="true")
    assert (answer["text"], answer["tables"]) == ("7", [])
    assert "tables" not in read(http, seven)


def test_what_is_known_of_a_table_is_passed_on(http: httpx.Client, sheet: bytes) -> None:
    size = f"{len(TEXTS)}x{len(TEXTS[0])}"
    answer = read(http, sheet, table="true", cells=size, digits_per_cell="1")
    expected = inkling.read_tables(sheet, cells=(len(TEXTS), len(TEXTS[0])), digits_per_cell=1)
    assert answer["tables"] == [json.loads(json.dumps(table.as_json())) for table in expected]
    assert read(http, sheet, table="true", cells="30x30")["tables"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"cells": "3x3"},
        {"digits_per_cell": "1"},
        {"table": "true", "cells": "1x1"},
        {"table": "true", "cells": "0x4"},
        {"table": "true", "cells": "many"},
        {"table": "true", "digits_per_cell": "0"},
    ],
)
def test_what_cannot_be_a_table_is_refused(
    http: httpx.Client, sheet: bytes, query: dict[str, str]
) -> None:
    response = http.post("/v1/read", params=query, content=sheet)
    assert response.status_code == 422
    assert response.json()["errors"]


def test_several_files_have_their_own_tables(
    http: httpx.Client, sheet: bytes, seven: bytes
) -> None:
    files = [("file", ("a.png", sheet)), ("file", ("b.png", seven)), ("file", ("c.png", b"no"))]
    answers = http.post("/v1/read", params={"table": "true"}, files=files).json()
    assert [len(one["tables"]) for one in answers[:2]] == [1, 0]
    assert "error" in answers[2]


@pytest.mark.browser
def test_the_page_shows_corrects_and_exports_a_table(
    address: str, sheet: bytes, seven: bytes, tmp_path: Path
) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    with started_chromium() as browser:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#link[data-state=ready]", timeout=WAIT)
        photo = {"name": "grid.png", "mimeType": "image/png", "buffer": sheet}
        page.set_input_files("#file", photo)
        cells = page.locator("#tables input")
        playwright.expect(cells).to_have_count(6, timeout=WAIT)
        assert cells.evaluate_all("all => all.map(one => one.value)") == TEXTS[0] + TEXTS[1]
        assert page.locator("#boxes polygon").count() == 6
        assert page.locator("#answer").is_hidden()

        page.get_by_label("Row 1, column 2").fill("9")
        assert page.locator("#boxes polygon.chosen").count() == 1
        page.keyboard.press("Enter")
        focused = "document.activeElement.getAttribute('aria-label')"
        assert page.evaluate(focused).startswith("Row 2, column 2")
        wanted = [["1", "9", "3"], ["", "5", "2"]]
        page.click("#tables .copy")
        playwright.expect(page.locator("#tables .copy")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert list(csv.reader(io.StringIO(copied))) == wanted
        with page.expect_download() as loading:
            page.click("#tables .download")
        loading.value.save_as(tmp_path / "table.csv")
        with (tmp_path / "table.csv").open(newline="") as file:
            assert list(csv.reader(file)) == wanted

        page.set_input_files("#file", {**photo, "name": "seven.png", "buffer": seven})
        playwright.expect(page.locator("#text")).to_have_text("7", timeout=WAIT)
        assert page.locator("#tables").is_hidden()
        assert errors == []
        context.close()
