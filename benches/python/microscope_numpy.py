"""The virtual microscope's recipe in numpy, for comparison with `cargo bench -p pentatwin-microscope`.

The same steps as crates/microscope at the same size: thickness of a pentagonal wire and two pads, absorption, diffraction contrast of one
reflection, film texture (made once), Poisson electrons with uneven light, the camera's blur by FFT, pattern, read noise, u16. Simpler than
the real thing where it helps numpy: chords at pixel centres instead of pixel means, one reflection instead of some.

Run: python benches/python/microscope_numpy.py [pixels]    (needs numpy; prints processor time per frame)
"""

import sys
import time

import numpy as np

NANOMETRE = 1.0
LAMBDA = {"silver": 75.0, "platinum": 10.0, "nitride": 170.0}


def pentagon_chord(eta):
    """Chord of a pentagon of unit diameter lying flat, at a distance eta from its axis."""
    corner = 1 / (2 * np.sin(np.radians(72)))
    angles = np.radians(90 + 72 * np.arange(5))
    v, z = corner * np.cos(angles), corner * np.sin(angles)
    low, high = np.full(eta.shape, np.inf), np.full(eta.shape, -np.inf)
    for a in range(5):
        b = (a + 1) % 5
        with np.errstate(divide="ignore", invalid="ignore"):
            s = (eta - v[a]) / (v[b] - v[a])
        at = z[a] + s * (z[b] - z[a])
        on = (s >= 0) & (s <= 1)
        low = np.where(on, np.minimum(low, at), low)
        high = np.where(on, np.maximum(high, at), high)
    return np.where(high > low, high - low, 0)


class Microscope:
    """Bright field (`dark=False`) or dark field."""

    def __init__(self, pixels, field, seed=1):
        self.n, self.pixel = pixels, field / pixels
        self.rng = np.random.default_rng(seed)
        m = pixels + 32
        self.m = m
        fx, fy = np.fft.rfftfreq(m)[None, :], np.fft.fftfreq(m)[:, None]
        f = np.hypot(fx, fy)
        self.mtf = (0.8 * np.exp(-((f / 0.5) ** 2)) + 0.2 / (1 + (f / 0.1) ** 2)).astype(np.float32)
        white = self.rng.standard_normal((m, m), dtype=np.float32)
        self.texture = np.fft.irfft2(np.fft.rfft2(white) * np.exp(-((f * 40 / self.pixel) ** 2)), s=(m, m)).astype(np.float32) * 0.01
        self.factor = 1 + 0.005 * self.rng.standard_normal((pixels, pixels), dtype=np.float32)
        self.dark = 100 + self.rng.standard_normal((1, pixels), dtype=np.float32) + 0.3 * self.rng.standard_normal((pixels, 1), dtype=np.float32)

    def thickness(self):
        axis = (np.arange(self.m) + 0.5 - self.m / 2) * self.pixel
        diameter = 115 * (1 + 0.01 * np.sin(axis / 300))
        eta = axis[:, None] / diameter[None, :]
        near = np.abs(axis) < 70
        silver = np.zeros((self.m, self.m), dtype=np.float32)
        silver[near] = pentagon_chord(eta[near]) * diameter[None, :]
        pads = np.where(np.abs(axis) > 2780, 100.0, 0.0).astype(np.float32)
        return silver, np.broadcast_to(pads, silver.shape), axis

    def bright(self, electrons):
        silver, pads, axis = self.thickness()
        mu = silver / LAMBDA["silver"] + pads / LAMBDA["platinum"] + np.float32(50 / LAMBDA["nitride"])
        image = np.exp(-mu) * (1 + self.texture)
        on = silver > 0
        w = np.sqrt(1 + (axis / 300)[None, :] ** 2)
        t = silver[on]
        w = np.broadcast_to(w, silver.shape)[on]
        image[on] *= 1 - 0.5 * (np.sin(np.pi * t * w / 46) / w) ** 2 * np.exp(-t / 460)
        n = self.rng.poisson(electrons * image).astype(np.float32)
        n += 0.8165 * np.sqrt(n) * self.rng.standard_normal(n.shape, dtype=np.float32)
        light = np.fft.irfft2(np.fft.rfft2(n) * self.mtf, s=n.shape)[16:-16, 16:-16]
        counts = 8 * light * self.factor + self.dark + 0.86 * self.rng.standard_normal(light.shape, dtype=np.float32)
        return np.clip(counts + 0.5, 0, 65535).astype(np.uint16)

    def dark_field(self, electrons):
        silver, pads, _ = self.thickness()
        silver, pads = silver[16:-16, 16:-16], pads[16:-16, 16:-16]
        signal = 1 - np.exp(-(silver / 123 + pads / 40 + np.float32(50 / 4000)))
        n = self.rng.poisson(0.9 * electrons * signal)
        counts = 10 * n + 200 + 4 * self.rng.standard_normal(n.shape, dtype=np.float32)
        return np.clip(counts + 0.5, 0, 65535).astype(np.uint16)


def main():
    pixels = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    microscope = Microscope(pixels, 6000.0)
    electrons = 25 * microscope.pixel**2
    for name, take in [("bright field", microscope.bright), ("dark field", microscope.dark_field)]:
        take(electrons)
        frames = 10 if pixels <= 2048 else 2
        start = time.process_time()
        for _ in range(frames):
            frame = take(electrons)
        each = (time.process_time() - start) / frames
        print(f"{pixels}² {name}: {each * 1e3:.0f} ms of one core per frame (mean {frame.mean():.0f} counts)")


if __name__ == "__main__":
    main()
