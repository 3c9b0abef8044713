"""The page of `winrm doctor -report`, in a real browser: it is whole, says what it should, and fits its screen."""

import os
import pathlib
import tempfile

import pytest
from winrmtest import browser, doctor, hosts

DESKTOP, PHONE = (1280, 900), (360, 800)
SCREENS = [(DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)]
NAMES = ["desktop light", "desktop dark", "phone light", "phone dark"]

pytestmark = pytest.mark.skipif(browser.program() is None, reason="no Chromium: make setup installs it")


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser() as made:
        yield made


@pytest.fixture(scope="module")
def pages(lab):
    """Three reports: a whole chain, one with a broken second hop, and one that was stopped at once."""
    directory = pathlib.Path(tempfile.mkdtemp(dir=lab.directory))
    long_name = "a-host-with-a-very-long-name.of-some-department.in-a-building.example.com"
    made = {}

    def report(name, client, *words):
        path = directory / (name + ".html")
        made[name] = (path, doctor.run(lab, client, lab.a, "-report:%s" % path, *words))

    report("whole", lab.client_host, "-secondhop:%s:%d" % (lab.b.address, lab.b.port))
    report("broken", lab.client_host, "-secondhop:%s:%d" % (lab.b.address, hosts.free_port(lab.b.address)))
    stranger = lab.client("stranger")
    report("stopped", stranger, "-secondhop:" + long_name)
    keep = os.environ.get("WINRM_PAGES")
    if keep:
        for path, _ in made.values():
            (pathlib.Path(keep) / path.name).write_text(path.read_text())
    return made


def show(chromium, pages, name, screen, dark):
    (width, height), (path, report) = screen, pages[name]
    page = chromium.open("file://%s" % path, width, height, dark=dark, mobile=width < 500)
    keep = os.environ.get("WINRM_PAGES")
    if keep:
        page.screenshot("%s/%s-%d-%s.png" % (keep, name, width, "dark" if dark else "light"))
    return page, report


OVERFLOW = """(() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll('main *')].filter(e => !e.closest('svg') && e.getBoundingClientRect().right > width + 0.5);
  return [document.documentElement.scrollWidth > width, document.body.scrollWidth > width, wide.map(e => e.className || e.tagName)];
})()"""


@pytest.mark.parametrize("name", ["whole", "broken", "stopped"])
@pytest.mark.parametrize("screen,dark", SCREENS, ids=NAMES)
def test_the_page_fits_its_screen_and_complains_of_nothing(chromium, pages, name, screen, dark):
    page, _ = show(chromium, pages, name, screen, dark)
    assert page.evaluate("document.compatMode") == "CSS1Compat"
    assert page.evaluate(OVERFLOW) == [False, False, []]
    assert page.complaints() == []


@pytest.mark.parametrize("name", ["whole", "broken", "stopped"])
def test_the_page_says_what_the_report_says(chromium, pages, name):
    page, report = show(chromium, pages, name, DESKTOP, False)
    shown = page.evaluate(
        "[...document.querySelectorAll('.check')].map(e => [e.dataset.check, e.dataset.state, e.querySelector('.evidence').innerText])"
    )
    assert [entry[0] for entry in shown] == [check["id"] for check in report.list]
    for (_, state, evidence), check in zip(shown, report.list):
        assert state == check["state"]
        assert evidence.startswith(" ".join(check["evidence"].split())[:40])
    remedies = page.evaluate("[...document.querySelectorAll('.check .mend code')].map(e => e.innerText)")
    assert [text.split() for text in remedies] == [c["remedy"].split() for c in report.list if c["remedy"]]
    verdict = page.evaluate("document.querySelector('#outcome .verdict').innerText")
    assert verdict.startswith("Everything passed" if not report.failed else report.checks[report.failed[0]]["evidence"][:30])


@pytest.mark.parametrize("screen,drawn", [(DESKTOP, "chain-wide"), (PHONE, "chain-narrow")], ids=["desktop", "phone"])
def test_the_picture_shows_each_link(chromium, pages, screen, drawn):
    page, report = show(chromium, pages, "broken", screen, False)
    visible = page.evaluate("[...document.querySelectorAll('figure svg')].filter(e => e.getBoundingClientRect().width > 0).map(e => e.id)")
    assert visible == [drawn]
    states = dict(
        page.evaluate("[...document.querySelectorAll('#%s [data-place]')].map(e => [e.dataset.place, e.dataset.state])" % drawn)
    )
    assert states == {place["id"]: place["state"] for place in report.document["places"]}
    assert states["secondLink"] == "fail" and states["firstLink"] == "pass"
    # Text on a phone is not smaller than 12 pixels, and nothing of it runs out of its box.
    sizes = page.evaluate(
        "(s => { const scale = s.getBoundingClientRect().width / s.viewBox.baseVal.width;"
        " return [...s.querySelectorAll('text')].map(t => parseFloat(getComputedStyle(t).fontSize) * scale) })"
        "(document.getElementById('%s'))" % drawn
    )
    assert min(sizes) >= 11, sizes
    outside = page.evaluate(
        "[...document.querySelectorAll('#%s .node')].filter(n => [...n.querySelectorAll('text')].some("
        "t => t.getBBox().x + t.getBBox().width > n.querySelector('rect').getBBox().x + n.querySelector('rect').getBBox().width - 4))"
        ".map(n => n.textContent)" % drawn
    )
    assert outside == []


CONTRAST = """(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m.slice(0, 3); };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('h1, h2, h3, p, code, .state, .facts span, footer p')].map(e => {
    const a = light(parse(getComputedStyle(e).color)), b = light(ground(e));
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.className || e.tagName];
  }).filter(([ratio]) => ratio < 4.5);
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["whole", "broken", "stopped"])
def test_text_can_be_read_in_light_and_dark(chromium, pages, name, dark):
    page, _ = show(chromium, pages, name, DESKTOP, dark)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in ground[4:-1].split(","))
    assert (brightness < 200) == dark
    assert page.evaluate(CONTRAST) == []


def test_a_report_replaces_files_and_nothing_else(lab, tmp_path):
    place = tmp_path / "link"
    place.symlink_to("/dev/null")
    done = lab.client_host.run("winrm", "doctor", "-remote:nosuch.invalid", "-report:%s" % place)
    assert done.returncode == 1 and "something else than a file" in done.err
    assert place.is_symlink()
