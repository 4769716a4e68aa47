"""How far a measurement of a movie is from the truth.

    python judge.py TRUTH.npz MEASURED [--json] [--limits [FACTOR]]

MEASURED is the folder or store that `pentatwin analyze` wrote, or an .npz with the keys of `Measured`. With --limits it ends with an error if
a limit of issue 4 is missed (FACTOR times as much allowed; 2 for a quarter of the dose).

Truth: as generator.py writes it. A width is compared with the truth's mean over the measured interval (the step between positions), and only
where the wire can be seen: 24 pixels away from the image's sides in that frame and from the contacts.
Errors are measured minus true.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

CLEAR = 24  # pixels


@dataclass
class Measured:
    """What was measured, SI units. Rows are frames; NaN is not measured. Widths of 0 in a gap are allowed."""

    time: np.ndarray  # middle of the exposure
    position: np.ndarray  # along the axis, from the first image's centre
    width: np.ndarray  # [time, position]
    statistical: np.ndarray | None = None
    systematic: np.ndarray | None = None
    gap_left: np.ndarray | None = None
    gap_right: np.ndarray | None = None
    gap_width: np.ndarray | None = None
    gap_sigma: np.ndarray | None = None  # statistical and systematic together
    drift_x: np.ndarray | None = None
    drift_y: np.ndarray | None = None
    axis_angle: np.ndarray | float | None = None  # in each frame, or one
    rupture: int | None = None  # a frame of the movie; None or negative: none seen


def read(path: Path) -> Measured:
    """From a .npz, a Zarr store or a folder with one."""
    path = Path(path)
    if path.suffix == ".npz":
        with np.load(path) as file:
            found = {f.name: file[f.name] for f in fields(Measured) if f.name in file}
    else:
        found = read_store(path)
    if (rupture := found.get("rupture")) is not None:
        rupture = float(np.asarray(rupture))
        found["rupture"] = None if math.isnan(rupture) else int(rupture)
    return Measured(**found)


def read_store(path: Path) -> dict:
    """The group `measurements` of analysis.zarr or run.zarr."""
    import zarr

    stores = [path] if path.suffix == ".zarr" else [path / name for name in ("analysis.zarr", "run.zarr") if (path / name).is_dir()]
    if not stores:
        raise FileNotFoundError(f"{path} holds neither analysis.zarr nor run.zarr")
    root = zarr.open_group(stores[0], mode="r")
    group = root["measurements"]
    names = dict(group.arrays())

    def get(name):
        return np.asarray(names[name][...], dtype=float) if name in names else None

    found = {"time": get("measured_time"), "position": get("measured_position"), "width": get("measured_width")}
    found |= {"statistical": get("measured_width_statistical"), "systematic": get("measured_width_systematic")}
    found |= {name: get(name) for name in ("gap_left", "gap_right", "gap_width", "drift_x", "drift_y", "axis_angle")}
    if (spread := get("gap_width_statistical")) is not None:
        systematic = get("gap_width_systematic")
        found["gap_sigma"] = spread if systematic is None else np.hypot(spread, systematic)
    found["rupture"] = attribute(dict(group.attrs), "rupture_frame")
    if found["rupture"] is None:
        found["rupture"] = attribute(dict(root.attrs), "rupture_frame")
    if found["rupture"] is None:
        # As the command writes it: among the events.
        events = attribute(dict(root.attrs), "events") or []
        found["rupture"] = next((e["frame"] for e in events if e.get("letter") == "C" and e.get("frame") is not None), None)
    for name in ("time", "position", "width"):
        if found[name] is None:
            raise KeyError(f"measured_{name} is not in {stores[0]}/measurements: {sorted(names)}")
    return found


def attribute(tree, name: str):
    """The value of a name anywhere in a tree of attributes, some of which may be JSON text."""
    if isinstance(tree, str) and tree[:1] in "{[":
        try:
            tree = json.loads(tree)
        except ValueError:
            return None
    if isinstance(tree, dict):
        if tree.get(name) is not None:
            return tree[name]
        tree = list(tree.values())
    if isinstance(tree, list):
        return next((v for v in (attribute(entry, name) for entry in tree) if v is not None), None)
    return None


def bin_means(position, profile, at, step):
    """Mean of profile(position) over the intervals of a width centred on `at`; NaN outside."""
    whole = np.concatenate([[0], np.cumsum((profile[1:] + profile[:-1]) / 2 * np.diff(position))])
    low, high = at - step / 2, at + step / 2
    mean = (np.interp(high, position, whole) - np.interp(low, position, whole)) / step
    return np.where((low >= position[0]) & (high <= position[-1]), mean, np.nan)


def spread(errors) -> dict:
    """Number, bias and rms, in nm; NaN without any."""
    errors = np.asarray(errors, dtype=float)
    errors = errors[np.isfinite(errors)] * 1e9
    if errors.size == 0:
        return {"count": 0, "bias": math.nan, "rms": math.nan, "median": math.nan, "worst": math.nan}
    return {
        "count": int(errors.size),
        "bias": float(errors.mean()),
        "rms": float(np.sqrt(np.mean(errors**2))),
        "median": float(np.median(np.abs(errors))),
        "worst": float(np.abs(errors).max()),
    }


def covered(errors, sigma) -> dict:
    """Which part of the errors is within the stated standard uncertainty, within two of them, and the median of that uncertainty [nm]."""
    good = np.isfinite(errors) & np.isfinite(sigma)
    if not good.any():
        return {"count": 0, "within_1": math.nan, "within_2": math.nan, "median_sigma": math.nan}
    e, s = np.abs(errors[good]), sigma[good]
    return {"count": int(e.size), "within_1": float(np.mean(e <= s)), "within_2": float(np.mean(e <= 2 * s)), "median_sigma": float(np.median(s) * 1e9)}


def judge(truth: dict, measured: Measured | dict) -> dict:
    """All errors, in nm, pixels, frames or degrees as the keys say.

    truth: of generator.truth or its .npz. measured: `Measured`, or a dictionary with its names.
    """
    m = measured if isinstance(measured, Measured) else Measured(**{k: v for k, v in measured.items() if k in {f.name for f in fields(Measured)}})
    t = {k: np.asarray(v) for k, v in truth.items()}
    pixel, frame_time, rupture = float(t["pixel"]), float(t["frame_time"]), int(t["rupture"])
    frames = t["time"].size
    index = np.rint(np.asarray(m.time, dtype=float) / frame_time - 0.5).astype(int)
    if index.size == 0 or index.min() < 0 or index.max() >= frames:
        raise ValueError(f"times from {np.min(m.time)} to {np.max(m.time)} s are not those of {frames} frames of {frame_time} s")
    position = np.asarray(m.position, dtype=float)
    width = np.asarray(m.width, dtype=float)
    if width.shape != (index.size, position.size):
        raise ValueError(f"width has the shape {width.shape}, not times x positions ({index.size}, {position.size})")
    step = float(np.median(np.diff(position))) if position.size > 1 else pixel
    true = np.array([bin_means(t["position"], t["width"][k], position, step) for k in index])

    # Where the wire can be seen. A point u lies in frame k at u + drift.
    c, s = math.cos(float(t["axis_angle"])), math.sin(float(t["axis_angle"]))
    half = (t["position"][-1] - t["position"][0]) / 2
    moved = t["drift_x"][index] * c + t["drift_y"][index] * s
    clear = CLEAR * pixel
    seen = np.abs(position[None, :] + moved[:, None]) < half - clear
    left, right = t["contact_edges"]
    if np.isfinite(left):
        seen &= position[None, :] > left + clear
    if np.isfinite(right):
        seen &= position[None, :] < right - clear
    seen &= np.isfinite(true)

    error = np.where(seen, width - true, np.nan)
    whole = (index < rupture) if rupture >= 0 else np.ones(index.size, dtype=bool)
    whole = np.broadcast_to(whole[:, None], error.shape)
    thin = true < 60e-9
    # After the rupture: where there is wire in all of the interval.
    parted = ~whole & (np.array([bin_means(t["position"], (t["width"][k] <= 0).astype(float), position, step) for k in index]) == 0)
    result = {
        "pixel_nm": pixel * 1e9,
        "frames": int(index.size),
        "step_nm": step * 1e9,
        "width": spread(error[whole]),
        "width_below_60": spread(error[whole & thin]),
        "width_parted": spread(error[parted]),
        "width_parted_below_60": spread(error[parted & thin]),
        "width_measured": float(np.mean(np.isfinite(width[seen & whole]))) if (seen & whole).any() else math.nan,
    }
    thinnest = [k for k in np.flatnonzero(whole[:, 0]) if np.isfinite(error[k]).any()]
    if thinnest:
        result["thinnest"] = spread([np.nanmin(np.where(seen[k], width[k], np.nan)) - np.nanmin(np.where(seen[k], true[k], np.nan)) for k in thinnest])
    if m.statistical is not None:
        sigma = np.asarray(m.statistical, dtype=float)
        if m.systematic is not None:
            sigma = np.hypot(sigma, np.asarray(m.systematic, dtype=float))
        result["width_sigma"] = covered(error[whole], sigma[whole])
        result["width_sigma_below_60"] = covered(error[whole & thin], sigma[whole & thin])
        result["width_sigma_parted"] = covered(error[parted], sigma[parted])

    true_left, true_right = t["gap_left"][index], t["gap_right"][index]
    true_gap = np.where(np.isfinite(true_left), true_right - true_left, np.nan)
    gap = m.gap_width if m.gap_width is not None else (m.gap_right - m.gap_left if m.gap_left is not None and m.gap_right is not None else None)
    if gap is not None:
        gap = np.asarray(gap, dtype=float)
        shown, there = np.isfinite(gap), np.isfinite(true_gap)
        result["gap"] = spread(gap - true_gap)
        # The rupture may be dated a frame too early or too late; that is counted there.
        play = np.abs(index - rupture + 0.5) < 1 if rupture >= 0 else np.zeros(index.size, dtype=bool)
        result["false_gaps"], result["missed_gaps"] = int(np.sum(shown & ~there & ~play)), int(np.sum(~shown & there & ~play))
        for name, found, known in (("gap_left", m.gap_left, true_left), ("gap_right", m.gap_right, true_right)):
            if found is not None:
                result[name] = spread(np.asarray(found, dtype=float) - known)
        if m.gap_sigma is not None:
            result["gap_sigma"] = covered(gap - true_gap, np.asarray(m.gap_sigma, dtype=float))
    found = m.rupture if m.rupture is not None and m.rupture >= 0 else None
    result["rupture"] = found
    result["true_rupture"] = rupture if rupture >= 0 else None
    result["rupture_error"] = found - rupture if found is not None and rupture >= 0 else (0 if found is None and rupture < 0 else None)

    if m.drift_x is not None and m.drift_y is not None:
        ex = (np.asarray(m.drift_x, dtype=float) - t["drift_x"][index]) / pixel
        ey = (np.asarray(m.drift_y, dtype=float) - t["drift_y"][index]) / pixel
        good = np.isfinite(ex) & np.isfinite(ey)
        ex, ey = ex[good], ey[good]

        def rms(e):
            return float(np.sqrt(np.mean(e**2))) if e.size else math.nan

        result["drift_px"] = {
            "rms": rms(np.hypot(ex, ey)),  # of the vector
            "median": float(np.median(np.hypot(ex, ey))) if ex.size else math.nan,
            "along": rms(ex * c + ey * s),
            "across": rms(ey * c - ex * s),
            "worst": float(np.hypot(ex, ey).max()) if ex.size else math.nan,
            "not_measured": int(np.sum(~good)),
        }
    if m.axis_angle is not None:
        # An axis has no direction: angles differ by less than a right angle.
        off = np.atleast_1d(np.asarray(m.axis_angle, dtype=float)) - float(t["axis_angle"])
        off = np.degrees((off + math.pi / 2) % math.pi - math.pi / 2)
        off = off[np.isfinite(off)]
        result["axis_degrees"] = {"bias": float(off.mean()), "rms": float(np.sqrt(np.mean(off**2))), "worst": float(np.abs(off).max())} if off.size else None
    return result


def missed(result: dict, factor: float = 1.0) -> list[str]:
    """Which limits of issue 4 are not kept, in words; a measure that is not there is one. Above 2 nm a pixel, nm stand for pixels."""
    scale = result["pixel_nm"] if result["pixel_nm"] > 2 else 1.0
    unit = "px" if scale > 1 else "nm"
    out = []

    def most(words, value, limit, unit=""):
        if value is None or not value <= limit:
            out.append(f"{words}: {'not measured' if value is None or math.isnan(value) else f'{value:.3g}'}, at most {limit:.3g} {unit}".rstrip())

    def rms(name):
        return result.get(name, {}).get("rms", math.nan) / scale

    most("width before the rupture, rms", rms("width"), 1.0 * factor, unit)
    if result["width_below_60"]["count"]:
        most("width below 60 nm, rms", rms("width_below_60"), 1.5 * factor, unit)
    most("part of the widths not measured", 1 - result["width_measured"], 0.05)
    if result["true_rupture"] is not None:
        most("gap, rms", rms("gap"), 2.0 * factor, unit)
        most("missed gaps", result.get("missed_gaps"), 0)
        most("rupture, frames off", abs(result["rupture_error"]) if result["rupture_error"] is not None else None, 1)
    most("false gaps", result.get("false_gaps"), 0)
    most("drift, rms", result.get("drift_px", {}).get("rms"), 0.3 * factor, "px")
    most("axis, rms", (result.get("axis_degrees") or {}).get("rms"), 0.1 * factor, "degrees")
    for name, words, limit in (("width_sigma", "width", 1.0), ("gap_sigma", "gap", 2.0)):
        if name == "gap_sigma" and result["true_rupture"] is None:
            continue
        stated = result.get(name, {"within_1": math.nan, "median_sigma": math.nan})
        if not 0.60 <= stated["within_1"] <= 0.75:
            out.append(f"{words}: the stated 1 sigma covers {100 * stated['within_1']:.0f} % of the errors, wanted are 60 to 75 %")
        most(f"{words}: median of the stated sigma", stated["median_sigma"] / scale, limit * factor, unit)
    return out


def table(result: dict) -> str:
    """The result as lines of text."""
    lines = []
    for name, value in result.items():
        if isinstance(value, dict):
            value = "  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in value.items())
        lines.append(f"{name:24} {value}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Compares a measurement of a movie with its truth.")
    parser.add_argument("truth", type=Path)
    parser.add_argument("measured", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limits", type=float, nargs="?", const=1.0, metavar="FACTOR")
    asked = parser.parse_args()
    with np.load(asked.truth) as file:
        truth = dict(file)
    result = judge(truth, read(asked.measured))
    print(json.dumps(result, indent=1) if asked.json else table(result))
    if asked.limits is not None and (words := missed(result, asked.limits)):
        sys.exit("missed:\n  " + "\n  ".join(words))


if __name__ == "__main__":
    main()
