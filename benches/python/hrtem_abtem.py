#!/usr/bin/env python3
"""The opponent of benches/hrtem.rs: the same atoms through abTEM, in processor time of one thread.

    python hrtem_abtem.py      (abTEM 1.0.11, pyFFTW; pip install abtem)

Each case twice in one process: the first run compiles numba's loops and plans FFTW's transforms, the second does not.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import time

import abtem
import dask
import numpy as np
from ase import Atoms

abtem.config.set({"diagnostics.progress_bar": False, "dask.lazy": False, "fftw.threads": 1})
dask.config.set(scheduler="single-threaded")


def silver(edge):
    """As `silver` of benches/hrtem.rs; Å, the cell from 0 to 200."""
    a = 4.0862
    d = np.array([a / np.sqrt(2), a, a / np.sqrt(2)])
    whole = np.stack(np.meshgrid(np.arange(-40, 40), np.arange(-40, 40), np.arange(35), indexing="ij"), -1).reshape(-1, 3)
    p = np.concatenate([whole * d, (whole + 0.5) * d])
    keep = (np.abs(p[:, 0]) < 100) & (np.abs(p[:, 1]) < 100)
    if edge:
        keep &= np.sqrt(2) * p[:, 0] + p[:, 1] < 1e-2
    return p[keep] + [100, 100, 0]


def run(atoms):
    start = time.process_time()
    specimen = Atoms(f"Ag{len(atoms)}", positions=atoms, cell=[200, 200, atoms[:, 2].max() + 1e-6], pbc=True)
    sigmas = {"Ag": np.sqrt(0.75 / (8 * np.pi**2))}
    lobato = abtem.parametrizations.LobatoParametrization(sigmas=sigmas)
    potential = abtem.Potential(
        specimen, gpts=1024, slice_thickness=2.0, parametrization=lobato, projection="infinite"
    ).build(lazy=False)
    sliced = time.process_time()
    wave = abtem.PlaneWave(energy=200e3).multislice(potential, lazy=False)
    through = time.process_time()
    lens = abtem.CTF(energy=200e3, Cs=1.2e7, defocus=658, focal_spread=36, angular_spread=0.15)
    image = wave.apply_ctf(lens).intensity()
    end = time.process_time()
    norm = float(np.mean(np.abs(wave.array) ** 2))
    assert np.isfinite(np.asarray(image.array)).all()
    return potential.num_slices, sliced - start, through - sliced, end - through, end - start, norm


print("| atoms | slices | potential [s] | multislice [s] | image [s] | all [s] | norm |\n|---|---|---|---|---|---|---|")
for name, edge in (("half, {111} edge", True), ("full", False)):
    atoms = silver(edge)
    for which in ("first", "second"):
        slices, *times, norm = run(atoms)
        print(f"| {name}, {which} run: {len(atoms)} | {slices} | " + " | ".join(f"{t:.2f}" for t in times) + f" | {norm:.4f} |")
