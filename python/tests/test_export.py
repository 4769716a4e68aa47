"""Exports as other programs meet them: tifffile, a browser, xarray."""

import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
import xarray as xr

# Of examples/frames.rs: 40 frames of 512 x 512 pixels, 6 µm wide, each half a second, a sample each 25 ms at 100 mV/s.
FRAMES, SIDE, FIELD = 40, 512, 6000.0
# The bar above an image of that width: two lines of 16 pixels and three margins of 4.
BAR = 44


@dataclass(frozen=True)
class Made:
    """A record with frames, and what was said of its export."""

    folder: Path
    movie: Path
    stack: Path


@pytest.fixture(scope="module")
def made(release, binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames") / "run"
    subprocess.run([release / "examples" / "frames", folder, str(FRAMES), str(SIDE)], check=True, stdout=subprocess.DEVNULL)
    paths = [Path(export(binary, folder, "--to", to).stdout.strip()) for to in ["mp4", "tiff"]]
    return Made(folder, *paths)


def export(binary, folder, *arguments, code=0):
    result = subprocess.run([binary, "export", folder, *arguments], capture_output=True, text=True, cwd=folder.parent)
    assert result.returncode == code, result.stderr
    return result


def play(page, movie):
    """Loads a movie into a page of its own; asserts that it can be played through."""
    source = "data:video/mp4;base64," + base64.b64encode(movie.read_bytes()).decode()
    page.set_content("<video muted></video><canvas></canvas>")
    page.evaluate("source => { document.querySelector('video').src = source; }", source)
    page.wait_for_function("document.querySelector('video').readyState === 4")
    return page.evaluate("(v => ({width: v.videoWidth, height: v.videoHeight, duration: v.duration}))(document.querySelector('video'))")


def shown(page, time, width, height):
    """What the browser shows at a time, as grey values."""
    script = """async ([time, width, height]) => {
        const video = document.querySelector('video'), canvas = document.querySelector('canvas');
        await new Promise(done => { video.onseeked = done; video.currentTime = time; });
        canvas.width = width; canvas.height = height;
        const context = canvas.getContext('2d');
        context.drawImage(video, 0, 0);
        const rgba = context.getImageData(0, 0, width, height).data;
        let text = ''; for (let i = 0; i < rgba.length; i += 4) text += String.fromCharCode(rgba[i]);
        return btoa(text); }"""
    return np.frombuffer(base64.b64decode(page.evaluate(script, [time, width, height])), np.uint8).reshape(height, width)


def grey(counts):
    """Counts as the movie shows them: linear between the thousandths of the first eight frames."""
    low, high = np.quantile(counts[:8], [0.001, 0.999])
    return np.clip((counts.astype(float) - low) / (high - low) * 255, 0, 255)


def test_xarray_finds_the_frames_on_their_clock_with_axes_in_nm(made):
    with xr.open_zarr(made.folder / "run.zarr") as root, xr.open_zarr(made.folder / "run.zarr", group="truth") as truth:
        assert root.frames.dims == ("frame_time", "y", "x") and root.frames.shape == (FRAMES, SIDE, SIDE)
        assert root.frames.dtype == np.uint16
        assert root.frames.encoding["chunks"] == (1, SIDE, SIDE)
        assert root.x.attrs["units"] == root.y.attrs["units"] == "nm"
        np.testing.assert_allclose(np.diff(root.x), FIELD / SIDE)
        np.testing.assert_array_equal(root.frame_time, truth.frame_time)
        np.testing.assert_array_equal(root.frame_time, (np.arange(FRAMES) + 0.5) * 0.5)
        middle = root.frames.sel(x=0, y=0, method="nearest").values
        assert 2 * middle[0] < middle[-1]  # the wire there, 0.3 of the beam, then thinned away


def test_tifffile_reads_an_imagej_stack_in_nm_and_s(made):
    with tifffile.TiffFile(made.stack) as tiff, xr.open_zarr(made.folder / "run.zarr") as root:
        assert tiff.is_imagej and not tiff.is_bigtiff
        series = tiff.series[0]
        assert (series.axes, series.shape, series.dtype) == ("TYX", (FRAMES, SIDE, SIDE), np.uint16)
        said = tiff.imagej_metadata
        assert (said["unit"], said["finterval"], said["tunit"], said["frames"]) == ("nm", 0.5, "s", FRAMES)
        for tag in ["XResolution", "YResolution"]:
            n, d = tiff.pages[0].tags[tag].value
            assert d / n == pytest.approx(FIELD / SIDE, rel=1e-6)
        np.testing.assert_array_equal(series.asarray(), root.frames)


def test_the_movie_plays_in_a_browser(made, page):
    found = play(page, made.movie)
    assert (found["width"], found["height"]) == (SIDE, SIDE + BAR)
    assert found["duration"] == pytest.approx(FRAMES / 10, abs=0.01)
    expected = grey(tifffile.imread(made.stack))
    for frame in [0, 13, FRAMES - 1]:
        image = shown(page, (frame + 0.5) / 10, SIDE, SIDE + BAR)
        # Lossy, but no smear: the noise alone is some 6 grey values.
        assert np.abs(image[BAR:] - expected[frame]).mean() < 4, frame
        bar = image[:BAR]
        assert (bar < 60).mean() > 0.8 and (bar > 200).sum() > 200  # words, light on dark
        # The last bright row is the scale bar: 1 µm in pixels.
        longest = max(np.diff(np.flatnonzero(np.concatenate([[True], row < 160, [True]]))).max() - 1 for row in bar)
        assert longest == pytest.approx(1000 / (FIELD / SIDE), abs=2)
    words = [shown(page, (frame + 0.5) / 10, SIDE, SIDE + BAR)[:BAR, : SIDE // 2] for frame in [3, 4]]
    assert (np.abs(words[0].astype(int) - words[1]) > 100).any()  # number, time, voltage and current go on


def test_a_movie_can_be_opened_by_itself(made, page):
    page.goto(made.movie.as_uri())
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    assert page.evaluate("document.querySelector('video').videoWidth") == SIDE
    assert page.evaluate("document.querySelector('video').error") is None


def test_a_raw_movie_has_the_image_alone(made, binary, page, tmp_path):
    out = tmp_path / "raw.mp4"
    said = export(binary, made.folder, "--to", "mp4", "--raw", "--fps", "25", "--out", out)
    assert said.stdout.strip() == str(out)
    assert "black is" in said.stderr and "counts" in said.stderr
    found = play(page, out)
    assert (found["width"], found["height"]) == (SIDE, SIDE)
    assert found["duration"] == pytest.approx(FRAMES / 25, abs=0.01)


def test_the_table_is_that_of_the_run(made, binary, tmp_path):
    export(binary, made.folder, "--to", "csv", "--out", tmp_path / "iv.csv")
    assert (tmp_path / "iv.csv").read_bytes() == (made.folder / "iv.csv").read_bytes()
    refused = export(binary, made.folder, "--to", "csv", code=2)  # it may still be growing
    assert "exists already" in refused.stderr


def test_a_record_without_frames_says_so(slow_writer, binary, tmp_path):
    subprocess.run([slow_writer, tmp_path / "run", "10", "0"], check=True, stdout=subprocess.DEVNULL)
    for to in ["mp4", "tiff"]:
        refused = export(binary, tmp_path / "run", "--to", to, code=2)
        assert "without imaging" in refused.stderr
    assert not list((tmp_path / "run").glob("*.mp4")) and not list((tmp_path / "run").glob("*.tif"))
    assert "--fps" in export(binary, tmp_path / "run", "--to", "tiff", "--fps", "5", code=2).stderr
