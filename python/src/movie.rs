//! Movies that Python reads, frame by frame.

use std::path::PathBuf;

use pentatwin_record::import::{FrameSource, GivenMovie, Hints, ImportError, Movie, Samples};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::analyze_error;

/// What Python says of a movie.
#[derive(FromPyObject)]
pub enum Given {
    /// A path that the program reads itself.
    Path(PathBuf),
    /// An object with the fields below.
    #[pyo3(transparent)]
    Frames(GivenFrames),
}

/// The frames of an array.
#[derive(FromPyObject)]
pub struct GivenFrames {
    name: PathBuf,
    /// Width and height [pixels].
    size: (u64, u64),
    frames: u64,
    /// Along x and y [m].
    pixel: Option<(f64, f64)>,
    /// Middle of each exposure [s].
    times: Option<Vec<f64>>,
    /// Position of the image's centre along x [m] from contact 1.
    origin: Option<f64>,
    /// read(k): (NumPy's word for the type, bytes in the machine's order).
    read: Py<PyAny>,
}

impl Given {
    /// Opens it.
    pub fn open(self, hints: &Hints) -> PyResult<Movie> {
        let opened = match self {
            Given::Path(path) => Movie::open(&path, hints),
            Given::Frames(g) => {
                let source = Box::new(Reading(g.read));
                let movie = GivenMovie {
                    name: g.name,
                    size: g.size.into(),
                    frames: g.frames,
                    pixel: g.pixel.map(Into::into),
                    times: g.times,
                    origin: g.origin,
                    source,
                };
                Movie::given(movie, hints)
            }
        };
        opened.map_err(|e: ImportError| analyze_error(e.into()))
    }
}

/// Asks Python for frames, from whatever thread.
struct Reading(Py<PyAny>);

impl FrameSource for Reading {
    fn read(&mut self, k: u64) -> Result<Samples, String> {
        Python::attach(|py| {
            let frame = self.0.call1(py, (k,)).map_err(|e| e.to_string())?;
            let (kind, bytes): (String, Bound<'_, PyBytes>) = frame.extract(py).map_err(|e: PyErr| e.to_string())?;
            samples(&kind, bytes.as_bytes())
        })
    }
}

fn samples(kind: &str, bytes: &[u8]) -> Result<Samples, String> {
    macro_rules! of {
        ($variant:ident, $type:ty) => {
            Samples::$variant(bytes.as_chunks().0.iter().map(|b| <$type>::from_ne_bytes(*b)).collect())
        };
    }
    Ok(match kind {
        "uint8" => Samples::U8(bytes.to_vec()),
        "uint16" => of!(U16, u16),
        "int16" => of!(I16, i16),
        "uint32" => of!(U32, u32),
        "int32" => of!(I32, i32),
        "float32" => of!(F32, f32),
        other => return Err(format!("samples of type {other}")),
    })
}
