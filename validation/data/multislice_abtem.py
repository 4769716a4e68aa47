#!/usr/bin/env python3
"""Makes multislice_abtem.f32: the exit wave of a small block of silver, by abTEM's multislice.

    python multislice_abtem.py [FOLDER]     (abTEM 1.0.11, numpy 2.4.6; a second)

The file holds 96 x 96 complex numbers (float32, little-endian, real and imaginary part in turn; the first index is x), pixel 0.02 nm, 200 kV,
25 slices of 0.2 nm, Debye-Waller factor 0.0075 nm2, periodic cell, atoms as `block` gives them (positions between pixels).

Whose the differences are. abTEM's Lobato functions, transmission, band limit and propagator are used as they are. Its potential is not:
it shares each atom out between the four nearest pixels, and divides by sin(k)/k of k in cycles per pixel instead of sin(pi k)/(pi k). So the
slices are summed here from abTEM's own scattering factor and the atoms' exact phases. Printed below: how far abTEM as it comes is from that,
for atoms between pixels and on pixels, and on pixels with the second flaw mended.

No slice is empty here. In empty slices abTEM applies the soft edge of its band limit again, pentatwin does not: 2e-3 for one such slice.
"""

import sys
from pathlib import Path

import abtem
import abtem.integrals
import numpy as np
from ase import Atoms

PIXELS, PIXEL, SLICES, SLICE = 96, 0.2, 25, 2.0  # Å
B = 0.75  # Å²
SIGMA = np.sqrt(B / (8 * np.pi**2))

abtem.config.set({"diagnostics.progress_bar": False, "dask.lazy": False})


def block(on_pixels=False):
    """Silver, x = [001], y = [1-10], z = [110], a block in the middle of the cell with vacuum around; Å."""
    a = 4.0862
    step = [4.0, 2.8, 2.8] if on_pixels else [a, a / np.sqrt(2), a / np.sqrt(2)]
    offset = [0.0, 0.0] if on_pixels else [0.137, 0.091]
    middle = PIXELS * PIXEL / 2
    atoms = []
    for i in range(-4, 5):
        for j in range(-6, 7):
            for k in range(18):
                for half in (0.0, 0.5):
                    x, y, z = (i + half) * step[0], (j + half) * step[1], (k + half) * step[2]
                    if abs(x) < 7 and abs(y) < 6.2 and z < 50:
                        atoms.append([x + middle + offset[0], y + middle + offset[1], z])
    return np.array(atoms)


def silver():
    return abtem.parametrizations.LobatoParametrization(sigmas={"Ag": SIGMA})


def exact_potential(atoms):
    """Slices from exact phases, each atom in the slice it lies in."""
    k = np.fft.fftfreq(PIXELS, PIXEL)
    k2 = k[:, None] ** 2 + k[None] ** 2
    factor = silver().projected_scattering_factor("Ag")(k2) * np.exp(-2 * np.pi**2 * SIGMA**2 * k2)
    slices = []
    for s in range(SLICES):
        x, y = atoms[np.floor(atoms[:, 2] / SLICE + 1e-9) == s, :2].T
        phases = np.exp(-2j * np.pi * np.outer(k, x)) @ np.exp(-2j * np.pi * np.outer(y, k))
        slices.append(np.fft.ifft2(phases * factor).real / PIXEL**2)
    return abtem.PotentialArray(np.array(slices, np.float32), slice_thickness=SLICE, sampling=PIXEL)


def own_potential(atoms):
    """As abTEM does it."""
    cell = [PIXELS * PIXEL, PIXELS * PIXEL, SLICES * SLICE]
    specimen = Atoms(f"Ag{len(atoms)}", positions=atoms, cell=cell, pbc=True)
    return abtem.Potential(
        specimen, gpts=PIXELS, slice_thickness=SLICE, parametrization=silver(), projection="infinite"
    ).build(lazy=False)


def wave(potential):
    return np.asarray(abtem.PlaneWave(energy=200e3).multislice(potential, lazy=False).array, np.complex64)


def apart(a, b):
    """Relative distance, L2."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def main(folder):
    between = wave(exact_potential(block()))
    (folder / "multislice_abtem.f32").write_bytes(between.astype("<c8").tobytes())
    print(f"abTEM {abtem.__version__}, {len(block())} atoms, norm {np.mean(np.abs(between) ** 2):.6f}")
    print(f"abTEM as it comes, atoms between pixels: {apart(wave(own_potential(block())), between):.2e}")
    on = wave(exact_potential(block(True)))
    print(f"abTEM as it comes, atoms on pixels: {apart(wave(own_potential(block(True))), on):.2e}")
    abtem.integrals.sinc = lambda gpts, sampling, device="cpu": np.float32(sampling[0] * sampling[1])
    print(f"... without its division by sin(k)/k: {apart(wave(own_potential(block(True))), on):.2e}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent))
