//! Measures of a five-fold twinned wire from the positions of its atoms.
//!
//! Positions are `[x, y, z]` in m with x along the wire's axis. [`Wire`] says what was made: nearest-neighbour distance, apothem, where the
//! twin planes lie and which end is looked at; nothing here knows how the state came about. Positions must be those of one crystal:
//! [`pieces`] parts them.
//!
//! * [`coordination`]: neighbours of each atom, and their histogram,
//! * [`surface`]: outward normals, faces and areas; [`Surface::cap`]: the share of {111} in the end of the wire,
//! * [`project`], [`silhouette`], [`flank`], [`edge_on_angles`]: projected thickness, its outline and the angles of its flanks,
//! * [`apex`], [`sections`], [`rate`]: where the tip and the side walls are and how they recede, radius along the axis, length of the tip,
//! * [`section_outline`], [`harmonics`]: the radius around the axis, and its Fourier coefficients,
//! * [`pieces`]: connected pieces,
//! * [`layer_areas`]: area along a wire of sites, coarse or atoms, given [`AsMade`],
//! * [`broken`]: the gap of a broken wire and its two tips ([`Tip`]: lengths, [`outline_amplitudes`], lean, facets),
//! * [`hillocks`]: where silver has piled up,
//! * [`relief`], [`pits`], [`track`]: the outline around and along the wire, its roughness, silver missing on one side, and what becomes of that.
//!
//! Geometry: wedge w lies between the twin planes at azimuths 2πw/5 and 2π(w+1)/5; its middle is the outward normal of its {100} wall, and
//! its {111} cap face leans 35.26° from the axis towards that middle. The [001] distance of a wedge is that of the crystal, the tangential
//! one is stretched by √2 tan 36° = 1.0275 to close the ring.

mod amplitudes;
mod broken;
mod cells;
mod coordination;
mod edge_on;
mod faces;
mod harmonics;
mod hillock;
mod normals;
mod outline;
mod pieces;
mod pit_size;
mod pit_tracks;
mod pits;
mod profile;
mod projection;
mod recession;
mod relief;
mod sections;
mod tip;
mod wire;

pub use amplitudes::{OutlineAmplitudes, outline_amplitudes};
pub use broken::{Break, Broken, Loose, broken};
pub use coordination::{Coordination, coordination};
pub use edge_on::{EdgeOn, Flank, FlankRule, edge_on_angles, flank, flank_facets};
pub use faces::{Cap, Face, FaceAreas};
pub use harmonics::{Harmonics, SectionOutline, harmonics, section_outline};
pub use hillock::{Hillock, SWOLLEN, hillock, hillocks};
pub use normals::{Surface, SurfaceAtom, SurfaceRule, surface, surface_with};
pub use outline::{Side, Silhouette, outline, silhouette};
pub use pieces::{Pieces, pieces};
pub use pit_tracks::{PitEnd, PitState, PitTrack, track};
pub use pits::{PIT_LEAST, Pit, SeenAt, pits};
pub use profile::{AsMade, LayerAreas, layer_areas};
pub use projection::{Projection, project};
pub use relief::{RELIEF_STEPS, Relief, relief};
pub use sections::{Sections, apex, length_between, rate, sections};
pub use tip::{Across, TIP_LAYERS, Tip};
pub use wire::{AtomsError, Wire, radius_of_equal_volume};
