//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// An in situ TEM laboratory for silver nanowires, in software.
#[derive(Parser, Debug)]
#[command(name = "pentatwin", version, about, after_help = "Start with `pentatwin run fig2a`.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Carry out a protocol: record it, measure it, write its report
    Run(Run),
    /// List the protocols that ship
    List,
    /// Print a protocol with every setting, as a file to start from: `pentatwin show fig2a > my.toml`
    Show {
        /// Name of a protocol that ships, or a file
        protocol: String,
        /// Change a setting, such as wire.diameter="90 nm"
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
        sets: Vec<(String, String)>,
    },
    /// Print the JSON schema of protocols, for editors
    Schema,
    /// Open the Lab: start, watch, replay and compare runs in a browser
    Lab {
        /// Where to listen: an address, a port or both [default: 127.0.0.1:7117, this machine only]
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        /// A real source-meter on which runs may be carried out, each after a confirmation: tcp://192.0.2.5:5025
        #[arg(long, value_name = "ADDR")]
        hardware: Option<String>,
    },
    /// Build the report of a run again
    Report {
        /// Folder of the run
        run: PathBuf,
    },
    /// Write what a run recorded in another format: `pentatwin export RUN --to mp4`
    Export(Export),
    /// Carry a protocol out over lists and distributions of parameters and over seeds; plan with it
    Sweep(SweepCommand),
    /// Fit the device to a log of voltage and current, and predict where and when it breaks
    Fit(Fit),
    /// Measure a movie: outline, gap and key moments, joined with a log of voltage and current
    Analyze(Analyze),
    /// A virtual Keithley 2600B with a wire at its terminals: for programs that drive a source-meter
    Smu(Smu),
    /// Compact model of a rewired gap: a sweep as a table, a SPICE subcircuit, constants for networks of many junctions
    Compact(crate::compact::Compact),
    /// Make a record of a log of a holder or source-meter, at the log's own times
    Import(crate::import::Import),
}

/// `pentatwin sweep`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "A sweep file is described in docs/sweep.md. Sweeps that ship: rates, plan."
)]
pub struct SweepCommand {
    /// Collect or plan.
    #[command(subcommand)]
    pub command: Option<SweepAction>,
    /// Carry out.
    #[command(flatten)]
    pub run: SweepOptions,
}

/// What else can be done with a sweep.
#[derive(Subcommand, Debug)]
pub enum SweepAction {
    /// Make one dataset (Zarr, for xarray) and one page of all results in a sweep's folder
    Collect {
        /// Folder of the sweep
        folder: PathBuf,
        /// Print one JSON object and nothing else
        #[arg(long)]
        json: bool,
    },
    /// Map settings: gap width, class, risk for the membrane; and list those that meet a wish
    Plan(SweepPlan),
}

/// `pentatwin sweep FILE`.
#[derive(Args, Debug)]
pub struct SweepOptions {
    /// Sweep file, or the name of one that ships (rates, plan)
    pub file: Option<String>,
    /// Folder of the sweep; one that is there is taken up again [default: sweep-NAME below $PENTATWIN_RUNS or ./runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Runs at a time [default: one for each core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub jobs: usize,
    /// Write an sbatch script that carries the sweep out as a Slurm array, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with = "index")]
    pub slurm_array: Option<PathBuf>,
    /// Carry out one run only, numbered from 0
    #[arg(long, value_name = "N")]
    pub index: Option<usize>,
    /// With --index: that run and every N-th after it
    #[arg(long, value_name = "N", requires = "index")]
    pub stride: Option<usize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub json: bool,
    /// Print nothing but the folder of the sweep
    #[arg(short, long)]
    pub quiet: bool,
}

