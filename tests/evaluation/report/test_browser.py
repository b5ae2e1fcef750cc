"""The page in a real browser, opened from disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inkling.jobs.report import compare_runs, make_report
from tests.chromium import started_chromium
from tests.evaluation.report.test_run_page import SECTIONS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with started_chromium() as browser:
        yield browser


class Visit:
    """A page with everything it complained of or asked for."""

    def __init__(self, browser: "Browser", path: Path, **context) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    @property
    def left_the_file(self) -> list[str]:
        own = self.page.url.partition("#")[0]
        return [url for url in self.asked if not url.startswith("data:") and url != own]

    def overflow(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_every_section_shows_without_an_error_or_a_request(
    browser: "Browser", made: Path, scheme: str, width: int
) -> None:
    visit = Visit(
        browser, made / "report.html", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    for section in SECTIONS:
        assert visit.page.locator(f"#{section}").is_visible(), section
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert visit.page.evaluate(broken) == 0
    assert visit.overflow() <= 0
    assert visit.complaints == []
    assert visit.left_the_file == []
    visit.context.close()


def test_a_cell_shows_its_images_by_mouse_and_by_keyboard(browser: "Browser", made: Path) -> None:
    visit = Visit(browser, made / "report.html", viewport={"width": 1280, "height": 800})
    page = visit.page
    cells = page.locator(".matrix a")
    assert cells.count() > 10
    for place in (0, cells.count() - 1):
        cell = cells.nth(place)
        cell.click()
        shown = page.locator(".panel:visible")
        assert shown.count() == 1
        assert "#" + (shown.get_attribute("id") or "") == cell.get_attribute("href")
        assert shown.locator("h3").inner_text() == cell.get_attribute("aria-label")
        assert shown.locator("img").first.is_visible()
        assert cell.get_attribute("aria-current") is not None
        assert page.locator(".matrix a[aria-current]").count() == 1
    cells.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused != cells.nth(0).get_attribute("href")
    assert page.locator(".panel:visible").get_attribute("id") == focused[1:]
    assert visit.complaints == []
    visit.context.close()


def test_without_javascript_the_links_lead_to_the_images(browser: "Browser", made: Path) -> None:
    visit = Visit(browser, made / "report.html", java_script_enabled=False)
    cell = visit.page.locator(".matrix a").nth(0)
    cell.click()
    target = visit.page.locator(cell.get_attribute("href") or "")
    assert target.is_visible()
    assert target.locator("img").first.is_visible()
    visit.context.close()


def test_the_matrix_turns_to_percent(browser: "Browser", made: Path) -> None:
    visit = Visit(browser, made / "report.html")
    count, fraction = visit.page.locator(".matrix b").first, visit.page.locator(".matrix i").first
    assert count.is_visible()
    assert not fraction.is_visible()
    visit.page.get_by_label("percent of each label").check()
    assert fraction.is_visible()
    assert not count.is_visible()
    visit.context.close()


def test_text_is_distinguished_from_its_ground(browser: "Browser", made: Path) -> None:
    """WCAG 2 contrast of at least 4.5 for body text, links, quiet text and figures on tints."""
    script = """() => {
      const rgb = (text) => {
        const probe = document.createElement("canvas").getContext("2d");
        probe.fillStyle = text; probe.fillRect(0, 0, 1, 1);
        return [...probe.getImageData(0, 0, 1, 1).data];
      };
      const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = (node) => {
        for (; node; node = node.parentElement) {
          const color = rgb(getComputedStyle(node).backgroundColor);
          if (color[3] === 255) return color;
        }
      };
      const bad = [];
      const all = "p,dt,dd,th,td b,figcaption,h1,h2,nav a,.badge";
      for (const node of document.querySelectorAll(all)) {
        if (!node.checkVisibility()) continue;
        const style = getComputedStyle(node);
        const [a, b] = [light(rgb(style.color)), light(ground(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) bad.push([node.tagName, node.textContent.slice(0, 20), ratio]);
      }
      return bad;
    }"""
    for scheme in ("light", "dark"):
        visit = Visit(browser, made / "report.html", color_scheme=scheme)
        assert visit.page.evaluate(script) == [], scheme
        visit.context.close()


def test_it_prints_on_a_few_pages(browser: "Browser", made: Path, tmp_path: Path) -> None:
    visit = Visit(browser, made / "report.html", color_scheme="dark")
    printed = visit.page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert 2 <= printed.count(b"/Type /Page\n") <= 15
    visit.page.emulate_media(media="print")
    ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert not visit.page.locator("nav").is_visible()
    visit.context.close()


def test_incomplete_runs_and_comparisons_open_as_well(
    browser: "Browser", run: Path, made: Path, tmp_path: Path
) -> None:
    (run / "card.json").unlink()
    (run / "metrics.jsonl").unlink()
    page, _ = make_report(run)
    comparison, _ = compare_runs([made, run], tmp_path / "comparison.html")
    for path in (page, comparison):
        visit = Visit(browser, path, viewport={"width": 360, "height": 800})
        assert visit.page.locator("#missing").is_visible()
        assert visit.overflow() <= 0
        assert visit.complaints == []
        assert visit.left_the_file == []
        visit.context.close()
