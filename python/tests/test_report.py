"""The report as a person meets it: opened from the disk in a browser without a network."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import QUICK

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = [
    "put-in", "plate", "iv", "seen", "measured", "outline", "kymograph", "temperature", "states",
    "results", "companions", "after-break", "checklist", "maturity", "protocol", "provenance",
]  # fmt: skip


@pytest.fixture(scope="session")
def made_up(tmp_path_factory):
    """Pages of a made-up run: report, unbroken, two-samples, empty."""
    if shutil.which("cargo") is None:
        pytest.skip("cargo is not installed")
    folder = tmp_path_factory.mktemp("made-up")
    subprocess.run(["cargo", "run", "-q", "--release", "-p", "pentatwin-report", "--example", "synthetic", "--", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(params=["made-up", "fig2a"])
def report(request):
    """The report of a made-up run, and of a real one."""
    if request.param == "made-up":
        return request.getfixturevalue("made_up") / "report.html"
    return request.getfixturevalue("run")("fig2a", *QUICK).folder / "report.html"


def open_page(page, path):
    """Opens a page; returns the addresses it asked for beside its own."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(path.as_uri())
    assert asked.pop(0) == path.as_uri()
    return asked


def showing(page, place, profile):
    """Waits until a figure shows a profile (the page's security policy forbids wait_for_function)."""
    page.wait_for_selector(f"{place}[data-profile='{profile}']", state="attached")


def painted(page, selector):
    """Share of a canvas that is not empty."""
    script = """canvas => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n / (d.length / 4); }"""
    return page.locator(selector).first.evaluate(script)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_alone_in_light_and_dark(page, report, scheme):
    page.emulate_media(color_scheme=scheme)
    assert open_page(page, report) == []
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280  # nothing runs out of the window
    red = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    assert red > 200 if scheme == "light" else red < 60
    assert report.stat().st_size <= 5_000_000


def test_sections_come_in_order_with_what_was_put_in_first(page, report):
    open_page(page, report)
    sections = page.evaluate("[...document.querySelectorAll('main > section')].map(s => s.id)")
    # fig2a breaks in three dimensions, the made-up run does not.
    assert [s for s in sections if s != "shape"] == SECTIONS
    assert ("shape" in sections) == (report.parent.name == "run")
    assert page.locator("#put-in table").first.locator("tbody tr").count() > 0
    assert page.locator("#plate svg").count() == 3


def test_every_figure_is_drawn(page, report):
    open_page(page, report)
    for figure in ["iv", "outline", "kymograph", "temperature"]:
        # axes alone cover less than a fiftieth of the I-V plot; the images and outlines cover most of theirs
        assert painted(page, f"[data-figure={figure}] canvas") > (0.01 if figure == "iv" else 0.1), figure


def test_the_slider_moves_marker_outline_and_temperature_together(page, report):
    open_page(page, report)
    canvas, slider = page.locator("[data-figure=iv] canvas"), page.locator("#time")
    slider.focus()
    page.keyboard.press("Home")
    showing(page, "[data-figure=outline] canvas", "0")
    first = canvas.get_attribute("data-marker-voltage")
    said = slider.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    showing(page, "[data-figure=outline] canvas", "1")
    page.get_by_role("button", name="B", exact=True).click()
    at = slider.input_value()
    assert int(at) > 1
    for place in ["[data-figure=outline] canvas", "[data-figure=temperature] [data-plot]"]:
        showing(page, place, at)
    assert float(canvas.get_attribute("data-marker-voltage")) > float(first)
    assert slider.get_attribute("aria-valuetext") != said
    assert "thinnest" in page.locator(".clock output").inner_text()


