//! H.264 by openh264, in an MP4 by muxide.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use muxide::api::{Metadata, Muxer, MuxerBuilder, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use super::data_bar::Place;
use super::movie::{MovieInfo, MovieOptions};
use super::{ExportError, Frames, PictureOptions, whole_file};
use crate::RecordError;

/// About what noise takes at the encoder's constant quality [bit], from which it chooses the level it states.
const BITS_PER_PIXEL: f64 = 1.0;
/// The level ends at some bit rate; what is stated, not what is written, is held below it [bit/s].
const MOST_BITS: f64 = 60e6;

pub(crate) fn encode(frames: &Frames, out: &Path, options: &MovieOptions) -> Result<MovieInfo, ExportError> {
    whole_file(out, |temporary| {
        let file = File::create(temporary).map_err(|e| RecordError::io(out, e))?;
        let (mut info, writer) = write(frames, BufWriter::new(file), out, options)?;
        let file = writer.into_inner().map_err(|e| RecordError::io(out, e.into_error()))?;
        info.bytes = file.metadata().map_err(|e| RecordError::io(out, e))?.len();
        Ok(info)
    })
}

fn write<W: Write>(frames: &Frames, file: W, out: &Path, options: &MovieOptions) -> Result<(MovieInfo, W), ExportError> {
    let h264 = |e: openh264::Error| ExportError::format("H.264", e);
    let picture = PictureOptions { annotated: !options.raw, ..PictureOptions::default() };
    let (table, contrast) = (frames.contrast().table(), frames.contrast());
    let mut first = frames.picture(0, &picture, Place::Above, &table)?;
    first.made_even();
    let (width, height) = (first.width, first.height);
    let mut encoder = encoder(width * height, options.fps).map_err(h264)?;
    let mut mp4 = mp4(file, width, height, options.fps, &format!("grey 0 to 255: {} to {} counts", contrast.low, contrast.high))?;
    let grey = vec![128; width * height / 4]; // both colour planes
    let mut next = Some(first);
    // A single frame is shown twice: in an MP4 a frame stays until the next.
    for k in 0..frames.len().max(2) {
        let mut picture = next.take().map_or_else(|| frames.picture(k.min(frames.len() - 1), &picture, Place::Above, &table), Ok)?;
        picture.made_even();
        let planes = YUVSlices::new((&picture.grey, &grey, &grey), (width, height), (width, width / 2, width / 2));
        let stream = encoder.encode(&planes).map_err(h264)?;
        let whole = matches!(stream.frame_type(), FrameType::IDR | FrameType::I);
        mp4.write_video(k as f64 / options.fps, &stream.to_vec(), whole).map_err(|e| ExportError::format("MP4", e))?;
    }
    let played = mp4.finish_in_place_with_stats().map_err(|e| match e {
        muxide::api::MuxerError::Io(e) => RecordError::io(out, e).into(),
        e => ExportError::format("MP4", e),
    })?;
    let pixels = frames.scale(&picture).pixels();
    let info = MovieInfo { frames: frames.len(), width, height, duration: played.duration_secs, contrast, pixels, bytes: 0 };
    Ok((info, mp4.into_writer()))
}

fn encoder(pixels: usize, fps: f64) -> Result<Encoder, openh264::Error> {
    let bits = (BITS_PER_PIXEL * pixels as f64 * fps).min(MOST_BITS);
    let config = EncoderConfig::new()
        .usage_type(UsageType::CameraVideoRealTime)
        // Constant quality: each frame keeps its noise, where a bit rate would smooth most of it to blotches that come and go.
        .rate_control_mode(RateControlMode::Off)
        .bitrate(BitRate::from_bps(bits as u32))
        .skip_frames(false) // each frame of the record is one of the movie
        .max_frame_rate(FrameRate::from_hz(fps as f32))
        .intra_frame_period(IntraFramePeriod::from_num_frames(fps.ceil() as u32)) // one a second, for seeking
        .vui(VuiConfig::bt709_full())
        .complexity(Complexity::Low) // half the time of the default at the same size: noise has no motion to find
        .num_threads(1);
    Encoder::with_api_config(OpenH264API::from_source(), config)
}

fn mp4<W: Write>(file: W, width: usize, height: usize, fps: f64, title: &str) -> Result<Muxer<W>, ExportError> {
    let side = |n: usize| u32::try_from(n).map_err(|e| ExportError::format("MP4", e));
    MuxerBuilder::new(file)
        .video(VideoCodec::H264, side(width)?, side(height)?, fps)
        .with_metadata(Metadata::new().with_title(title))
        .with_fast_start(true) // a browser shows it before all of it has come
        .build()
        .map_err(|e| ExportError::format("MP4", e))
}
