"""The page in a real browser, with real pointer events."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from inkling.serving import problems
from tests.chromium import started_chromium
from tests.serving.conftest import Running
from tests.serving.images import draw_number, encode, photo
from tests.serving.strokes import SCRIBBLE, Stroke, place, write

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
    "color_scheme": "dark",
}
WAIT = 20_000  # ms; long, for a loaded machine


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with started_chromium() as browser:
        yield browser


@dataclass
class Visit:
    """An open page, with its console errors and requests."""

    page: "playwright.Page"
    address: str
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def draw(self, text: str) -> None:
        box = self.paper()
        for stroke in write(text, box["x"], box["y"], box["width"], box["height"]):
            self.stroke(stroke)

    def scribble(self) -> None:
        box = self.paper()
        side = box["height"] * 0.6
        left, top = box["x"] + (box["width"] - side) / 2, box["y"] + box["height"] * 0.2
        self.stroke(place(SCRIBBLE, left, top, side, side))

    def paper(self) -> dict[str, float]:
        self.page.locator("#paper").scroll_into_view_if_needed()
        return self.page.locator("#paper").bounding_box()

    def stroke(self, points: Stroke) -> None:
        mouse = self.page.mouse
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point)
        mouse.up()

    def expect_text(self, text: str) -> None:
        playwright.expect(self.page.locator("#text")).to_have_text(text, timeout=WAIT)

    def sentence(self) -> str:
        return self.page.locator("#sentence").inner_text()


@contextmanager
def visit(browser: "playwright.Browser", address: str, **screen: object) -> Iterator[Visit]:
    """The page, ready. On exit: asserts no console error and no request to another host."""
    context = browser.new_context(**screen)
    page = context.new_page()
    seen = Visit(page, address)
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("#link[data-state=ready]", timeout=WAIT)
    yield seen
    context.close()
    own = (f"{address}/", "data:", "blob:")
    assert [url for url in seen.asked if not url.startswith(own)] == []
    assert seen.errors == []


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def opened(
    request: pytest.FixtureRequest, browser: "playwright.Browser", address: str
) -> Iterator[Visit]:
    with visit(browser, address, **request.param) as seen:
        yield seen


@pytest.mark.parametrize("text", ["3", "7", "42"])
def test_draws_and_reads(opened: Visit, text: str) -> None:
    opened.draw(text)
    opened.expect_text(text)
    page = opened.page
    assert page.locator("#boxes .box").count() == len(text)
    assert page.locator("#boxes .box b").all_inner_texts() == list(text)
    assert page.locator("#chips .chip b").all_inner_texts() == list(text)
    assert page.locator("#probs tr").count() == 11
    assert page.locator("#probs tr.best th").inner_text() == text[0]
    assert page.evaluate("document.getElementById('seen').naturalWidth") == 28
    assert re.search(r"read in \d+ ms", page.locator("#timing").inner_text())
    assert "sure" in opened.sentence()


def test_boxes_lie_over_the_ink(opened: Visit) -> None:
    opened.draw("7")
    opened.expect_text("7")
    box = opened.page.locator("#boxes .box").bounding_box()
    paper = opened.paper()
    drawn = write("7", paper["x"], paper["y"], paper["width"], paper["height"])[0]
    xs, ys = [x for x, _ in drawn], [y for _, y in drawn]
    for edge, ink in (
        (box["x"], min(xs)),
        (box["y"], min(ys)),
        (box["x"] + box["width"], max(xs)),
        (box["y"] + box["height"], max(ys)),
    ):
        assert abs(edge - ink) < 25


def test_a_scribble_is_not_a_digit_and_is_cleared(opened: Visit) -> None:
    opened.scribble()
    opened.expect_text("Not a digit")
    assert "digit" in opened.sentence()
    assert opened.page.locator("#boxes .box").get_attribute("data-verdict") == "not-a-digit"
    opened.page.click("#clear")
    opened.expect_text("Nothing yet")
    assert opened.page.locator("#boxes .box").count() == 0
    assert opened.page.locator("#stage").get_attribute("data-mode") == "empty"
    blank = "c => !c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
    opened.page.wait_for_timeout(50)  # the next frame clears the canvas
    assert opened.page.locator("#paper").evaluate(blank)


def test_a_photo_is_scaled_down_and_read(opened: Visit) -> None:
    content = photo("42", 4000, 3000)
    sizes: list[int] = []
    opened.page.on(
        "request",
        lambda r: sizes.append(len(r.post_data_buffer or b"")) if "/v1/read" in r.url else None,
    )
    file = {"name": "phone.jpg", "mimeType": "image/jpeg", "buffer": content}
    opened.page.set_input_files("#file", file)
    opened.expect_text("42")
    assert len(sizes) == 1
    assert sizes[0] < len(content) / 3
    assert opened.page.locator("#stage").get_attribute("data-mode") == "photo"
    shown = opened.page.locator("#photo").evaluate("p => [p.naturalWidth, p.naturalHeight]")
    assert shown == [1600, 1200]
    opened.page.click("#clear")
    opened.expect_text("Nothing yet")
    opened.draw("7")
    opened.expect_text("7")


def test_steps_are_shown_when_asked_for(browser: "playwright.Browser", address: str) -> None:
    with visit(browser, address, **DESKTOP) as opened:
        _show_steps(opened)


def _show_steps(opened: Visit) -> None:
    page = opened.page
    assert page.locator("#explain").is_disabled()
    opened.draw("42")
    opened.expect_text("42")
    assert [url for url in opened.asked if "explain" in url] == []
    page.click("#explain")
    page.wait_for_selector("#steps img", timeout=WAIT)
    assert page.locator("#steps > figure").count() == 4
    assert page.locator("#steps .crops img").count() == 2
    page.click("#explain")
    assert page.locator("#steps").is_hidden()


def test_undo_takes_back_the_last_stroke(opened: Visit) -> None:
    opened.draw("3")
    opened.expect_text("3")
    opened.stroke([(point[0] + 3, point[1]) for point in write("7", **_frame(opened, 0.4))[0]])
    playwright.expect(opened.page.locator("#text")).not_to_have_text("3", timeout=WAIT)
    opened.page.keyboard.press("Control+z")
    opened.expect_text("3")
    opened.page.click("#undo")
    opened.expect_text("Nothing yet")
    assert opened.page.locator("#undo").is_disabled()


def _frame(opened: Visit, shift: float) -> dict[str, float]:
    box = opened.paper()
    return {**box, "x": box["x"] + shift * box["width"] / 1.2}


def test_the_layout_does_not_jump(opened: Visit) -> None:
    """Neither an answer, nor a long one, nor none moves anything that was there."""
    places = "ids => ids.map(id => { const r = document.getElementById(id).getBoundingClientRect();"
    places += " return [r.x, r.y + scrollY, r.width, r.height]; })"
    watched = ["stage", "undo", "answer", "sentence", "probs", "explain"]
    before = opened.page.evaluate(places, watched)
    opened.draw("4")
    opened.expect_text("4")
    assert opened.page.evaluate(places, watched) == before
    opened.page.click("#clear")
    opened.scribble()
    opened.expect_text("Not a digit")
    assert opened.page.evaluate(places, watched) == before
    scrolls = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not opened.page.evaluate(scrolls)


def test_a_finger_draws(browser: "playwright.Browser", address: str) -> None:
    """Touch goes through the browser's own input, which turns it into pointer events."""
    with visit(browser, address, **PHONE) as seen:
        wire = seen.page.context.new_cdp_session(seen.page)
        box = seen.paper()
        for stroke in write("7", box["x"], box["y"], box["width"], box["height"]):
            for number, (x, y) in enumerate(stroke):
                kind = "touchMove" if number else "touchStart"
                touch = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
                wire.send("Input.dispatchTouchEvent", touch)
            wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        seen.expect_text("7")
        assert seen.page.evaluate("scrollY") == 0


