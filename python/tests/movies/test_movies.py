"""The generator and the judge of movies themselves."""

import generator
import judge
import numpy as np
import pytest


def small(**changes):
    """A movie of 256 pixels with all of the recipe, without its changes of grey along the wire if not asked for."""
    return generator.variant("flat", **({"size": 256, "frames": 20, "rupture": 12, "hillock": 60.0, "hillock_length": 20.0, "neck_length": 15.0,
        "neck": -20.0, "diameter": 40.0, "gap": (4.0, 20.0)} | changes))  # fmt: skip


def test_the_section_has_the_area_and_the_outline_of_a_pentagon():
    for roll in (0.0, 9.0, 18.0, 40.0):
        section = generator.Section("pentagon", roll)
        v = np.linspace(section.low, section.high, 20001)
        chord = section.thickness(v, np.ones_like(v))
        # An upright edge (18 degrees) is a jump of the chord, of which the trapezoids miss a half step.
        assert np.trapezoid(chord, v) == pytest.approx(section.area, rel=5e-5)
    # A corner opposite to an edge: cos 18 degrees of the diagonal.
    section = generator.Section("pentagon", 18.0)
    assert section.high - section.low == pytest.approx(np.cos(np.radians(18)), rel=1e-9)


@pytest.mark.parametrize("changes", [{}, {"roll": 9.0}, {"section": "round"}, {"tip_radius": 4.0}])
def test_pixels_show_the_true_outline_to_a_twentieth_of_a_pixel(changes):
    p = small(bends=(), twin_line=0.0, **changes)
    scene = generator.Scene(p)
    truth = scene.truth()
    for frame in (0, 11, 12, 19):
        first, last, through = scene.silver(frame, None)
        c, s = np.cos(truth["axis_angle"]), np.sin(truth["axis_angle"])
        dx, dy = truth["drift_x"][frame] * 1e9, truth["drift_y"][frame] * 1e9
        half = (scene.n - 1) / 2
        # The absorbed part of an upright line, finely: a widening by h pixels adds about total / width * h.
        y = np.linspace(first - 0.5, last + 0.5, 40001)[None, :]
        for column in (60, 120, 130, 140, 150, 200, 230):
            x = (np.arange(column - 0.5, column + 0.5, 0.125) + 0.0625 - dx - half)[:, None]
            u, v = x * c + (y - dy - half) * s, (y - dy - half) * c - x * s - p.axis_offset
            width = np.interp(u, truth["position"] * 1e9, truth["width"][frame] * 1e9)
            t = scene.section.thickness(v, width / (scene.section.high - scene.section.low))
            absorbed = 1 - np.exp(-t / p.absorption)
            exact, found = np.trapezoid(absorbed, y, axis=1).mean(), np.sum(1 - through[:, column])
            assert found == pytest.approx(exact, abs=0.05 * max(2 * exact / max(width.mean(), 1), 0.01)), (frame, column)
            if exact > 1:
                rows = np.arange(first, last + 1)
                centre = np.sum(rows * (1 - through[:, column])) / found
                assert centre == pytest.approx((np.trapezoid(absorbed * y, y, axis=1).mean()) / exact, abs=0.05), (frame, column)


