//! The microscope: one frame after the other.

use crate::bright::{BAND, BrightImage, Textures, grains};
use crate::camera::{FILM, GRAIN, Pattern, arrive, modulation};
use crate::dark::{self, DarkImage};
use crate::drift::drift;
use crate::error::MicroscopeError;
use crate::film::{Texture, film_density, grain_density};
use crate::known::Known;
use crate::project::film_thickness;
use crate::settings::Settings;
use crate::transfer::{Response, Transform, fast_length};
use crate::view::{Mode, Raster, View};
use pentatwin_physics::scene::Scene;
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Pixels simulated beyond each edge, so that the camera's blur brings in what lies there.
const MARGIN: usize = 16;
/// Views whose textures and filters are kept.
const KEPT: usize = 3;

/// One exposure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exposure {
    /// Time it takes [s]; the scene is the one in its middle.
    pub time: f64,
    /// Dose of the whole frame [e/m²].
    pub dose: f64,
}

impl Exposure {
    /// At a dose rate [e/m²/s] for a time [s].
    pub fn at_rate(rate: f64, time: f64) -> Exposure {
        Exposure { time, dose: rate * time }
    }
}

/// What the simulator knows about a frame.
///
/// Positions, widths and gaps are those of the scene's wire; in the window of a relief that stands in place of it
/// ([`Relief::window`](pentatwin_physics::scene::Relief::window)) they are those of the relief's silhouette, where it is thicker than
/// half a nanometre. A relief without a window
/// (the end of a wire that no wire continues) is in the image and not in here: who made it knows its outline.
#[derive(Clone, PartialEq, Debug)]
pub struct FrameTruth {
    /// Time of the scene: the middle of the exposure [s].
    pub time: f64,
    /// Number of the frame.
    pub index: u64,
    /// Displacement of the specimen along the image's x and y at that time [m].
    pub drift: [f64; 2],
    /// Dose [e/m²].
    pub dose: f64,
    /// Electrons per pixel without a specimen.
    pub electrons: f64,
    /// Places along the wire [m], one per pixel of the longer side.
    pub position: Vec<f64>,
    /// Projected width there [m], as the view shows it; 0 where the wire is gone.
    pub width: Vec<f64>,
    /// Gaps: from and to along the wire [m].
    pub gaps: Vec<(f64, f64)>,
    /// Volume of droplets that are somewhere but not in the image [m³].
    pub unplaced: f64,
}

/// One image.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    /// Pixels along x.
    pub width: usize,
    /// Pixels along y.
    pub height: usize,
    /// Counts, row by row.
    pub counts: Vec<u16>,
    /// What is true about it.
    pub truth: FrameTruth,
}

/// A microscope with its camera, scan and stage.
pub struct Microscope {
    settings: Settings,
    seed: u64,
    ready: Mutex<Vec<Arc<Ready>>>,
}