/// `pentatwin sweep plan`.
#[derive(Args, Debug)]
pub struct SweepPlan {
    /// Sweep file, or the folder of a sweep [default: the plan that ships: rate, series resistance, substrate, compliance]
    pub file: Option<String>,
    /// Which settings give a gap below this, such as "10 nm"
    #[arg(long, value_name = "WIDTH")]
    pub gap_below: Option<String>,
    /// Which settings break by this
    #[arg(long, value_enum)]
    pub class: Option<Class>,
    /// Which settings leave the membrane alone
    #[arg(long)]
    pub safe_membrane: bool,
    /// Temperature up to which a membrane is taken to be safe [default: 1300 degC, set by hand]
    #[arg(long, value_name = "TEMPERATURE")]
    pub membrane_limit: Option<String>,
    /// Folder of the sweep; one that is there is taken up again
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Runs at a time [default: one for each core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub jobs: usize,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub json: bool,
    /// No progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// What breaks a wire.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Electromigration.
    Electromigration,
    /// Joule heat.
    Joule,
}

impl Class {
    /// The class as a plan has it.
    pub fn word(self) -> &'static str {
        match self {
            Class::Electromigration => "electromigration",
            Class::Joule => "Joule",
        }
    }
}

/// `pentatwin fit`.
#[derive(Args, Debug)]
pub struct Fit {
    /// Log of voltage and current against time
    pub log: PathBuf,
    /// Protocol whose device it is: name or file
    #[arg(long, value_name = "PROTOCOL", default_value = "fig2a")]
    pub device: String,
    /// Parameters to fit, such as chip.lead_resistance,contact.1.resistance
    #[arg(long, value_name = "KEYS", required = true)]
    pub free: Vec<String>,
    /// Change a setting of the device; where a free parameter starts
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub sets: Vec<(String, String)>,
    /// Bounds of a free parameter, such as "chip.lead_resistance=50 ohm..400 ohm" [default: what is possible]
    #[arg(long = "bound", value_name = "KEY=LOW..HIGH")]
    pub bounds: Vec<String>,
    /// Noise of one sample, such as "1 uA" [default: from the scatter of neighbouring samples]
    #[arg(long, value_name = "CURRENT")]
    pub sigma: Option<String>,
    /// Samples up to this part of the breakdown voltage (of the highest one where nothing breaks)
    #[arg(long, value_name = "PART", default_value = "90 %")]
    pub until: String,
    /// The meter is exact: fit no gain and offset along
    #[arg(long)]
    pub no_meter: bool,
    /// Columns of the log, as for `pentatwin analyze`
    #[arg(long, value_name = "TIME,VOLTAGE,CURRENT")]
    pub iv_columns: Option<String>,
    /// Draws of the prediction
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub band: usize,
    /// Seed of the device's disorder and of the draws
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for fit.json and fit.html [default: LOG-fit in the current folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub json: bool,
}

/// `pentatwin analyze`.
#[derive(Args, Debug)]
pub struct Analyze {
    /// Folder of a run, a TIFF stack, a folder of TIFF or PNG files, or a Zarr v3 store
    pub movie: PathBuf,
    /// Log of voltage and current (a run has its own)
    #[arg(long, value_name = "LOG")]
    pub iv: Option<PathBuf>,
    /// Columns of the log, by name or number, with units if the log does not say them: "time=Time (ms),voltage=V,current=I (mA)"
    #[arg(long, value_name = "TIME,VOLTAGE,CURRENT", requires = "iv")]
    pub iv_columns: Option<String>,
    /// Size of a pixel, such as "1 nm" [default: what the file says]
    #[arg(long, value_name = "LENGTH")]
    pub pixel: Option<String>,
    /// Time from frame to frame, such as "0.5 s" [default: what the file says]
    #[arg(long, value_name = "TIME")]
    pub frame_time: Option<String>,
    /// Direction of the wire against the image's x, such as "3 deg", or auto
    #[arg(long, value_name = "ANGLE", default_value = "auto", allow_hyphen_values = true)]
    pub axis: String,
    /// Measure the lattice in the first image instead of a wire: spacings, angles
    #[arg(long)]
    pub lattice: bool,
    /// Crystal in view, by which scale and shear of the image are corrected: SrTiO3 (along 001) or Ag (along 110)
    #[arg(long, value_name = "CRYSTAL", requires = "lattice")]
    pub crystal: Option<String>,
    /// Folder for the results [default: the run itself, or MOVIE-analysis in the current folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object (folder, store and what was measured) and nothing else
    #[arg(long)]
    pub json: bool,
    /// Print nothing but the folder of the tables
    #[arg(short, long)]
    pub quiet: bool,
}

/// `pentatwin smu`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Smu {
    /// What to do with a real one
    #[command(subcommand)]
    pub real: Option<RealSmu>,
    /// Where to listen: an address and a port, or a port of this machine; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5025")]
    pub listen: String,
    /// Model: 2601B to 2636B [default: what the protocol says, else 2614B]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Protocol whose wire and chip are at channel A: a name or a file; its steps are not carried out [default: the paper's device]
    #[arg(long, value_name = "FILE")]
    pub protocol: Option<String>,
    /// Change a setting of the protocol, such as wire.diameter="90 nm"; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub sets: Vec<(String, String)>,
    /// What is at channel B: open, or a resistance such as "10 kohm"
    #[arg(long, value_name = "LOAD", default_value = "open")]
    pub channel_b: String,
    /// Seed of the wire and of the noise; each fresh wire is the next seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Keep one wire for all clients; without it, the first client after all others are gone and the output is off finds a fresh one
    #[arg(long)]
    pub keep: bool,
    /// Let other computers reach it. Unsafe: TSP has no user and no encryption, whoever reaches the port can run scripts
    #[arg(long)]
    pub allow_remote: bool,
    /// Say nothing about clients, wires and outputs
    #[arg(short, long)]
    pub quiet: bool,
}

