"""Movies of a silver nanowire that parts, made without the virtual microscope: what `pentatwin analyze` is tested on.

Recipe: the movie class of issue 4 (1024 x 1024, u16, 1 nm a pixel, 25 electrons a pixel and frame). Everything here is written anew in numpy,
noise included, so that a mistake of crates/microscope cannot hide the same mistake of crates/analysis. numpy and tifffile only.

    python generator.py OUT.tif --variant flat [--frames N --rupture K --seed S --size 1024]     writes OUT.tif and OUT.npz

Coordinates
    Pixel (column i, row j) has its centre at x = i, y = j; y points down. The image's centre is ((size - 1) / 2, (size - 1) / 2).
    The axis makes `axis_angle` with +x, turning from +x towards +y. u runs along it, v across it (to the right of u, so at angle 0 v is y).
    u = 0 is the foot of the perpendicular from the image's centre; the axis lies at v = `axis_offset`, v = 0 going through the centre.
    All of u and v are of the specimen, that is of frame 0. In frame t the specimen has moved by +(drift_x, drift_y):
    the point that is at (x, y) in frame 0 appears at (x + drift_x, y + drift_y). drift[0] = 0.
    Frame k is exposed from k to k + 1 frame times; `time` is the middle. Within an exposure nothing moves.

Truth (OUT.npz, SI units): time[t], position[u], width[t, u] and centre[t, u] (projected outline: its width and its middle, v measured from the
    axis, which goes through the centroids of the cross-sections), gap_left[t], gap_right[t] (where the width reaches 0; NaN before the rupture),
    rupture (first frame that shows the wire parted), drift_x[t], drift_y[t], axis_angle, axis_offset, contact_edges (u of the mean edge, left and
    right; NaN if not in view), neck_loss[t], hillock_gain[t] (volumes), pixel, frame_time, parameters (JSON).

`diameter` is the projected width of the wire lying flat, corner to corner of the pentagon; rolled by r degrees it shows a little less
(95 % at 18 degrees: edge on one side, corner on the other).
The hillock takes what neck and tips lose, up to and including the rupture frame; what the growing gap loses later is gone.
Transmission, not thickness, is averaged over each pixel: an outline is right to far better than 0.05 pixels (test_generator.py).
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

MARGIN = 28  # pixels computed beyond each side, so that the camera's blur does not wrap around; 1024 + 56 = 2^3 3^3 5
XI_111 = 28.4  # two-beam extinction length of Ag 111 at 200 kV [nm], imaging.md 2.2
G_111 = 1 / 0.2359  # [1/nm]


@dataclass(frozen=True)
class Parameters:
    """A movie. Lengths in nm, unless said to be in pixels [px]."""

    frames: int = 200
    rupture: int = 140
    seed: int = 1
    size: int = 1024
    pixel: float = 1.0
    frame_time: float = 0.5  # s
    # Specimen
    diameter: float = 115.0
    section: str = "pentagon"  # or "round"
    roll: float = 0.0  # degrees; 0 = flat side down
    roughness: float = 0.005  # relative, slow variation of the diameter along the wire
    axis_angle: float = 1.0  # degrees
    axis_offset: float = 11.3  # px
    neck: float = -60.0  # its place
    neck_length: float = 50.0  # standard deviation of the loss of cross-section
    thinnest: float = 0.2  # of the diameter, in the last frame before the rupture, about
    hillock: float = 160.0
    hillock_length: float = 55.0
    half_angle: float = 30.0  # of the tips, degrees
    tip_radius: float = 0.0  # 0: sharp cones
    gap: tuple = (6.0, 70.0)  # at the rupture, in the last frame
    gap_share: float = 0.65  # of the gap's growth on the left
    contacts: tuple = (None, 430.0)  # edges, left and right
    contact_thickness: float = 110.0
    film: float = 50.0
    texture: float = 0.008  # rms of the film's contrast
    # Drift [px]
    walk: float = 0.25
    creep: float = 0.07
    creep_direction: float = 35.0  # degrees
    # Contrast
    mode: str = "bf"  # or "haadf"
    dose: float = 25.0  # incident electrons a pixel and frame
    absorption: float = 75.0  # of silver; film 170, platinum 45
    bends: tuple = ((-230.0, 2.0),)  # bend contours: place in frame 0, nm a frame
    bend_strength: float = 0.6
    bend_radius: float = 50e3  # of the wire's curvature
    halves: float = 0.0  # difference of the deviation s between the two sides of the twin line [1/nm]
    twin_line: float = 0.06  # how much darker
    fringe: float = 0.0  # first Fresnel fringe, relative to the background
    # Camera
    mtf: tuple = (0.6, 0.35, 0.2)  # a, f1, f2 [cycles/px]
    swank: float = 0.67  # variance of an electron's signal over its mean squared: DQE(0) = 1 / (1 + 0.67) = 0.6
    gain: float = 8.0  # counts an electron
    offset: float = 100.0
    pattern: float = 0.005
    column_dark: float = 1.5  # counts
    row_dark: float = 0.7
    read: float = 3.0  # counts
    jitter: float = 0.0  # of scan lines [px]
    probe: float = 0.0  # standard deviation of the blur before counting [px]


VARIANTS = {
    "flat": {},
    "quarter-dose": {"dose": 6.25},
    "roll9": {"roll": 9.0},
    "roll18": {"roll": 18.0},
    "round": {"section": "round"},
    # Two contours, the other way, and the two halves of the wire not in the same excitation.
    "bend2": {"bends": ((260.0, -1.5), (-420.0, 0.8)), "bend_radius": 25e3, "halves": 0.012},
    "strong-bend": {"bends": ((-150.0, 1.0),), "bend_radius": 30e3, "bend_strength": 0.95},
    "thin-lambda": {"absorption": 45.0},
    # Nothing darkens the thin rim: the outline and the tips are at their faintest.
    "no-bend": {"bends": ()},
    "round-tips": {"tip_radius": 8.0},
    # As the tips of the notes, whose thin ends a threshold does not see.
    "slender-tips": {"half_angle": 18.0, "hillock": 230.0},
    "fringe": {"fringe": 0.08},
    # 140 e/nm2; an annular detector counts each electron where the probe is: no blur, no pattern.
    "haadf": {
        "mode": "haadf", "dose": 140.0, "absorption": 123.0, "probe": 0.3, "jitter": 0.3, "frame_time": 2.0,
        "mtf": (1.0, math.inf, 1.0), "swank": 0.1, "pattern": 0.0, "column_dark": 0.0, "row_dark": 0.5,
    },
    # Both contacts, 5 um apart; the camera gets as many electrons a pixel as before.
    "wide": {"pixel": 6.0, "contacts": (-2500.0, 2500.0), "neck": -310.0, "hillock": -90.0, "bends": ((-900.0, 6.0), (1300.0, -3.0))},
}  # fmt: skip


def variant(name: str, **changes) -> Parameters:
    """A movie by name. Places follow the size of the image, so that a small movie still shows all of it."""
    p = replace(Parameters(), **(VARIANTS[name] | changes))
    if p.size < 1024 and "contacts" not in changes:
        p = replace(p, contacts=tuple(None if c is None else math.copysign(p.size * p.pixel * abs(c) / (1024 * p.pixel), c) for c in p.contacts))
    return p


class Section:
    """A cross-section of unit flat-lying width: its chord along the beam, and its outline."""

    def __init__(self, kind: str, roll: float):
        if kind == "round":
            self.low, self.high, self.area = -0.5, 0.5, math.pi / 4
            # Denser towards the rim, where the chord is a root.
            self.v = 0.5 * np.sin(np.linspace(-math.pi / 2, math.pi / 2, 2001))
            self.chord = 2 * np.sqrt(np.maximum(0.25 - self.v**2, 0))
            return
        radius = 1 / (2 * math.sin(math.radians(72)))  # of the corners; a diagonal is 1
        angle = np.radians(90 + roll + 72 * np.arange(5))
        x, z = radius * np.cos(angle), radius * np.sin(angle)
        self.low, self.high, self.area = x.min(), x.max(), 2.5 * radius**2 * math.sin(math.radians(72))
        # The chord is a polyline with its corners at the pentagon's: exact by interpolation.
        inside = np.sort(x)
        span = inside[-1] - inside[0]
        self.v = np.unique(np.concatenate([inside, inside[:1] + 1e-9 * span, inside[-1:] - 1e-9 * span]))
        self.chord = np.array([self._length(v, x, z) for v in self.v])

    @staticmethod
    def _length(v, x, z):
        hits = []
        for a in range(5):
            b = (a + 1) % 5
            if min(x[a], x[b]) <= v <= max(x[a], x[b]):
                if x[a] == x[b]:
                    hits += [z[a], z[b]]
                else:
                    hits.append(z[a] + (v - x[a]) / (x[b] - x[a]) * (z[b] - z[a]))
        return max(hits) - min(hits) if hits else 0.0

    def thickness(self, v, width):
        """Chord at v of the section scaled to `width` (flat-lying); 0 where the width is."""
        safe = np.maximum(width, 1e-3)
        return np.interp(v / safe, self.v, self.chord, left=0, right=0) * np.where(width > 1e-3, width, 0)


def tip(distance, half_angle: float, radius: float):
    """Width of a tip at a distance from its end: a cone, or a cone that ends in a ball and touches it."""
    slope = math.tan(half_angle)
    d = np.maximum(distance, 0)
    if radius <= 0:
        return 2 * slope * d
    touch = radius * (1 - math.sin(half_angle))
    ball = 2 * np.sqrt(np.maximum(2 * radius * d - d * d, 0))
    return np.where(d < touch, ball, 2 * (radius * math.cos(half_angle) + slope * (d - touch)))


class Wire:
    """The wire's flat-lying width w(u) in each frame [nm]."""

    def __init__(self, p: Parameters, rng: np.random.Generator):
        self.p = p
        reach = 0.62 * p.size * p.pixel
        self.step = min(p.pixel, 1.0) / 4  # the ends of the tips fall between the pixels
        self.u = np.arange(-math.ceil(reach / self.step), math.ceil(reach / self.step) + 1) * self.step
        slow = sum(rng.normal() * np.cos(2 * math.pi * self.u / period + rng.uniform(0, 2 * math.pi)) for period in (310.0, 470.0, 830.0))
        self.base = p.diameter * (1 + p.roughness * slow / math.sqrt(1.5))
        self.neck_shape = np.exp(-0.5 * ((self.u - p.neck) / p.neck_length) ** 2)
        self.hillock_shape = np.exp(-0.5 * ((self.u - p.hillock) / p.hillock_length) ** 2)
        self.onset = round(p.rupture * 40 / 140)
        self.at_rupture = self._hillock_for(p.rupture)

    def gap_edges(self, frame: int):
        """Left and right end of the gap [nm], NaN before the rupture."""
        p = self.p
        if frame < p.rupture:
            return math.nan, math.nan
        share = (frame - p.rupture) / max(p.frames - 1 - p.rupture, 1)
        # The paper's gaps grow fast at first and then slower.
        growth = (p.gap[1] - p.gap[0]) * share**0.7
        return p.neck - p.gap[0] / 2 - p.gap_share * growth, p.neck + p.gap[0] / 2 + (1 - p.gap_share) * growth

    def _bare(self, frame: int):
        """Width without a hillock, and the tips' limit."""
        p = self.p
        s = min(max((frame - self.onset) / max(p.rupture - self.onset, 1), 0), 1)
        thinnest = 1 - (1 - p.thinnest) * s**1.5
        width = self.base * np.sqrt(1 - (1 - thinnest**2) * self.neck_shape)
        left, right = self.gap_edges(frame)
        if math.isnan(left):
            return width, np.full_like(width, np.inf)
        angle = math.radians(p.half_angle)
        limit = np.where(self.u < p.neck, tip(left - self.u, angle, p.tip_radius), tip(self.u - right, angle, p.tip_radius))
        return width, limit

    def _with_hillock(self, frame: int, height: float):
        bare, limit = self._bare(frame)
        return np.minimum(np.sqrt(bare**2 + self.base**2 * height * self.hillock_shape), limit)

    def _hillock_for(self, frame: int):
        """The hillock's height (relative cross-section) with which nothing is lost: by halving, because a tip may reach into the hillock."""
        low, high = 0.0, 4.0
        for _ in range(30):
            height = (low + high) / 2
            if np.sum(self._with_hillock(frame, height) ** 2 - self.base**2) < 0:
                low = height
            else:
                high = height
        return (low + high) / 2

    def width(self, frame: int):
        """w(u) [nm]."""
        return self._with_hillock(frame, self._hillock_for(frame) if frame < self.p.rupture else self.at_rupture)

    def volumes(self, frame: int):
        """What neck and tips lost and what the hillock gained, in squares of widths times length [nm3]."""
        change = self.width(frame) ** 2 - self.base**2
        return -np.sum(change[change < 0]) * self.step, np.sum(change[change > 0]) * self.step


