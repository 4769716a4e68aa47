"""Movies as tifffile, xarray and zarr write them are measured, and what is measured opens in xarray."""

import json
import subprocess

import numpy as np
import pytest
import tifffile
import xarray as xr
import zarr

FRAMES, HEIGHT, WIDTH = 12, 320, 384
PIXEL, STEP = 1.0, 0.5  # nm, s
DIAMETER = 115  # pixels


@pytest.fixture(scope="module")
def movie() -> np.ndarray:
    """A round wire that absorbs with 75 nm on a bright film."""
    across = np.arange(HEIGHT) - 0.5 * (HEIGHT - 1)
    chord = PIXEL * np.sqrt(np.maximum(DIAMETER**2 - 4 * across**2, 0))
    film = np.full((FRAMES, HEIGHT, WIDTH), 3000.0)
    film *= np.exp(-chord / 75)[:, None]
    return np.random.default_rng(1).poisson(film).astype(np.uint16)


def analyze(binary, movie, *arguments, code=0):
    result = subprocess.run([binary, "analyze", movie, *arguments], capture_output=True, text=True, cwd=movie.parent)
    assert result.returncode == code, result.stderr
    return json.loads(result.stdout) if "--json" in arguments and code == 0 else result


def check(found, folder):
    """What the command says is what xarray reads; how well it measures is tested where it is done."""
    measured = found["measured"]
    assert measured["frames"] == FRAMES
    assert measured["pixel"] == pytest.approx(PIXEL * 1e-9, rel=1e-6)
    store = folder / found["store"]
    with xr.open_zarr(store, group="measurements") as data:
        np.testing.assert_allclose(data.measured_time, (np.arange(FRAMES) + 0.5) * STEP, rtol=1e-6)
        assert data.measured_width.dims == ("measured_time", "measured_position")
        assert data.measured_width.attrs["units"] == "m"
        width = data.measured_width.values[0]
        assert abs(np.nanmedian(width) - DIAMETER * PIXEL * 1e-9) < 5e-9
        assert np.isnan(data.gap_width).all()  # it does not part
        assert data.frame_flags.attrs["flag_meanings"].split()[0] == "duplicate"
    assert json.loads(json.dumps(xr.open_zarr(store).attrs["measured"])) == measured


def test_stacks_of_tifffile_are_measured(binary, movie, tmp_path):
    scale = {"resolution": (1 / PIXEL, 1 / PIXEL)}
    imagej = {"unit": "nm", "finterval": STEP, "axes": "TYX"}
    tifffile.imwrite(tmp_path / "imagej.tif", movie, imagej=True, metadata=imagej, **scale)
    tifffile.imwrite(tmp_path / "virtual.tif", movie, imagej=True, metadata=imagej, truncate=True, **scale)
    tifffile.imwrite(tmp_path / "float.tif", movie.astype(np.float32), imagej=True, metadata=imagej, **scale)
    tifffile.imwrite(tmp_path / "wrong_end.tif", movie, imagej=True, metadata=imagej, byteorder=">", **scale)
    with tifffile.TiffFile(tmp_path / "virtual.tif") as file:
        assert len(file.pages) == 1
    for name in ["imagej.tif", "virtual.tif", "float.tif", "wrong_end.tif"]:
        check(analyze(binary, tmp_path / name, "--json"), tmp_path)
    tifffile.imwrite(tmp_path / "big.tif", movie, bigtiff=True)
    tifffile.imwrite(tmp_path / "tiled.tif", movie, tile=(64, 64))
    for name in ["big.tif", "tiled.tif"]:
        assert "--pixel" in analyze(binary, tmp_path / name, code=2).stderr
        check(analyze(binary, tmp_path / name, "--pixel", "1 nm", "--frame-time", "0.5 s", "--json"), tmp_path)


def test_colours_are_refused_and_eight_bits_are_said(binary, movie, tmp_path):
    grey = (movie // 16).clip(0, 255).astype(np.uint8)
    hints = ["--pixel", "1 nm", "--frame-time", "0.5 s", "--json"]
    tifffile.imwrite(tmp_path / "rgb.tif", np.repeat(grey[..., None], 3, -1), photometric="rgb")
    found = analyze(binary, tmp_path / "rgb.tif", *hints)
    assert any("all of them grey" in note for note in found["measured"]["notes"])
    assert any("8 bits" in note for note in found["measured"]["notes"])
    coloured = np.repeat(grey[..., None], 3, -1)
    coloured[3, 5, 5, 0] ^= 1
    tifffile.imwrite(tmp_path / "colour.tif", coloured, photometric="rgb")
    assert "in colour" in analyze(binary, tmp_path / "colour.tif", *hints, code=2).stderr


# What xarray itself writes, and warns of.
@pytest.mark.filterwarnings("ignore:Consolidated metadata:UserWarning")
def test_a_store_of_xarray_is_measured_and_zarr_2_is_refused(binary, movie, tmp_path):
    data = xr.Dataset(
        {"frames": (("t", "y", "x"), movie)},
        coords={
            "t": ("t", (np.arange(FRAMES) + 0.5) * STEP, {"units": "s"}),
            "x": ("x", np.arange(WIDTH) * PIXEL, {"units": "nm"}),
            "y": ("y", np.arange(HEIGHT) * PIXEL * 1e-3, {"units": "um"}),
        },
    )
    for chunk in [1, 5]:
        store = tmp_path / f"chunk{chunk}.zarr"
        data.to_zarr(store, encoding={"frames": {"chunks": (chunk, HEIGHT, 100)}}, zarr_format=3)
        check(analyze(binary, store, "--json"), tmp_path)
    array = zarr.create_array(tmp_path / "array.zarr", shape=movie.shape, chunks=(1, HEIGHT, WIDTH), dtype="uint16")
    array[:] = movie
    check(analyze(binary, tmp_path / "array.zarr", "--pixel", "1 nm", "--frame-time", "0.5 s", "--json"), tmp_path)
    zarr.create_array(tmp_path / "old.zarr", shape=movie.shape, dtype="uint16", zarr_format=2)
    assert "zarr_format=3" in analyze(binary, tmp_path / "old.zarr", code=2).stderr