def test_the_curve_is_read_out_under_the_pointer(page, report):
    open_page(page, report)
    canvas = page.locator("[data-figure=iv] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x in range(100, int(box["width"]) - 40, 40):
        for y in range(40, int(box["height"]) - 60, 25):
            page.mouse.move(box["x"] + x, box["y"] + y)
            text = page.locator("[data-figure=iv] output").inner_text()
            if text.startswith("Sample"):
                assert "V = " in text and "I = " in text
                return
    pytest.fail("no sample under the pointer anywhere")


@pytest.mark.parametrize("choice", ["late", "before", "behind"])
def test_the_time_selector_shows_another_picture(page, made_up, choice):
    open_page(page, made_up / "report.html")
    picture = "document.querySelector('[data-figure=kymograph] canvas').toDataURL()"
    whole = page.evaluate(picture)
    page.locator(f"[name=window][value={choice}]").check()
    diameter = page.evaluate(picture)
    page.locator("[name=quantity][value=temperature]").check()
    assert len({whole, diameter, page.evaluate(picture)}) == 3


@pytest.mark.parametrize("switch", ["log", "late", "resistance"])
def test_the_switches_of_the_curve_redraw_it(page, report, switch):
    open_page(page, report)
    picture = "document.querySelector('[data-figure=iv] canvas').toDataURL()"
    before = page.evaluate(picture)
    page.locator(f"[data-figure=iv] [name={switch}]").check()
    assert page.evaluate(picture) != before


def test_tables_hold_the_numbers_of_the_made_up_run(page, made_up):
    open_page(page, made_up / "report.html")
    rows = {r.split("\t")[0]: r for r in page.locator("#results tbody tr").all_inner_texts()}
    assert "2.298 V" in rows["Breakdown voltage"] and "2.19 to 2.47 V" in rows["Breakdown voltage"] and "measured" in rows["Breakdown voltage"]
    assert "≤ 37.5 nm" in rows["Gap width"] and "truth" in rows["Gap width"] and "no band" in rows["Gap width"]
    assert "none" in rows["Consumed after the break"]
    assert "46.8 %" in page.locator("#temperature").inner_text()
    assert "open circuit" in page.locator("#states").inner_text()
    verdicts = page.locator("#checklist .verdict").all_inner_texts()
    assert set(verdicts) == {"emerged", "input", "not reproduced", "not tested"}
    assert page.locator("#checklist .verdict svg").count() == len(verdicts)  # an icon with each word


def test_tables_hold_the_numbers_of_the_record(page, run):
    made = run("fig2a", *QUICK)
    said = json.loads((made.store / "zarr.json").read_text())["attributes"]
    open_page(page, made.folder / "report.html")
    assert page.locator("h1").inner_text() == said["title"]
    rows = page.locator("#results tbody tr").all_inner_texts()
    assert [r.split("\t")[0] for r in rows] == [r["label"] for r in said["results"]]
    voltage = next(r["value"] for r in said["results"] if r["name"] == "breakdown_voltage")
    assert f"{voltage:.4g} V" in page.locator("#results").inner_text()
    assert page.locator("#checklist tbody tr").count() == len(said["checklist"])
    assert page.locator("#put-in details tbody tr").count() == len(said["parameters"])


@pytest.mark.parametrize("name", ["unbroken", "two-samples", "empty"])
def test_runs_without_a_break_or_without_data_still_make_a_page(page, made_up, name):
    assert open_page(page, made_up / f"{name}.html") == []
    assert "The wire did not break" in page.locator("#after-break").inner_text()
    assert "no band" in page.locator("#results").inner_text()
    if name == "empty":
        assert "No profiles were recorded" in page.locator("#outline").inner_text()
        assert page.locator(".clock").is_hidden()
    else:
        assert page.locator("[name=window][value=before]").is_disabled()


@pytest.fixture(scope="session")
def filmed(run, binary):
    """A run with frames, and a movie beside its report."""
    folder = run("fig2a", *QUICK).folder
    copy = folder.with_name("filmed")
    if not copy.exists():
        shutil.copytree(folder, copy)
        subprocess.run([binary, "export", copy, "--to", "mp4"], check=True, capture_output=True)
        subprocess.run([binary, "report", copy], check=True, capture_output=True)
    return copy


def test_what_the_microscope_saw_is_shown_with_images_that_decode(page, filmed):
    assert open_page(page, filmed / "report.html") == []  # the movie is not loaded before it is played
    sizes = page.evaluate("[...document.querySelectorAll('#seen img')].map(i => [i.naturalWidth, i.naturalHeight, i.clientWidth])")
    assert len(sizes) >= 5  # A, B, C, the gap, the series after the rupture
    assert all(w > 0 and h > 0 and shown > 400 for w, h, shown in sizes)
    said = page.locator("#seen p.under b").all_inner_texts()
    assert said[:4] == ["A", "B", "C", "gap"] and said[4].startswith("t = ")
    assert page.locator("#seen .arrow.gap").count() >= 3 and page.locator("#seen .arrow.hillock").count() >= 1
    assert page.locator("#seen .micrograph rect").count() == len(sizes)  # a scale bar on each
    assert "not reproduced" in page.locator("#seen .verdict").all_inner_texts()
    assert page.locator("#series-says").inner_text().startswith(("Nothing changes", "The wire changes"))


def test_the_frame_is_dark_at_the_wire_and_bright_beside_it(page, filmed):
    open_page(page, filmed / "report.html")
    script = """image => { const c = document.createElement('canvas'), g = c.getContext('2d');
        [c.width, c.height] = [image.naturalWidth, image.naturalHeight];
        g.drawImage(image, 0, 0);
        const mean = y => { const d = g.getImageData(0.45 * c.width, y * c.height, 0.1 * c.width, 4).data; let n = 0;
            for (let i = 0; i < d.length; i += 4) n += d[i]; return n / (d.length / 4); };
        return [mean(0.5), mean(0.2), mean(0.8)]; }"""
    wire, above, below = page.locator("#seen img").first.evaluate(script)  # A: the wire is whole
    assert wire < 100 < 200 < min(above, below)


def test_the_movie_plays_from_the_disk(page, filmed):
    open_page(page, filmed / "report.html")
    movie = page.locator("#seen video")
    movie.evaluate("async v => { v.muted = true; await v.play(); await new Promise(r => v.addEventListener('timeupdate', () => v.currentTime > 0 && r())); }")
    assert movie.evaluate("v => v.error === null && v.videoWidth > 0 && v.currentTime > 0")


def test_a_run_without_frames_says_so(page, made_up):
    open_page(page, made_up / "report.html")
    assert page.locator("#seen img, #seen video").count() == 0
    assert page.locator("#seen p").inner_text() == "No frames were taken in this run."