def smooth_noise(rng, shape, sigma):
    """Noise of unit rms, Gaussian-correlated over sigma pixels; periodic."""
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) * np.exp(-2 * (math.pi * sigma) ** 2 * (fx**2 + fy**2))
    noise = np.fft.irfft2(spectrum, s=shape)
    return noise / noise.std()


def catmull_rom(t: float):
    """Weights of samples -1, 0, 1, 2 at 0 <= t < 1."""
    return (
        0.5 * (-(t**3) + 2 * t**2 - t),
        0.5 * (3 * t**3 - 5 * t**2 + 2),
        0.5 * (-3 * t**3 + 4 * t**2 + t),
        0.5 * (t**3 - t**2),
    )


def window(field, x: float, y: float, n: int):
    """n x n pixels of a field, the first at (x, y): cubic, separable; the field is band-limited, so that no contrast is lost between pixels."""
    i, j = math.floor(x), math.floor(y)
    if min(i, j) < 1 or i + n + 2 > field.shape[1] or j + n + 2 > field.shape[0]:
        raise ValueError(f"the specimen drifted by more than the {field.shape[0] - n} pixels of film that were made")
    wx, wy = catmull_rom(x - i), catmull_rom(y - j)
    rows = sum(np.float32(w) * field[j + k - 1 : j + k - 1 + n, i - 1 : i + n + 2] for k, w in enumerate(wy))
    return sum(np.float32(w) * rows[:, k : k + n] for k, w in enumerate(wx))


