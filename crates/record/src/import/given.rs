//! A movie that another program reads: Python, for the formats of microscopes.

use std::path::PathBuf;

use super::calibration::Calibration;
use super::counts::Samples;
use super::error::{ImportError, check_size};
use super::{Hints, Movie, Source};

/// Gives the frames of a movie one by one, from the thread that asks.
pub trait FrameSource: Send {
    /// The samples of frame `k`, row by row, or why it cannot be read.
    fn read(&mut self, k: u64) -> Result<Samples, String>;
}

/// A movie whose frames come from a [`FrameSource`].
pub struct GivenMovie {
    /// Its name, for words and files.
    pub name: PathBuf,
    /// Width and height of each frame [pixels].
    pub size: [u64; 2],
    /// How many.
    pub frames: u64,
    /// Size of a pixel along x and along y [m], if it is known.
    pub pixel: Option<[f64; 2]>,
    /// Middle of each exposure [s], if they are known.
    pub times: Option<Vec<f64>>,
    /// Position [m] of the image's centre along its x, from the edge of contact 1, if it is known.
    pub origin: Option<f64>,
    /// Where they come from.
    pub source: Box<dyn FrameSource>,
}

impl Movie {
    /// A movie that is given. The first frame is read, as by [`Movie::open`].
    ///
    /// # Errors
    /// As [`Movie::open`]; there are no frames, or another number of times than of frames.
    pub fn given(movie: GivenMovie, hints: &Hints) -> Result<Movie, ImportError> {
        hints.check()?;
        let path = movie.name;
        if let Some(n) = movie.times.as_ref().map(Vec::len).filter(|n| *n as u64 != movie.frames) {
            return Err(ImportError::not(&path, format!("{} frames, but {n} times of frames", movie.frames)));
        }
        let size = check_size(&path, movie.size[0], movie.size[1])?;
        let calibration = Calibration { pixel: movie.pixel, times: movie.times, origin: movie.origin, ..Calibration::default() };
        Movie::of(&path, (Source::Given(movie.source), size, movie.frames, calibration, Vec::new()), hints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ramp;

    impl FrameSource for Ramp {
        fn read(&mut self, k: u64) -> Result<Samples, String> {
            if k == 2 { Err("torn".to_owned()) } else { Ok(Samples::I16(vec![-1, k as i16, 5, 6, 7, 8])) }
        }
    }

    fn movie(frames: u64, times: Option<Vec<f64>>) -> Result<Movie, ImportError> {
        let given =
            GivenMovie { name: "a.dm4".into(), size: [3, 2], frames, pixel: Some([1e-9; 2]), times, origin: None, source: Box::new(Ramp) };
        Movie::given(given, &Hints::default())
    }

    #[test]
    fn given_frames_are_read_as_those_of_a_file() {
        let mut movie = movie(3, Some(vec![0.0, 0.5, 1.5])).unwrap();
        assert_eq!((movie.len(), movie.size(), movie.pixel().unwrap(), movie.times().unwrap()), (3, [3, 2], 1e-9, vec![0.0, 0.5, 1.5]));
        // Shifted by the next power of two beyond twice the lowest: 2.
        assert_eq!(movie.read(1).unwrap(), [1, 3, 7, 8, 9, 10]);
        assert!(movie.read(2).unwrap_err().to_string().contains("torn"));
        assert!(movie.notes()[0].contains("shifted"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(matches!(movie(0, None), Err(ImportError::NoFrames { .. })));
        assert!(movie(3, Some(vec![0.0])).err().unwrap().to_string().contains("3 frames, but 1 times"));
        assert!(matches!(movie(2, None).unwrap().times(), Err(ImportError::NoFrameTime { .. })));
    }
}
