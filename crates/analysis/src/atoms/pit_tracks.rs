//! Pits through time.

use super::broken::main_pieces;
use super::{AsMade, AtomsError, LayerAreas, Pit, layer_areas, pits, relief};
use crate::Measurement;
use crate::measurement::uniform;
use std::f64::consts::{FRAC_PI_3, PI, TAU};

/// The pits of a wire at one time, and what is needed to tell what became of those before.
#[derive(Clone, PartialEq, Debug)]
pub struct PitState {
    /// When [s].
    pub time: f64,
    /// The pits, from low to high x.
    pub pits: Vec<Pit>,
    /// The sections.
    pub areas: LayerAreas,
    /// The break, if there is one: the stretch between the ends of the main pieces, from low to high x even where they pass each other [m].
    pub gap: Option<[f64; 2]>,
}

impl PitState {
    /// Pits, sections and break of a state. The main pieces of a broken wire have their pits each on its own: the other one is no wire around.
    ///
    /// # Errors
    /// As [`super::broken`].
    pub fn new(time: f64, positions: &[[f64; 3]], made: &AsMade) -> Result<PitState, AtomsError> {
        let Some(main) = main_pieces(positions, made)? else {
            let relief = relief(positions, made)?;
            return Ok(PitState { time, pits: pits(positions, &relief), areas: relief.areas, gap: None });
        };
        let mut found = Vec::new();
        for piece in &main.pieces {
            found.extend(pits(piece, &relief(piece, made)?));
        }
        let [from, to] = main.edges(made.pitch);
        Ok(PitState { time, pits: found, areas: layer_areas(positions, made)?, gap: Some([from.min(to), from.max(to)]) })
    }
}

/// What became of a pit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PitEnd {
    /// It is there in the last state.
    Lasts,
    /// The wire is whole again there.
    Healed,
    /// Another pit took it in: its index.
    Merged(usize),
    /// It is no longer one-sided: the wire is thin there all around, or from there on.
    Neck,
    /// The wire broke there, within half a radius: at once, or as a neck by then.
    Broke,
}

/// A pit followed.
#[derive(Clone, PartialEq, Debug)]
pub struct PitTrack {
    /// Index of the state, and the pit. A state in between may be missing.
    pub seen: Vec<(usize, Pit)>,
    /// When it began [s]: between the state before and the first that has it. At the first time, and certain only to that side, if that is
    /// the first state.
    pub born: Measurement,
    /// What became of it.
    pub end: PitEnd,
    /// When it ended [s]: between the last state that has it and the next. The last time if it lasts.
    pub ended: Measurement,
}

/// Follows pits through states in the order of time: pits of successive states are the same if they overlap along the axis and lie within
/// 60° of each other around it; those that overlap most first. A pit may be missing in one state. Of an end, the first of these that holds
/// is told: merged; broke (the first break of the states lies there, and the wire stayed thin until then); healed (more than half of the
/// area that was missing is back); neck.
pub fn track(states: &[PitState]) -> Vec<PitTrack> {
    let mut seen: Vec<Vec<(usize, Pit)>> = Vec::new();
    // Which track has each pit.
    let mut of: Vec<Vec<usize>> = states.iter().map(|s| vec![usize::MAX; s.pits.len()]).collect();
    for (s, state) in states.iter().enumerate() {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (t, pits) in seen.iter().enumerate() {
            let Some((last, before)) = pits.last().filter(|(last, _)| s - last <= 2) else { continue };
            // One that was there a moment ago goes first.
            let late = (s - last - 1) as f64;
            pairs.extend(state.pits.iter().enumerate().filter_map(|(k, pit)| Some((overlap(before, pit)? - late, t, k))));
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut taken = vec![false; seen.len()];
        for (_, t, k) in pairs {
            if !taken[t] && of[s][k] == usize::MAX {
                taken[t] = true;
                of[s][k] = t;
                seen[t].push((s, state.pits[k]));
            }
        }
        for (k, pit) in state.pits.iter().enumerate() {
            if of[s][k] == usize::MAX {
                of[s][k] = seen.len();
                seen.push(vec![(s, *pit)]);
            }
        }
    }
    seen.into_iter().map(|seen| finish(states, &of, seen)).collect()
}

/// Part of the shorter one over which two pits overlap along the axis; `None` if they do not, or lie on other sides.
fn overlap(a: &Pit, b: &Pit) -> Option<f64> {
    let common = a.span[1].min(b.span[1]) - a.span[0].max(b.span[0]);
    let off = ((a.azimuth - b.azimuth + PI).rem_euclid(TAU) - PI).abs();
    let shorter = (a.span[1] - a.span[0]).min(b.span[1] - b.span[0]);
    (common > 0.0 && off <= FRAC_PI_3).then(|| common / shorter)
}

fn finish(states: &[PitState], of: &[Vec<usize>], seen: Vec<(usize, Pit)>) -> PitTrack {
    let between = |a: usize, b: usize| Measurement::new(0.5 * (states[a].time + states[b].time), uniform(states[b].time - states[a].time));
    let (first, (last, pit)) = (seen[0].0, seen[seen.len() - 1]);
    let born = if first == 0 { Measurement::new(states[0].time, 0.0) } else { between(first - 1, first) };
    let Some(next) = states.get(last + 1) else {
        return PitTrack { seen, born, end: PitEnd::Lasts, ended: Measurement::new(states[last].time, 0.0) };
    };
    let near = 0.5 * next.areas.made.radius();
    let broke = |k: usize| states[k].gap.is_some_and(|[from, to]| pit.span[0] - near < to && from < pit.span[1] + near);
    // A break that was there before is none of it.
    if let Some(first) = (0..states.len()).find(|&k| states[k].gap.is_some()).filter(|&k| k > last && broke(k)) {
        let thin = |k: usize| ratio(&states[k], &pit) <= half_back(&pit);
        if (last + 1..first).all(thin) && taken_in(&pit, next, of, last + 1).is_none() {
            return PitTrack { seen, born, end: PitEnd::Broke, ended: between(first - 1, first) };
        }
    }
    let end = match taken_in(&pit, next, of, last + 1) {
        Some(other) => PitEnd::Merged(other),
        None if ratio(next, &pit) > half_back(&pit) => PitEnd::Healed,
        None => PitEnd::Neck,
    };
    PitTrack { seen, born, end, ended: between(last, last + 1) }
}

/// The track of a pit of the next state that overlaps one.
fn taken_in(pit: &Pit, next: &PitState, of: &[Vec<usize>], state: usize) -> Option<usize> {
    next.pits.iter().position(|other| overlap(pit, other).is_some()).map(|k| of[state][k])
}

/// Smallest A/A0 where a pit was.
fn ratio(state: &PitState, pit: &Pit) -> f64 {
    let pitch = state.areas.made.pitch;
    state.areas.smallest_ratio(pit.span[0] - pitch, pit.span[1] + pitch).map_or(0.0, |(r, _)| r)
}

/// A/A0 at which half of the section that a pit took is back.
fn half_back(pit: &Pit) -> f64 {
    0.5 * (pit.around + pit.ratio)
}