def test_the_specimen_moves_by_plus_the_drift():
    p = small(walk=0.0, creep=3.0, creep_direction=30.0, frames=8, rupture=99, neck_length=1.0)
    scene = generator.Scene(p)
    truth = scene.truth()
    images = [scene.contact_thickness(k) for k in (0, 7)]
    edge = [np.sum(1 - image / p.contact_thickness) / scene.n for image in images]
    assert edge[1] - edge[0] == pytest.approx(7 * 3 * np.cos(np.radians(30)), abs=0.3)
    middle = []
    for k in (0, 7):
        first, last, through = scene.silver(k, None)
        absorbed = 1 - through[:, scene.n // 2]
        middle.append(np.sum(absorbed * np.arange(first, last + 1)) / absorbed.sum())
    # The axis slopes: moving along x by d also moves where it crosses a column, by -d tan(angle).
    expected = truth["drift_y"][7] * 1e9 - truth["drift_x"][7] * 1e9 * np.tan(truth["axis_angle"])
    assert middle[1] - middle[0] == pytest.approx(expected, abs=0.05)


def test_the_hillock_takes_what_the_neck_loses():
    truth = generator.truth(small())
    loss, gain = truth["neck_loss"][1:13], truth["hillock_gain"][1:13]
    assert loss[-1] > 1e-24
    assert gain == pytest.approx(loss, rel=1e-6, abs=1e-30)
    assert np.all(np.isnan(truth["gap_left"][:12])) and np.all(truth["gap_right"][12:] > truth["gap_left"][12:])


def test_noise_is_that_of_blurred_electrons():
    p = small(dose=40.0, texture=0.0, contacts=(None, None), pattern=0.0, read=0.0, column_dark=0.0, row_dark=0.0)
    scene = generator.Scene(p)
    frames = np.array([scene.frame(k)[:60] for k in range(12)], dtype=float)
    mean = 40 * np.exp(-50 / 170)
    assert frames.mean() == pytest.approx(100 + 8 * mean, rel=0.005)
    full = np.fft.irfft2(scene.mtf**2, s=(scene.n, scene.n))
    variance = 64 * mean * (1 + p.swank) * full[0, 0] + 1 / 12
    assert frames.var(axis=0, ddof=1).mean() == pytest.approx(variance, rel=0.03)
    # Neighbours share electrons.
    off = frames - frames.mean(axis=0)
    shared = np.mean(off[:, :, 1:] * off[:, :, :-1]) * 12 / 11
    assert shared == pytest.approx(64 * mean * (1 + p.swank) * full[0, 1], rel=0.05)


def test_frames_repeat_with_their_seed_and_differ_without():
    one, same, other = (next(generator.movie(small(seed=seed, frames=1))) for seed in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize("name", generator.VARIANTS)
def test_every_variant_makes_a_frame_that_is_neither_black_nor_saturated(name):
    p = generator.variant(name, size=256, frames=3, rupture=2)
    scene = generator.Scene(p)
    frame = scene.frame(2)
    assert frame.shape == (256, 256) and frame.dtype == np.uint16
    assert 80 < frame.min() and frame.max() < 20000 and frame.std() > 5
    assert scene.truth()["gap_right"][2] > scene.truth()["gap_left"][2]


def perfect(truth):
    return {
        "time": truth["time"], "position": truth["position"][50:-50:4],
        "width": np.array([judge.bin_means(truth["position"], w, truth["position"][50:-50:4], 4e-9) for w in truth["width"]]),
        "gap_left": truth["gap_left"], "gap_right": truth["gap_right"], "drift_x": truth["drift_x"], "drift_y": truth["drift_y"],
        "axis_angle": truth["axis_angle"], "rupture": truth["rupture"],
    }  # fmt: skip


def test_the_judge_finds_no_error_in_the_truth_and_the_error_that_was_added():
    truth = generator.truth(small(frames=60, rupture=30))
    rng = np.random.default_rng(5)
    measured = perfect(truth)
    result = judge.judge(truth, measured)
    assert result["width"]["rms"] < 1e-9 and result["gap"]["rms"] < 1e-9 and result["drift_px"]["rms"] < 1e-9
    assert result["rupture_error"] == result["false_gaps"] == result["missed_gaps"] == 0
    assert result["width_measured"] == 1

    sigma = np.full(measured["width"].shape, 0.5e-9)
    measured["width"] = measured["width"] + 0.3e-9 + rng.normal(0, 0.4e-9, sigma.shape)
    measured |= {"statistical": 0.8 * sigma, "systematic": 0.6 * sigma, "gap_sigma": np.full(60, 1e-9), "rupture": 33}
    measured["gap_right"] = measured["gap_right"] + 1.5e-9
    measured["gap_left"], measured["gap_right"] = measured["gap_left"].copy(), measured["gap_right"].copy()
    measured["gap_left"][[10, 11]], measured["gap_right"][[10, 11]] = 0, 5e-9
    measured["gap_left"][40] = np.nan
    measured["drift_x"] = measured["drift_x"] + 3e-10
    measured["drift_y"] = measured["drift_y"] - 4e-10
    measured["axis_angle"] = truth["axis_angle"] + np.pi + np.radians(0.2)
    result = judge.judge(truth, measured)
    assert result["width"]["bias"] == pytest.approx(0.3, abs=0.03) and result["width"]["rms"] == pytest.approx(0.5, abs=0.03)
    # Normal errors of 0.3 +- 0.4 within 0.5: Phi(0.5) - Phi(-2) = 0.6687.
    assert result["width_sigma"]["within_1"] == pytest.approx(0.669, abs=0.03)
    assert result["width_sigma"]["median_sigma"] == pytest.approx(0.5)
    assert result["gap"]["bias"] == pytest.approx(1.5) and result["gap_sigma"]["within_1"] == 0
    assert (result["false_gaps"], result["missed_gaps"], result["rupture_error"]) == (2, 1, 3)
    assert result["drift_px"]["rms"] == pytest.approx(0.5) and result["axis_degrees"]["rms"] == pytest.approx(0.2)
    said = " ".join(judge.missed(result))
    for word in ("false gaps", "missed gaps", "rupture", "drift", "axis", "gap: the stated"):
        assert word in said
    assert "width before" not in said


def test_what_was_not_measured_is_missed():
    truth = generator.truth(small())
    measured = perfect(truth)
    measured["width"] = np.full_like(measured["width"], np.nan)
    measured["gap_left"] = measured["gap_right"] = np.full(20, np.nan)
    measured |= {"rupture": None, "drift_x": None, "axis_angle": None}
    said = " ".join(judge.missed(judge.judge(truth, measured)))
    for word in ("width before the rupture, rms: not measured", "missed gaps", "rupture, frames off: not measured", "drift, rms: not measured"):
        assert word in said


def test_a_store_of_measurements_is_read(tmp_path):
    zarr = pytest.importorskip("zarr")
    truth = generator.truth(small())
    measured = perfect(truth)
    group = zarr.open_group(tmp_path / "analysis.zarr", mode="w").create_group("measurements")
    names = {"time": "measured_time", "position": "measured_position", "width": "measured_width"}
    for name in ("time", "position", "width", "gap_left", "gap_right", "drift_x", "drift_y"):
        group.create_array(names.get(name, name), data=np.asarray(measured[name]))
    group.attrs["movie"] = '{"rupture_frame": 12}'
    result = judge.judge(truth, judge.read(tmp_path))
    assert result["width"]["rms"] < 1e-9 and result["rupture_error"] == 0
