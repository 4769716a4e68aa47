"""What exspy makes of the spectra that examples/edx.rs writes: edx_exspy.py FOLDER NAME prints it as JSON.

A program of its own: HyperSpy's warnings are not this project's.
"""

import csv
import json
import sys
import warnings

warnings.simplefilter("ignore")
import hyperspy.api as hs  # noqa: E402
import numpy as np  # noqa: E402

hs.set_log_level("ERROR")
folder, name = sys.argv[1:]
spectrum = hs.load(f"{folder}/{name}.msa", reader="msa", signal_type="EDS_TEM")
with open(f"{folder}/{name}.found.csv", newline="") as file:
    table = {row["element"]: row for row in csv.DictReader(file)}
lines = ["Ag_La", "Pt_La", "Si_Ka"]
spectrum.set_elements(["Ag", "Pt", "Si"])
spectrum.set_lines(lines)
# Windows of the background by hand [keV]: the automatic ones lie on the neighbours (Pt M beside Si K, Pt M2-N4 beside Ag L).
windows = np.array([[2.45, 2.55, 3.85, 3.95], [9.1, 9.2, 9.68, 9.78], [1.40, 1.48, 1.86, 1.90]])
intensities = spectrum.get_lines_intensity(lines, background_windows=windows)
factors = [float(table[line[:2]]["k_alpha"]) for line in lines]
weights = spectrum.quantification(intensities, method="CL", factors=factors, composition_units="weight")
detector = spectrum.metadata.Acquisition_instrument.TEM.as_dictionary()
axis = spectrum.axes_manager[-1]
print(
    json.dumps(
        {
            "weights": {line[:2]: float(np.ravel(w.data)[0]) / 100 for line, w in zip(lines, weights)},
            "counts": float(spectrum.data.sum()),
            "beam": detector["beam_energy"],
            "current": detector["beam_current"],
            "eds": {k: v for k, v in detector["Detector"]["EDS"].items() if isinstance(v, float)},
            "axis": [axis.size, axis.scale, axis.offset, str(axis.units)],
        }
    )
)