def test_the_keyboard_draws(browser: "playwright.Browser", address: str) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        page = seen.page
        reached = []
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id"))
            if reached[-1] == "paper":
                break
        assert reached[-1] == "paper"
        keys = ["ArrowUp"] * 10 + ["Space"] + ["ArrowDown"] * 20 + ["Space"]
        for key in keys:
            page.keyboard.press(key)
        seen.expect_text("1")
        page.keyboard.press("Delete")
        seen.expect_text("Nothing yet")


def test_every_control_has_a_name(browser: "playwright.Browser", address: str) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        seen.draw("42")
        seen.expect_text("42")
        for control in seen.page.locator("button, input:not([tabindex='-1']), canvas, a").all():
            name = control.evaluate(
                "e => (e.getAttribute('aria-label') || e.innerText || e.labels?.[0]?.innerText"
                " || e.title || '').trim()"
            )
            assert name, control.evaluate("e => e.outerHTML")
        chips = seen.page.get_by_role("radio")
        assert [chip.get_attribute("aria-checked") for chip in chips.all()] == ["true", "false"]
        chips.first.focus()
        seen.page.keyboard.press("ArrowRight")
        assert seen.page.locator("#probs tr.best th").inner_text() == "2"


def test_dropped_and_pasted_images_are_read(
    browser: "playwright.Browser", address: str, seven: bytes, forty_two: bytes
) -> None:
    make = """([kind, bytes, target]) => {
        const carrier = new DataTransfer();
        carrier.items.add(new File([new Uint8Array(bytes)], "a.png", { type: "image/png" }));
        const event = kind === "paste"
            ? new ClipboardEvent("paste", { clipboardData: carrier, bubbles: true })
            : new DragEvent(kind, { dataTransfer: carrier, bubbles: true, cancelable: true });
        document.querySelector(target).dispatchEvent(event);
    }"""
    with visit(browser, address, **DESKTOP) as seen:
        seen.page.evaluate(make, ["dragenter", list(seven), "#stage"])
        assert "dropping" in (seen.page.locator("#stage").get_attribute("class") or "")
        seen.page.evaluate(make, ["drop", list(seven), "#stage"])
        seen.expect_text("7")
        assert "dropping" not in (seen.page.locator("#stage").get_attribute("class") or "")
        seen.page.evaluate(make, ["paste", list(forty_two), "body"])
        seen.expect_text("42")


