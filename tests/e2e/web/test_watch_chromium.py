"""The watch page in a real Chromium: live, calm, readable, and nothing of a caller's words is ever run."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from callcenter.i18n import t
from callcenter.kernel.errors import Unavailable
from callcenter.web import app as web_app
from callcenter.web.hub import Hub
from tests.helpers.watching import call, desk, free_port, live_state, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOSTILE = "</script><script>window.stolen=1</script><img src=x onerror=window.stolen=1>\u2028{seated} Ổ gà"
STATES = ("available", "reserved", "on_call", "acw", "paused", "logged_out")


class Centre:
    """What the page is shown, changed by the test."""

    def __init__(self) -> None:
        self.tickets: dict[str, Any] | None = {"today": 0, "latest": []}
        self._state: dict[str, Any] | None = live_state()
        self._changed = asyncio.Event()

    def show(self, state: dict[str, Any] | None) -> None:
        """The switchboard's state from now on; ``None`` when it is away."""
        self._state = state
        self._changed.set()

    async def states(self) -> AsyncGenerator[str, None]:
        while self._state is not None:
            yield json.dumps(self._state)
            await self._changed.wait()
            self._changed.clear()
        raise Unavailable("switchboard_away")

    def read(self) -> dict[str, Any]:
        if self.tickets is None:
            raise Unavailable("database_unavailable")
        return self.tickets