class Scene:
    """Everything that is made once for a movie."""

    def __init__(self, p: Parameters):
        self.p = p
        rng = np.random.default_rng([p.seed, 0])
        self.section = Section(p.section, p.roll)
        self.wire = Wire(p, rng)
        n = self.n = p.size + 2 * MARGIN
        # Drift; the first frame is where it starts.
        creep = p.creep * np.array([math.cos(math.radians(p.creep_direction)), math.sin(math.radians(p.creep_direction))])
        steps = creep + p.walk * rng.standard_normal((p.frames, 2))
        steps[0] = 0
        self.drift = np.cumsum(steps, axis=0)
        self.bend_walk = np.cumsum(1.5 * rng.standard_normal((p.frames, len(p.bends))), axis=0)
        # Film: phase contrast of a defocused amorphous film, correlated over 2 to 30 nm. Pixels larger than a grain average over grains.
        self.spare = 2 * math.ceil(np.abs(self.drift).max() + 4)
        big = n + 2 * self.spare
        film = np.zeros((big, big))
        for sigma, weight in ((1.3, 0.62), (3.5, 0.6), (12.0, 0.5)):
            grain = sigma / p.pixel
            film += weight * min(1, 2 * math.sqrt(math.pi) * grain) * smooth_noise(rng, film.shape, max(grain, 0.9))
        self.film = (p.texture * film).astype(np.float32)
        # Contacts: rough edges, grainy metal.
        self.edges = [
            None if edge is None else edge / p.pixel + (n - 1) / 2 + 4 / p.pixel * smooth_noise(rng, (big, 2), max(9 / p.pixel, 1.0))[:, 0]
            for edge in p.contacts
        ]
        # The camera.
        fy, fx = np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :]
        f2 = fx**2 + fy**2
        a, f1, f_tail = p.mtf
        self.mtf = (a * np.exp(-f2 / f1**2) + (1 - a) / (1 + f2 / f_tail**2)).astype(np.float32) if a < 1 or math.isfinite(f1) else None
        self.probe = np.exp(-2 * (math.pi * p.probe) ** 2 * f2).astype(np.float32) if p.probe > 0 else None
        s = p.size
        self.gain = (p.gain * (1 + p.pattern * rng.standard_normal((s, s)))).astype(np.float32)
        self.dark = (p.offset + p.column_dark * rng.standard_normal((1, s)) + p.row_dark * rng.standard_normal((s, 1))).astype(np.float32)

    def angle(self):
        return math.radians(self.p.axis_angle)

    def deviation(self, frame: int):
        """Places of the bend contours [nm] in a frame."""
        return [place + speed * frame + self.bend_walk[frame, k] for k, (place, speed) in enumerate(self.p.bends)]

    def contact_thickness(self, frame: int):
        """Platinum in nm, n x n, or None."""
        p, n = self.p, self.n
        if all(e is None for e in self.edges):
            return None
        dx, dy = self.drift[frame]
        x = np.arange(n, dtype=np.float32)[None, :] - np.float32(dx)
        rows = np.arange(n) - dy + self.spare
        total = np.zeros((n, n), np.float32)
        # The metal thins out over 12 nm at its edge; at least a pixel, which then stands for the pixel's average.
        slope = max(12 / p.pixel, 1.0)
        for edge, sign in zip(self.edges, (-1, 1)):
            if edge is not None:
                at = np.interp(rows, np.arange(edge.size), edge).astype(np.float32)[:, None]
                total += np.clip(sign * (x - at) / np.float32(slope) + np.float32(0.5), 0, 1)
        return p.contact_thickness * total

    def silver(self, frame: int, jitter):
        """Rows from..to that show silver, and there the area average of what silver does to the beam (bright field: transmission without
        contacts; dark field: exp(-t / absorption))."""
        p, n = self.p, self.n
        dx, dy = self.drift[frame]
        c, s = math.cos(self.angle()), math.sin(self.angle())
        across, along = (4, 2) if p.pixel < 3 else (8, 4)
        width = self.wire.width(frame)
        middle = (n - 1) / 2 + dy + p.axis_offset / c
        reach = 0.6 * width.max() / p.pixel + abs(s / c) * (n / 2 + abs(dx)) + 6
        first, last = max(math.floor(middle - reach), 0), min(math.ceil(middle + reach), n - 1)
        rows, columns = last - first + 1, n
        y = first + (np.arange(rows * across) + 0.5) / across - 0.5 - dy - (n - 1) / 2
        x = (np.arange(columns * along) + 0.5) / along - 0.5 - dx - (n - 1) / 2
        shift = np.repeat(jitter[first : last + 1], across)[:, None] if jitter is not None else 0.0
        x = x[None, :] + shift
        u = (x * c + y[:, None] * s) * p.pixel
        v = (y[:, None] * c - x * s - p.axis_offset) * p.pixel
        w = np.interp(u, self.wire.u, width)
        t = self.section.thickness(v, w).astype(np.float32)
        through = np.exp(-t / np.float32(p.absorption))
        if p.mode == "bf":
            v, u = v.astype(np.float32), u.astype(np.float32)
            side = np.float32(p.halves) * np.sign(v) / 2 if p.halves else np.float32(0)
            for place in self.deviation(frame):
                # Two beams (imaging.md 2.2); thickness fringes die out with 60 nm, as they do in a convergent, hot beam.
                w2 = 1 + (XI_111 * (G_111 / np.float32(p.bend_radius) * (u - np.float32(place)) + side)) ** 2
                through *= 1 - np.float32(p.bend_strength) * np.sin(np.float32(math.pi / XI_111) * t * np.sqrt(w2)) ** 2 / w2 * np.exp(-t / np.float32(60))
                # What the fringes die into: the beams' mean.
                through *= 1 - np.float32(p.bend_strength) * 0.5 / w2 * (1 - np.exp(-t / np.float32(60)))
            if p.twin_line:
                through *= 1 - np.float32(p.twin_line) * np.exp(-0.5 * (v / 2) ** 2) * np.minimum(t / 40, 1)
            if p.fringe:
                outside = np.maximum(v - self.section.high * w, self.section.low * w - v).astype(np.float32)
                through *= 1 + np.float32(p.fringe) * np.exp(-(((outside - 1.2) / 1.0) ** 2)) * (w > 4)
        return first, last, through.reshape(rows, across, columns, along).mean(axis=(1, 3))

    def frame(self, index: int):
        """A frame, u16."""
        p, n = self.p, self.n
        rng = np.random.default_rng([p.seed, 1, index])
        dx, dy = self.drift[index]
        jitter = p.jitter * rng.standard_normal(n) if p.jitter else None
        texture = window(self.film, self.spare - dx, self.spare - dy, n)
        contact = self.contact_thickness(index)
        first, last, silver = self.silver(index, jitter)
        if p.mode == "bf":
            signal = np.float32(p.dose * math.exp(-p.film / 170)) * (1 + texture)
            if contact is not None:
                # Grains: the metal's thickness varies as the film's contrast does, ten times as strongly.
                signal *= np.exp(-contact * (1 + 10 * texture) / np.float32(45))
            signal[first : last + 1] *= silver
        else:
            # Film 1.25 % (imaging.md 2.3); deposited platinum scatters a little more than silver.
            through = np.exp(np.float32(-0.0125) * (1 + 10 * texture))
            if contact is not None:
                through *= np.exp(-contact * (1 + 10 * texture) / np.float32(100))
            through[first : last + 1] *= silver
            signal = np.float32(p.dose) * (1 - through)
        if self.probe is not None:
            signal = np.fft.irfft2(np.fft.rfft2(signal) * self.probe, s=(n, n))
        electrons = rng.poisson(np.maximum(signal, 0)).astype(np.float32)
        # Each electron makes more or less light.
        light = electrons + np.sqrt(np.float32(p.swank) * electrons) * rng.standard_normal((n, n), dtype=np.float32)
        if self.mtf is not None:
            # Blurs signal and noise alike: neighbouring pixels share an electron.
            light = np.fft.irfft2(np.fft.rfft2(light) * self.mtf, s=(n, n))
        light = light[MARGIN:-MARGIN, MARGIN:-MARGIN]
        counts = light * self.gain + self.dark + np.float32(p.read) * rng.standard_normal(light.shape, dtype=np.float32)
        return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)

    def truth(self) -> dict:
        """What is true, in SI units (see the module's text)."""
        p, nm = self.p, 1e-9
        half = (p.size - 1) / 2
        position = np.arange(-half, half + 1) * p.pixel
        section = self.section
        flat = np.array([np.interp(position, self.wire.u, self.wire.width(k)) for k in range(p.frames)])
        gap = np.array([self.wire.gap_edges(k) for k in range(p.frames)])
        volumes = np.array([self.wire.volumes(k) for k in range(p.frames)]) * section.area
        c, s = math.cos(self.angle()), math.sin(self.angle())
        # The contacts' edges are upright lines x = edge: where the axis crosses them.
        contacts = [math.nan if e is None else (e + p.axis_offset * p.pixel * s) / c for e in p.contacts]
        return {
            "pixel": p.pixel * nm,
            "frame_time": p.frame_time,
            "time": (np.arange(p.frames) + 0.5) * p.frame_time,
            "position": position * nm,
            "width": flat * (section.high - section.low) * nm,
            "centre": flat * (section.high + section.low) / 2 * nm,
            "gap_left": gap[:, 0] * nm,
            "gap_right": gap[:, 1] * nm,
            "rupture": p.rupture if p.rupture < p.frames else -1,
            "drift_x": self.drift[:, 0] * p.pixel * nm,
            "drift_y": self.drift[:, 1] * p.pixel * nm,
            "axis_angle": self.angle(),
            "axis_offset": p.axis_offset * p.pixel * nm,
            "contact_edges": np.array(contacts) * nm,
            "neck_loss": volumes[:, 0] * nm**3,
            "hillock_gain": volumes[:, 1] * nm**3,
            "parameters": json.dumps(asdict(p)),
        }