def test_a_file_that_is_not_an_image_is_reported(
    browser: "playwright.Browser", address: str
) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        file = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"a shopping list"}
        seen.page.set_input_files("#file", file)
        seen.expect_text("Cannot read it")
        assert "cannot open" in seen.sentence()


HOLD = """() => {
    const real = createImageBitmap;
    window.createImageBitmap = async (...given) => {
        const bitmap = await real(...given);
        document.body.dataset.held = "";
        await new Promise((resolve) => { window.release = resolve; });
        return bitmap;
    };
}"""


def _choose(page: "playwright.Page", content: bytes, kind: str = "image/png") -> None:
    page.set_input_files("#file", {"name": "an image", "mimeType": kind, "buffer": content})


def _stays(seen: Visit, text: str, mode: str) -> None:
    """What a photo that is opened only now would have changed stays as it is."""
    seen.page.evaluate("() => { release(); delete document.body.dataset.held; }")
    seen.page.wait_for_timeout(500)
    seen.expect_text(text)
    assert seen.page.locator("#stage").get_attribute("data-mode") == mode


def test_a_photo_opened_too_late_is_dropped(
    browser: "playwright.Browser", address: str, seven: bytes
) -> None:
    slow = photo("42", 2400, 1800)
    with visit(browser, address, **DESKTOP) as seen:
        page = seen.page
        page.evaluate(HOLD)
        _choose(page, slow, "image/jpeg")
        page.wait_for_selector("body[data-held]", timeout=WAIT)
        page.click("#clear")
        _stays(seen, "Nothing yet", "empty")
        _choose(page, slow, "image/jpeg")
        page.wait_for_selector("body[data-held]", timeout=WAIT)
        seen.draw("3")
        seen.expect_text("3")
        _stays(seen, "3", "drawing")
        _choose(page, slow, "image/jpeg")
        page.wait_for_selector("body[data-held]", timeout=WAIT)
        _choose(page, seven)  # small enough to be sent as it is
        seen.expect_text("7")
        _stays(seen, "7", "photo")


def test_clearing_lifts_the_keyboards_pen(browser: "playwright.Browser", address: str) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        page = seen.page
        page.focus("#paper")
        for key in ["ArrowUp"] * 10 + ["Space", "ArrowDown", "Escape"]:
            page.keyboard.press(key)
        assert "down" not in (page.locator("#nib").get_attribute("class") or "")
        for key in ["ArrowUp", "Space"] + ["ArrowDown"] * 20:
            page.keyboard.press(key)
        assert "down" in (page.locator("#nib").get_attribute("class") or "")
        page.keyboard.press("Space")
        seen.expect_text("1")


def test_light_ink_on_clear_is_read_at_any_size(
    browser: "playwright.Browser", address: str
) -> None:
    ink = 255 - np.asarray(draw_number("7", 1200, 1200, pen=60))
    under = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    under[ink > 0] = 255  # what lies under the clear parts is not seen, and makes the file large
    content = encode(Image.fromarray(np.dstack([under, ink])))
    assert len(content) > 400_000  # so that the page does not send it as it is
    with visit(browser, address, **DESKTOP) as seen:
        _choose(seen.page, content)
        seen.expect_text("7")


def test_an_error_is_shown_and_not_retried(browser: "playwright.Browser", address: str) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        asked: list[int] = []

        def fail(route: "playwright.Route") -> None:
            asked.append(1)
            body = '{"detail": "something went wrong here"}'
            route.fulfill(status=500, content_type="application/problem+json", body=body)

        seen.page.route("**/v1/read**", fail)
        seen.draw("7")
        seen.expect_text("Cannot read it")
        assert seen.sentence() == "something went wrong here"
        seen.page.wait_for_timeout(1500)
        assert len(asked) == 1
        seen.page.unroute_all()
        seen.errors.clear()  # the browser reports a 500 by itself