class Watched:
    """One page, and what it complained of and asked for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
def centre() -> Centre:
    return Centre()


@pytest.fixture
async def url(centre: Centre) -> AsyncIterator[str]:
    hub = Hub(centre, centre.read, retry_s=0.05, tickets_every_s=0.05)
    async with served(web_app.build_app(hub), free_port()) as address:
        yield address


@pytest.fixture
async def watched(browser: Browser, url: str) -> AsyncIterator[Watched]:
    """The Vietnamese page on a wall screen; afterwards it must have complained of nothing."""
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    watched = Watched(page, url)
    await page.goto(url)
    await expect(page.locator("#link")).to_have_attribute("data-state", "link_up")
    yield watched
    await page.close()
    assert watched.complaints == []
    assert [asked for asked in watched.asked if not asked.startswith(f"{url}/")] == []


def ticket(code: str, text: str) -> dict[str, Any]:
    return {
        "code": code, "opened_at": "2026-11-22T03:00:00+00:00", "alias": "1022", "state": "received",
        "operator": HOSTILE, "text": text, "transcript_status": "ready" if text else "pending",
    }  # fmt: skip


def crowded() -> dict[str, Any]:
    """A hundred desks in every state and twenty-five callers; long names, unreachable phones."""
    desks = [
        desk(
            str(1001 + number),
            STATES[number % len(STATES)],
            reachable=number % 9 > 0,
            since_s=number * 97.0,
            reason="rona"
            if number % 12 == 4
            else "họp giao ban đột xuất toàn thành phố"
            if number % 6 == 4
            else None,
            name="Tôn Nữ Hoàng Thị Phượng Khuyên" if number % 5 == 0 else "Lê Thị Hà",
        )
        for number in range(100)
    ]
    calls = [
        call(f"n1-{number}.1", "offered" if number < 5 else "waiting", waited_s=4000.0 - number, agent="1002")
        for number in range(25)
    ]
    return live_state(desks=desks, calls=calls)


async def test_tiles_and_desks_change_while_one_watches(watched: Watched, centre: Centre) -> None:
    page = watched.page
    waiting, first = page.locator("#tile-waiting b"), page.locator("#desks li").first
    await expect(waiting).to_have_text("0")
    await expect(first.locator(".state")).to_have_text("Sẵn sàng")
    await expect(page.locator("#queue")).to_have_text(t("watch.nobody_waits"))
    await first.evaluate("row => { row.same = true; }")

    centre.show(
        live_state(
            desks=[desk("1001", "reserved"), desk("1002", "on_call")],
            calls=[
                call("n1-1.1", "offered", agent="1001", waited_s=75.0),
                call("n1-2.1", "talking", agent="1002"),
            ],
        )
    )
    await expect(waiting).to_have_text("1")
    await expect(page.locator("#tile-talking b")).to_have_text("1")
    await expect(page.locator("#tile-longest")).to_contain_text(t("watch.attention"))
    await expect(first.locator(".state")).to_have_text("Đang đổ chuông")
    await expect(page.locator("#desks li")).to_have_count(2)
    await expect(page.locator("#queue .rings")).to_have_text("đổ chuông ở bàn 1001")
    assert await first.evaluate("row => row.same"), "a row is changed in place, not made anew"

    before = await page.locator("#queue .wait").inner_text()
    await expect(page.locator("#queue .wait")).not_to_have_text(before)  # time goes on between pictures

    centre.show(live_state(desks=[]))
    await expect(page.locator("#desks")).to_have_text(t("watch.no_desks"))
    await expect(page.locator("#tile-longest.alert")).to_have_count(0)


async def test_what_is_away_is_said_and_what_is_old_looks_old(watched: Watched, centre: Centre) -> None:
    page = watched.page
    trouble = page.locator("#trouble")
    await expect(trouble).to_be_hidden()
    centre.show(live_state(link="down"))
    await expect(trouble).to_contain_text(t("watch.link_down"))
    centre.show(None)
    await expect(trouble).to_contain_text(t("watch.away"))
    await expect(page.locator("main.stale")).to_have_count(1)
    await expect(page.locator("#desks .agent")).to_have_text("1001")
    centre.tickets = None
    await expect(page.locator("#tickets")).to_have_text(t("watch.database_away"))
    await expect(page.locator("#tile-tickets b")).to_have_text("–")
    centre.tickets = {"today": 3, "latest": []}
    centre.show(live_state())
    await expect(trouble).to_be_hidden()
    await expect(page.locator("main.stale")).to_have_count(0)
    await expect(page.locator("#tile-tickets b")).to_have_text("3")


async def test_open_alarms_stand_above_all_until_they_are_cleared(watched: Watched, centre: Centre) -> None:
    alarms = watched.page.locator("#alarms")
    await expect(alarms).to_be_hidden()
    centre.tickets = {"today": 1, "latest": [], "alarms": 2}
    await expect(alarms).to_have_text(f"{t('watch.alarms', count=2)}. {t('watch.alarms_means')}")
    centre.tickets = {"today": 1, "latest": [], "alarms": 0}
    await expect(alarms).to_be_hidden()


async def test_the_announced_region_does_not_chatter(watched: Watched, centre: Centre) -> None:
    page = watched.page
    await page.evaluate(
        "() => { window.said = 0; for (const live of document.querySelectorAll('[role=status], [aria-live]'))"
        " new MutationObserver(() => { window.said += 1; }).observe("
        "live, {childList: true, subtree: true, characterData: true}); }"
    )
    for number in range(1, 6):
        centre.show(live_state(calls=[call(f"n1-{name}.1") for name in range(number)]))
        await expect(page.locator("#tile-waiting b")).to_have_text(str(number))
    assert await page.evaluate("window.said") == 0
    centre.show(live_state(link="down"))
    await expect(page.locator("#trouble")).to_be_visible()
    await page.wait_for_timeout(2500)
    assert await page.evaluate("window.said") == 1, "said once, not with every picture"


async def test_hostile_words_stay_words(watched: Watched, centre: Centre) -> None:
    page = watched.page
    centre.tickets = {"today": 2, "latest": [ticket("1022-261122-00002-1", HOSTILE), ticket("1022-1", "")]}
    centre.show(
        live_state(
            desks=[desk("1001", "paused", reason=HOSTILE[:40], name=HOSTILE)],
            calls=[call("n1-1.1", queue=HOSTILE, agent=HOSTILE, state="offered")],
        )
    )
    text = page.locator("#tickets .text")
    await expect(text).to_have_count(2)
    assert await text.first.evaluate("cell => cell.textContent") == HOSTILE
    await expect(text.last).to_have_text(t("watch.transcript_pending"))
    assert await page.locator("#desks .name").evaluate("cell => cell.textContent") == HOSTILE
    assert await page.locator("main :is(img, script)").count() == 0
    assert await page.evaluate("window.stolen") is None


async def test_the_page_finds_its_server_again(browser: Browser, centre: Centre) -> None:
    """A restart of the web process; the browser itself would give up at the first refusal."""
    port = free_port()
    page = await browser.new_page()

    def app() -> Any:
        return web_app.build_app(Hub(centre, centre.read, retry_s=0.05, tickets_every_s=0.05))

    async with served(app(), port) as url:
        await page.goto(url)
        await expect(page.locator("#link")).to_have_attribute("data-state", "link_up")
    await expect(page.locator("#trouble")).to_contain_text(t("watch.lost"), timeout=15_000)
    async with served(app(), port):
        await expect(page.locator("#link")).to_have_attribute("data-state", "link_up", timeout=15_000)
        await expect(page.locator("#trouble")).to_be_hidden()
    await page.close()


OVERFLOWING = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  const out = [...document.querySelectorAll("main span, main b, main small, header *")].filter((node) => {
    const own = node.getBoundingClientRect(), box = node.parentElement.getBoundingClientRect();
    const clipped = getComputedStyle(node).textOverflow === "ellipsis";
    return own.width && (own.right > box.right + 1 || own.bottom > box.bottom + 1
      || (!clipped && node.scrollWidth > node.clientWidth + 1 && node.clientWidth));
  });
  const rows = [...document.querySelectorAll("#desks li")].map((row) => row.getBoundingClientRect());
  const meet = (one, two) => one.left < two.right - 1 && two.left < one.right - 1
    && one.top < two.bottom - 1 && two.top < one.bottom - 1;
  const over = rows.some((one, i) => rows.some((two, j) => i < j && meet(one, two)));
  const told = out.map((node) => `${node.className}: ${node.textContent}`);
  return [...wide, ...told, ...(over ? ["desks overlap"] : [])];
}"""

FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
    if (!node.getBoundingClientRect().width) continue;
    const ink = light(parts(getComputedStyle(node).color)), ground = light(behind(node));
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    if (ratio < 4.5) faint.add(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return [...faint];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 420])
@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_a_hundred_desks_are_readable_on_every_screen(
    browser: Browser, url: str, centre: Centre, width: int, lang: str, scheme: Any
) -> None:
    """Nothing overlaps or runs out of its box; all text has the contrast of WCAG AA, troubles too."""
    page = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    centre.tickets = {"today": 12, "latest": [ticket(f"1022-261122-{n:05}-1", HOSTILE) for n in range(12)]}
    centre.show(crowded())
    await page.goto(f"{url}/?lang={lang}")
    await expect(page.locator("#desks .agent")).to_have_count(100)
    await expect(page.locator("#tickets .code")).to_have_count(12)
    assert await page.evaluate(OVERFLOWING) == []
    assert await page.evaluate(FAINT) == []
    centre.show({**crowded(), "link": "down"})
    await expect(page.locator("#trouble")).to_be_visible()
    assert await page.evaluate(FAINT) == []
    await page.close()


async def test_a_state_is_a_word_and_a_shape_and_not_only_a_colour(watched: Watched, centre: Centre) -> None:
    page = watched.page
    centre.show(crowded())
    await expect(page.locator("#desks .agent")).to_have_count(100)
    looks = await page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#legend li")].map((row) => {
          const style = getComputedStyle(row.querySelector(".mark"));
          const filled = style.backgroundColor !== "rgba(0, 0, 0, 0)";
          return [row.dataset.state, [style.borderRadius, style.borderTopWidth, style.borderLeftWidth,
            style.clipPath, style.height, filled].join()];
        }))"""
    )
    assert set(looks) == {*STATES, "unreachable"}
    assert len(set(looks.values())) == len(looks)
    assert all(await page.locator("#desks .state").all_inner_texts())


async def test_the_keyboard_reaches_the_languages_and_shows_where_it_is(watched: Watched) -> None:
    page = watched.page
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    focused = page.locator("a:focus-visible")
    await expect(focused).to_have_text("English")
    assert await focused.evaluate("link => parseFloat(getComputedStyle(link).outlineWidth)") >= 2
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(t("watch.title", lang="en"))
    await expect(page.locator("#link")).to_have_text(t("watch.link_up", lang="en"))