def movie(p: Parameters) -> Iterator[np.ndarray]:
    """The frames, one after the other."""
    scene = Scene(p)
    for index in range(p.frames):
        yield scene.frame(index)


def truth(p: Parameters) -> dict:
    """The truth of a movie, without making its frames."""
    return Scene(p).truth()


def write(out: Path, p: Parameters) -> dict:
    """OUT.tif, a plain stack without ImageJ or other metadata, and OUT.npz."""
    import tifffile

    scene = Scene(p)
    with tifffile.TiffWriter(out, bigtiff=p.frames * p.size**2 * 2 > 3.9e9) as tif:
        for index in range(p.frames):
            tif.write(scene.frame(index), photometric="minisblack", metadata=None, contiguous=True)
    known = scene.truth()
    np.savez_compressed(out.with_suffix(".npz"), **known)
    return known


def main():
    parser = argparse.ArgumentParser(description="Makes a movie of a silver nanowire that parts, and its truth.")
    parser.add_argument("out", type=Path, help="OUT.tif; OUT.npz is written beside it")
    parser.add_argument("--variant", choices=VARIANTS, default="flat")
    for name in ("frames", "rupture", "seed", "size"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="any other parameter")
    asked = vars(parser.parse_args())
    changes = {k: asked[k] for k in ("frames", "rupture", "seed", "size") if asked[k] is not None}
    for pair in asked["set"]:
        name, _, value = pair.partition("=")
        changes[name] = json.loads(value)
    write(asked["out"], variant(asked["variant"], **changes))


if __name__ == "__main__":
    main()