/// What does not change from frame to frame of a view.
struct Ready {
    key: Key,
    size: [usize; 2],
    transform: Transform,
    blur: Option<Response>,
    textures: Textures,
    pattern: Option<Pattern>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Key {
    mode: Mode,
    width: usize,
    height: usize,
    pixel: u64,
    film: u64,
    grain: bool,
}

impl Microscope {
    /// A microscope; the seed fixes camera, film and drift.
    pub fn new(settings: Settings, seed: u64) -> Microscope {
        Microscope { settings, seed, ready: Mutex::new(Vec::new()) }
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Displacement of the specimen along the image's x and y at a time [m].
    pub fn drift_at(&self, time: f64) -> [f64; 2] {
        drift(&self.settings.stage, self.seed, time)
    }

    /// One frame of a scene. The scene is that of the middle of the exposure; what moves during it is not blurred.
    ///
    /// # Errors
    /// The view or the exposure cannot be made.
    pub fn image(&self, scene: &Scene, view: &View, exposure: &Exposure, index: u64) -> Result<Frame, MicroscopeError> {
        view.check()?;
        if ![exposure.time, exposure.dose].iter().all(|x| x.is_finite() && *x >= 0.0) {
            return Err(MicroscopeError::Exposure { time: exposure.time, dose: exposure.dose });
        }
        let ready = self.ready(scene, view)?;
        let drift = self.drift_at(scene.time);
        let electrons = exposure.dose * view.pixel * view.pixel;
        let counts = match view.mode {
            Mode::BrightField => self.bright(scene, view, &ready, drift, electrons, index)?,
            Mode::DarkField => self.dark(scene, view, &ready, drift, exposure, electrons, index),
        };
        let Known { position, width, gaps } = Known::of(scene, view);
        let truth =
            FrameTruth { time: scene.time, index, drift, dose: exposure.dose, electrons, position, width, gaps, unplaced: scene.unplaced };
        Ok(Frame { width: view.width, height: view.height, counts, truth })
    }

    /// Expected electrons per pixel in the plane of the camera (before its blur) or on the annular detector, without drift, scan errors and
    /// noise: what a perfect detector would average to. `electrons` is the dose per pixel.
    ///
    /// # Errors
    /// The view cannot be made.
    pub fn expected(&self, scene: &Scene, view: &View, electrons: f64) -> Result<Vec<f32>, MicroscopeError> {
        view.check()?;
        let raster = Raster::new(view, [view.width, view.height], [0, 0], [0.0; 2]);
        let none = Textures { film: None, grain: None };
        Ok(match view.mode {
            Mode::BrightField => BrightImage::new(scene, &self.settings.bright_field, &none, electrons, self.seed).all(&raster),
            Mode::DarkField => {
                let mut signal = DarkImage::new(scene, &self.settings.dark_field, &none, self.seed).all(&raster);
                signal.iter_mut().for_each(|s| *s *= electrons as f32);
                signal
            }
        })
    }

    fn bright(
        &self,
        scene: &Scene,
        view: &View,
        ready: &Ready,
        drift: [f64; 2],
        electrons: f64,
        index: u64,
    ) -> Result<Vec<u16>, MicroscopeError> {
        let camera = &self.settings.camera;
        let raster = Raster::new(view, ready.size, [MARGIN; 2], drift);
        let width = raster.width;
        let image = BrightImage::new(scene, &self.settings.bright_field, &ready.textures, electrons, self.seed);
        let mut light = vec![0.0f32; width * raster.height];
        light.par_chunks_mut(width * BAND).enumerate().for_each(|(band, rows)| {
            let first = band * BAND;
            image.rows(&raster, first, rows);
            rows.chunks_mut(width).enumerate().for_each(|(j, row)| arrive(camera, row, first + j, self.seed, index));
        });
        if let Some(blur) = &ready.blur {
            ready.transform.filter(&mut light, blur)?;
        }
        Ok(ready.pattern.as_ref().map_or_else(Vec::new, |p| p.read(camera, &light, ready.size[0], [MARGIN; 2], self.seed, index)))
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and each is a different thing")]
    fn dark(
        &self,
        scene: &Scene,
        view: &View,
        ready: &Ready,
        drift: [f64; 2],
        exposure: &Exposure,
        electrons: f64,
        index: u64,
    ) -> Vec<u16> {
        let settings = &self.settings.dark_field;
        let mut raster = Raster::new(view, ready.size, [0; 2], drift);
        let [before, after] = [-0.5, 0.5].map(|half| self.drift_at(scene.time + half * exposure.time));
        dark::scan(&mut raster, settings, self.seed, index, exposure.time, [after[0] - before[0], after[1] - before[1]]);
        let image = DarkImage::new(scene, settings, &ready.textures, self.seed);
        let mut counts = vec![0u16; view.width * view.height];
        let band = image.band(view.pixel);
        counts.par_chunks_mut(view.width * band).enumerate().for_each(|(k, counts)| {
            let first = k * band;
            let mut signal = vec![0.0f32; counts.len()];
            image.rows(&raster, first, &mut signal);
            for (j, (signal, counts)) in signal.chunks_mut(view.width).zip(counts.chunks_mut(view.width)).enumerate() {
                dark::detect(signal, counts, first + j, settings, electrons, self.seed, index);
            }
        });
        counts
    }

    /// Filters and textures of a view, made once.
    fn ready(&self, scene: &Scene, view: &View) -> Result<Arc<Ready>, MicroscopeError> {
        let film = film_thickness(scene);
        let key = Key {
            mode: view.mode,
            width: view.width,
            height: view.height,
            pixel: view.pixel.to_bits(),
            film: film.to_bits(),
            grain: grains(scene).iter().any(|g| *g > 0.0),
        };
        let mut kept = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|r| r.key == key) {
            let found = kept.remove(at);
            kept.push(Arc::clone(&found));
            return Ok(found);
        }
        let made = Arc::new(self.make_ready(key, view.pixel, film)?);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Arc::clone(&made));
        Ok(made)
    }

    fn make_ready(&self, key: Key, pixel: f64, film: f64) -> Result<Ready, MicroscopeError> {
        let bright = key.mode == Mode::BrightField;
        let size = if bright { [key.width, key.height].map(|n| fast_length(n + 2 * MARGIN)) } else { [key.width, key.height] };
        let transform = Transform::new(size[0], size[1]);
        let camera = &self.settings.camera;
        let blur = bright.then(|| transform.response(|x, y| modulation(camera, x.hypot(y))));
        let settings = &self.settings.bright_field;
        let film = if bright && film > 0.0 {
            Some(Texture::new(&transform, size, pixel, self.seed, FILM, |k| film_density(settings, film, k))?)
        } else {
            None
        };
        let grain = if key.grain { Some(Texture::new(&transform, size, pixel, self.seed, GRAIN, grain_density)?) } else { None };
        let pattern = bright.then(|| Pattern::new(camera, self.seed, key.width, key.height));
        Ok(Ready { key, size, transform, blur, textures: Textures { film, grain }, pattern })
    }
}
