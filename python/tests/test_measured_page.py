"""The page of what was measured in a movie, as a person meets it: opened from the disk in a browser without a network."""

import subprocess

import pytest
from conftest import QUICK

SECTIONS = ["sure", "events", "frames", "findings", "iv", "width", "profile", "changes", "drift"]


@pytest.fixture(scope="module")
def measured(binary, run, tmp_path_factory):
    """Folder of what was measured in the frames of a run."""
    folder = tmp_path_factory.mktemp("measured")
    made = run("fig2a", *QUICK)
    subprocess.run([binary, "analyze", made.folder, "--out", folder, "-q"], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def opened(page, measured):
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_viewport_size({"width": 1280, "height": 800})
    address = (measured / "report.html").as_uri()
    page.goto(address)
    yield page
    # Images are inside of the page: nothing else is asked for.
    assert [a for a in asked if not a.startswith("data:")] == [address]
    assert not faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_alone_and_says_first_how_sure_it_is(opened, measured, scheme):
    opened.emulate_media(color_scheme=scheme)
    assert opened.evaluate("[...document.querySelectorAll('main > section')].map(s => s.id)") == SECTIONS
    assert opened.evaluate("document.documentElement.scrollWidth") <= 1280
    assert "one standard deviation" in opened.locator("#sure").inner_text()
    assert (measured / "report.html").stat().st_size <= 5_000_000


def test_every_figure_is_drawn_or_says_why_not(opened):
    for section in ["iv", "width", "profile", "changes", "drift"]:
        part = opened.locator(f"#{section}")
        canvases, words = part.locator("canvas").count(), part.locator("p .none").count()
        assert canvases + words > 0, section
        for k in range(canvases):
            share = part.locator("canvas").nth(k).evaluate(
                """canvas => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n / (d.length / 4); }"""
            )
            assert share > 0.005, section


def test_the_outline_lies_on_the_wire_and_can_be_taken_off(opened, measured):
    figures = opened.locator("#frames figure.key")
    assert figures.count() >= 3
    for k in range(figures.count()):
        assert "frame " in figures.nth(k).locator("figcaption").inner_text()
        assert figures.nth(k).locator("svg path.edge").get_attribute("d").count("L") > 50
    assert len(list((measured / "overlays").glob("frame-*.png"))) == figures.count()
    # Of the first frame: grey halfway between the edges is darker than as far outside of them.
    dark, bright = figures.first.evaluate(
        """figure => { const img = figure.querySelector("img"), box = figure.querySelector("svg").viewBox.baseVal, canvas = document.createElement("canvas");
        canvas.width = img.naturalWidth; canvas.height = img.naturalHeight;
        const ctx = canvas.getContext("2d"); ctx.drawImage(img, 0, 0);
        const runs = figure.querySelector("path.edge").getAttribute("d").split("M").filter(Boolean).map(r => r.split("L").map(p => p.split(" ").map(Number)));
        const grey = (x, y) => ctx.getImageData(x / box.width * canvas.width, y / box.height * canvas.height, 1, 1).data[0];
        let inside = 0, outside = 0, n = 0;
        for (let k = 0; k + 1 < runs.length; k += 2) runs[k].forEach(([x, y], i) => { const [u, v] = runs[k + 1][i]; inside += grey((x + u) / 2, (y + v) / 2); outside += grey(x, y - (v - y)); n++; });
        return [inside / n, outside / n]; }"""
    )
    assert dark < bright - 60, (dark, bright)
    drawn = opened.locator("#frames svg .measured").first
    assert drawn.is_visible()
    opened.locator("[data-lines]").uncheck()
    assert not drawn.is_visible()
