"""A file of a real microscope: the lattice of SrTiO3 in a Berkeley EMD file, and what it says of the microscope's calibration.

`python real_file.py FILE.emd [FOLDER]`; the file of the tests is Acquisition_18.emd of openNCEM (TEAM 0.5, 200 kV). Needs RosettaSciIO.
"""

import sys
from pathlib import Path

import pentatwin as pt

seen = pt.analyze(Path(sys.argv[1]), lattice=True, crystal="SrTiO3", out=sys.argv[2] if len(sys.argv) > 2 else None)
print(f"{seen.measured['source']}: {seen.measured['size']} pixels of {1e12 * seen.measured['pixel']:.3f} pm")
print(seen.findings[["label", "text"]])