/// `pentatwin smu off`.
#[derive(Subcommand, Debug)]
pub enum RealSmu {
    /// Emergency stop: end any script on a real instrument, turn all its outputs off and read that back
    Off {
        /// Its address, such as tcp://192.0.2.5:5025
        address: String,
    },
}

/// `pentatwin export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Folder of the run
    pub run: PathBuf,
    /// Format
    #[arg(long, value_enum)]
    pub to: Format,
    /// File to write [default: movie.mp4, frames.tif, iv.csv and the like in the folder of the run]; for spectra a folder
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Frames a second of the movie [default: 10]
    #[arg(long)]
    pub fps: Option<f64>,
    /// A movie of the frames alone, without words and scale bar
    #[arg(long)]
    pub raw: bool,
}

/// What `pentatwin export` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The samples as a table
    Csv,
    /// The frames as an ImageJ stack, in nm and s
    Tiff,
    /// The frames as a movie
    Mp4,
    /// The X-ray spectra, a file each (EMSA/MAS, ISO 22029)
    Msa,
    /// The frames as an MRC2014 image stack
    Mrc,
    /// Frames, images and spectra for HyperSpy, one HDF5 file (needs the Python package)
    Hspy,
    /// The same as a Zarr store (needs the Python package)
    Zspy,
    /// NeXus, application definition NXem: frames, bias, current and heater on one clock (needs the Python package)
    Nxem,
}

/// `pentatwin run`.
#[derive(Args, Debug)]
pub struct Run {
    /// Name of a protocol that ships (see `pentatwin list`), or a file
    pub protocol: String,
    /// Seed of everything random: the same seed gives the same run, bit for bit
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Change a setting, such as wire.diameter="90 nm" or step[0].sweep.rate="10 mV/s"; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub sets: Vec<(String, String)>,
    /// Folder of the run, empty or new [default: a new one below $PENTATWIN_RUNS or ./runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Draws of the uncertain parameters for the bands; 0 for none
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub band: usize,
    /// Run other rates and the other polarity beside it, for comparison (the default)
    #[arg(long, overrides_with = "no_companions")]
    pub companions: bool,
    /// No runs beside it
    #[arg(long)]
    pub no_companions: bool,
    /// How the break is followed in three dimensions, whatever the protocol says: off, one-way, lock-step
    #[arg(long, value_name = "COUPLING")]
    pub shape: Option<String>,
    /// Carry it out on a real Keithley 2600 instead of the virtual bench. It puts a voltage on what is connected to channel A
    #[arg(long, value_name = "ADDR")]
    pub source_meter: Option<String>,
    /// No frames, whatever the protocol says
    #[arg(long)]
    pub no_imaging: bool,
    /// Print one JSON object (folder and summary) and nothing else
    #[arg(long)]
    pub json: bool,
    /// Print nothing but the folder of the run
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print every key moment and all results
    #[arg(short, long)]
    pub verbose: bool,
}

pub(crate) fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write key=value, such as wire.diameter=\"90 nm\"")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}
