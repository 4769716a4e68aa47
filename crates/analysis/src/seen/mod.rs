//! Kinetics as a movie shows them: the measures that judge the simulator's profiles, made on widths that carry noise.
//!
//! A change counts only when it is significant over a connected stretch of position and time, at a stated rate of false alarms. Changes are
//! local: what all positions have in common in a frame (focus, contrast, uniform thinning) is taken off and reported apart
//! ([`SeenKinetics::common`]). Positions are those of the movie, along the axis from the centre of the first image; "left" and "right" are
//! the movie's, and which contact lies there is for the caller to say.

mod after;
mod detect;
mod draw;
mod hinge;
mod moments;
mod neck;
mod silver;
mod table;
mod tips;
mod void;

pub use after::{After, Fate, GapSeen, Side, SideLoss};
pub use detect::{Region, Sign};
pub use moments::SeenMoment;
pub use neck::NeckSeen;
pub use silver::{SeenBalance, SeenPlace, Verdict};
pub use table::{AREA_FACTOR, Noise, SeenProfiles, equal_area_radius};
pub use tips::TipSummary;
pub use void::{EdgeSide, SeenVoid};

use crate::Measurement;
use crate::moments::MomentRule;
use crate::movie::MovieMeasurement;

/// A number with its statistical and, apart, its systematic uncertainty, all in one SI unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seen {
    /// The number and its statistical uncertainty.
    pub measured: Measurement,
    /// Systematic uncertainty (one sigma): common to all numbers from one movie, it does not average out.
    pub systematic: f64,
}

impl Seen {
    /// A number with both uncertainties.
    pub const fn new(value: f64, statistical: f64, systematic: f64) -> Seen {
        Seen { measured: Measurement::new(value, statistical), systematic: systematic.abs() }
    }

    /// The number.
    pub fn value(&self) -> f64 {
        self.measured.value
    }

    /// Both uncertainties together, in quadrature.
    pub fn total(&self) -> Measurement {
        Measurement::new(self.measured.value, self.measured.uncertainty.hypot(self.systematic))
    }
}

/// What is given to [`kinetics`] besides the movie.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Options {
    /// What counts as A and B, as for the simulator's profiles.
    pub rule: MomentRule,
    /// Chance that a steady movie shows any change at all.
    pub false_alarms: f64,
    /// Frames at the start that make the as-made profile; never more than a third of those before the rupture.
    pub baseline: usize,
    /// Frames just before the rupture (or at the end) that are averaged for volumes and the index.
    pub average: usize,
    /// Middle between the contacts [m], if they are not both in view.
    pub centre: Option<Measurement>,
    /// Relative uncertainty of a cross-section computed from a width: its shape is not seen. It does not cancel between neck and hillock.
    pub area_spread: f64,
    /// Draws for the uncertainty of the index.
    pub draws: usize,
}

impl Default for Options {
    /// The rule's defaults, 1 %, 8 and 3 frames, contacts from the movie, 5.6 % (anywhere from the flat pentagon's 0.657 d² to the
    /// circle's 0.785 d²), 200 draws.
    fn default() -> Options {
        let area_spread = crate::measurement::uniform(std::f64::consts::FRAC_PI_4 / AREA_FACTOR - 1.0);
        Options { rule: MomentRule::default(), false_alarms: 0.01, baseline: 8, average: 3, centre: None, area_spread, draws: 200 }
    }
}

/// The kinetics of a movie. `None` for what did not come or cannot be told; [`SeenKinetics::notes`] says why.
#[derive(Clone, PartialEq, Debug)]
pub struct SeenKinetics {
    /// Equal-area radii over time and position.
    pub profiles: SeenProfiles,
    /// The noise as the movie's steady start shows it.
    pub noise: Noise,
    /// Standard deviations from which on a change counts.
    pub threshold: f64,
    /// Stretches of position and time where the wire became thinner or thicker, by the time they were first seen.
    pub regions: Vec<Region>,
    /// Change of width that all positions have in common [m], one for each row of the profiles.
    pub common: Vec<Seen>,
    /// When the local thinning began: the kink in the width at the place of A (a straight line from there on is assumed).
    pub began: Option<SeenMoment>,
    /// A: onset of visible thinning, by the rule.
    pub onset: Option<SeenMoment>,
    /// B: less than half of the cross-section left, by the rule.
    pub neck: Option<SeenMoment>,
    /// C: the rupture, ±1 frame.
    pub rupture: Option<SeenMoment>,
    /// A loss on one side of the wire only.
    pub void: Option<SeenVoid>,
    /// The neck in every frame before the rupture in which it is significant.
    pub necks: Vec<NeckSeen>,
    /// The largest gain, in the frames averaged just before the rupture or at the end.
    pub hillock: Option<SeenPlace>,
    /// The largest loss there.
    pub loss: Option<SeenPlace>,
    /// Neck loss against hillock gain.
    pub balance: Option<SeenBalance>,
    /// Dipole index of the change (see [`crate::index::dipole`]), + if silver went from left to right.
    pub dipole: Option<Seen>,
    /// The gap in every frame that shows one.
    pub gaps: Vec<GapSeen>,
    /// What happens after the rupture.
    pub after: Option<After>,
    /// Shape of the tips, left and right, over the frames in which it can be told.
    pub tips: [Option<TipSummary>; 2],
    /// What was decided or could not be measured, one sentence each.
    pub notes: Vec<String>,
}

/// The kinetics of `movie`.
pub fn kinetics(movie: &MovieMeasurement, options: &Options) -> SeenKinetics {
    let mut notes = Vec::new();
    let table = table::Table::new(movie, options, &mut notes);
    let found = detect::detect(&table, options.false_alarms);
    let onset = moments::onset(&table, &found, &options.rule);
    let silver = silver::silver(&table, &found, options, &mut notes);
    let gaps = after::gaps(movie);
    SeenKinetics {
        began: moments::began(&table, onset.as_ref(), &found),
        neck: moments::neck(&table, &found, &options.rule),
        rupture: moments::rupture(movie, &table),
        void: void::void(&table, &found),
        necks: neck::necks(&table, &found),
        dipole: silver::dipole(&table, &silver, options, &mut notes),
        hillock: silver.gain,
        loss: silver.loss,
        balance: silver.balance,
        after: after::after(&gaps, &mut notes),
        tips: tips::tips(movie),
        gaps,
        onset,
        common: table.common_change(),
        noise: table.noise,
        threshold: found.threshold,
        regions: found.regions,
        profiles: table.into_profiles(),
        notes,
    }
}