def test_a_rejected_image_is_sent_at_growing_intervals(
    browser: "playwright.Browser", address: str
) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        asked: list[float] = []

        def refuse(route: "playwright.Route") -> None:
            asked.append(time.monotonic())
            route.fulfill(status=502, content_type="text/html", body="<html>a proxy</html>")

        seen.page.route("**/v1/read**", refuse)
        seen.draw("7")
        while len(asked) < 4:
            seen.page.wait_for_timeout(50)
        first, *_, last = [after - before for before, after in pairwise(asked)]
        assert last > first + 0.5
        seen.page.unroute_all()
        seen.expect_text("7")
        seen.errors.clear()


def test_the_server_goes_away_and_comes_back(
    browser: "playwright.Browser",
    start: Callable[..., AbstractContextManager[Running]],
    tmp_path: Path,
) -> None:
    with start() as first:
        port = first.address.rpartition(":")[2]
        context = browser.new_context(**DESKTOP)
        page = context.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(first.address)
        page.wait_for_selector("#link[data-state=ready]", timeout=WAIT)
        seen = Visit(page, first.address)
        seen.draw("4")
        seen.expect_text("4")
        first.stop()
    box = seen.paper()
    quarter = {**box, "width": box["width"] / 3}
    for stroke in write("7", **quarter):
        seen.stroke(stroke)
    page.wait_for_selector("#link[data-state=away]", timeout=WAIT)
    sentence = page.locator("#sentence")
    playwright.expect(sentence).to_contain_text("The server is unavailable", timeout=WAIT)
    with start("--port", port):
        page.wait_for_selector("#link[data-state=ready]", timeout=WAIT)
        seen.expect_text("74")  # what was drawn meanwhile, without another stroke
    context.close()
    assert failures == []


def test_the_documentation_needs_no_other_host(browser: "playwright.Browser", address: str) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        page = seen.page
        page.goto(f"{address}/docs#busy")
        page.wait_for_selector("#busy[open]", timeout=WAIT)
        for problem in problems.ALL:
            assert page.locator(f"details#{problem.name}").count() == 1
        for name in ("read", "read_batch", "model", "healthz", "readyz", "metrics"):
            assert page.locator(f"details#{name}").count() == 1
        for name in ("read", "model"):
            if not page.locator(f"details#{name}").evaluate("e => e.open"):
                page.click(f"details#{name} summary")
            page.click(f"details#{name} button")
            page.wait_for_selector(f"details#{name} .row .status.fine", timeout=WAIT)
        assert '"text": "7"' in page.locator("#read pre[aria-label=Answer]").inner_text()


ATTACK = """<img src=x onerror="window.hit=1"><script>window.hit=1</script>'"`.png"""


def test_a_script_in_an_image_name_does_not_run(
    browser: "playwright.Browser", address: str, seven: bytes
) -> None:
    with visit(browser, address, **DESKTOP) as seen:
        file = {"name": ATTACK, "mimeType": "image/png", "buffer": seven}
        seen.page.set_input_files("#file", file)
        seen.expect_text("7")
        assert ATTACK[:40] in (seen.page.locator("#photo").get_attribute("alt") or "")
        assert seen.page.evaluate("window.hit") is None
        assert seen.page.locator("script:not([src])").count() == 0


def test_the_policy_stops_a_script_that_reached_the_page(
    browser: "playwright.Browser", address: str
) -> None:
    """The second line of defence: even markup written as HTML, with inline code, does nothing."""
    with visit(browser, address, **DESKTOP) as seen:
        insert = "html => { document.getElementById('sentence').innerHTML = html; }"
        seen.page.evaluate(insert, ATTACK)
        inline = "() => { const s = document.createElement('script'); s.textContent = 'hit = 1';"
        seen.page.evaluate(inline + " document.body.append(s); }")
        seen.page.wait_for_timeout(300)
        assert seen.page.evaluate("window.hit") is None
        assert any("Content Security Policy" in error for error in seen.errors)
        seen.errors.clear()  # the reports of the policy, and of the image that does not exist
        seen.asked.clear()


def test_a_name_with_markup_comes_back_as_json(address: str, seven: bytes) -> None:
    for answer in (
        httpx.post(f"{address}/v1/read", params={"name": ATTACK}, content=seven, timeout=60),
        httpx.post(f"{address}/v1/read", files={"file": (ATTACK, seven)}, timeout=60),
        httpx.post(f"{address}/v1/read", files={"file": (ATTACK, b"none")}, timeout=60),
        httpx.get(f"{address}/<script>alert(1)</script>", timeout=60),
    ):
        assert "json" in answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
