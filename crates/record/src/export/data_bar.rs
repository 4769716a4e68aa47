//! The bar beside a picture, as microscopes add it: two lines of words and the scale bar. No pixel of the image is covered.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::picture::Picture;

const BACKGROUND: u8 = 20;
const LINE: u8 = 90;
const WORDS: u8 = 235;
/// The scale bar is no longer than this part of the width.
const SCALE_BAR: f64 = 0.25;

/// Where the bar is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// As on micrographs.
    Below,
    /// For movies: the controls of a player cover the lower edge whenever it is paused.
    #[cfg_attr(not(feature = "movie"), allow(dead_code))]
    Above,
}

/// Adds the bar. `pixel` is the size of a pixel of the picture [nm]; without it there is no scale bar.
pub(crate) fn data_bar(picture: &mut Picture, place: Place, lines: [&str; 2], pixel: Option<f64>) {
    let size = match picture.width {
        ..768 => RasterHeight::Size16,
        768..1536 => RasterHeight::Size24,
        _ => RasterHeight::Size32,
    };
    let (letter, margin) = (size.val(), size.val() / 4);
    let (top, height) = (picture.height, 2 * letter + 3 * margin);
    picture.height += height;
    picture.grey.resize(picture.width * picture.height, BACKGROUND);
    let line = if place == Place::Below { top } else { picture.height - 1 };
    fill(picture, 0, line, picture.width, 1, LINE);
    let rows = [top + margin, top + 2 * margin + letter];
    for (text, y) in lines.iter().zip(rows) {
        write(picture, text, 2 * margin, y, size);
    }
    if let Some(pixel) = pixel {
        scale_bar(picture, pixel, rows, size);
    }
    if place == Place::Above {
        picture.grey.rotate_right(picture.width * height);
    }
}

/// Length of the bar above, the bar below it, at the right end of the two rows of words.
fn scale_bar(picture: &mut Picture, pixel: f64, rows: [usize; 2], size: RasterHeight) {
    let Some((nm, label)) = length_of_bar(pixel * picture.width as f64) else { return };
    let (letter, margin) = (size.val(), size.val() / 4);
    let length = (nm / pixel).round() as usize;
    let from = picture.width.saturating_sub(length + 3 * margin);
    let words = width_of(&label, size);
    // The label stands over the middle of its bar, or as far right as it fits.
    let at = (from + length / 2).saturating_sub(words / 2).min(picture.width.saturating_sub(words + margin));
    write(picture, &label, at, rows[0], size);
    fill(picture, from, rows[1] + letter / 3, length, letter / 4, WORDS);
}

/// The longest of 1, 2, 5 times a power of ten that is not longer than its share of the field [nm], and its label.
fn length_of_bar(field: f64) -> Option<(f64, String)> {
    let most = field * SCALE_BAR;
    if !(most.is_finite() && most > 1e-6) {
        return None;
    }
    let power = 10f64.powi(most.log10().floor() as i32);
    let length = [5.0, 2.0, 1.0].map(|k| k * power).into_iter().find(|length| *length <= most * 1.000_001)?;
    let (number, unit) = match length {
        ..1e3 => (length, "nm"),
        1e3..1e6 => (length / 1e3, "µm"),
        _ => (length / 1e6, "mm"),
    };
    Some((length, format!("{} {unit}", (number * 1e6).round() / 1e6)))
}

fn width_of(text: &str, size: RasterHeight) -> usize {
    text.chars().count() * get_raster_width(FontWeight::Regular, size)
}

fn fill(picture: &mut Picture, x: usize, y: usize, width: usize, height: usize, grey: u8) {
    let end = (x + width).min(picture.width);
    for row in picture.grey.chunks_exact_mut(picture.width).skip(y).take(height) {
        row[x.min(end)..end].fill(grey);
    }
}

fn write(picture: &mut Picture, text: &str, x: usize, y: usize, size: RasterHeight) {
    let step = get_raster_width(FontWeight::Regular, size);
    for (k, c) in text.chars().enumerate() {
        let Some(letter) = get_raster(c, FontWeight::Regular, size).or_else(|| get_raster('?', FontWeight::Regular, size)) else {
            continue;
        };
        for (row, inks) in picture.grey.chunks_exact_mut(picture.width).skip(y).zip(letter.raster()) {
            for (pixel, ink) in row.iter_mut().skip(x + k * step).zip(*inks) {
                let (ink, below) = (u32::from(*ink), u32::from(*pixel));
                *pixel = ((below * (255 - ink) + u32::from(WORDS) * ink) / 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_are_round_numbers_of_a_quarter_of_the_field_at_most() {
        for (field, length, label) in [
            (6000.0, 1000.0, "1 µm"),
            (1024.0, 200.0, "200 nm"),
            (8.0, 2.0, "2 nm"),
            (2.4, 0.5, "0.5 nm"),
            (20_000.0, 5000.0, "5 µm"),
            (4e6, 1e6, "1 mm"),
        ] {
            let (found, text) = length_of_bar(field).unwrap();
            assert!((found / length - 1.0).abs() < 1e-9 && text == label, "{field} nm: {found} {text}");
        }
        assert_eq!(length_of_bar(0.0), None);
        assert_eq!(length_of_bar(f64::NAN), None);
    }

    #[test]
    fn the_bar_is_as_long_as_it_says_and_the_image_stays() {
        let mut picture = Picture { width: 1024, height: 64, grey: vec![77; 1024 * 64] };
        data_bar(&mut picture, Place::Below, ["frame 1/2", "V = 1 V"], Some(6000.0 / 1024.0));
        assert!(picture.grey[..1024 * 64].iter().all(|g| *g == 77));
        let longest = picture.grey.chunks_exact(1024).map(|row| row.split(|g| *g != WORDS).map(<[u8]>::len).max().unwrap()).max();
        assert_eq!(longest, Some(171)); // 1 µm in pixels of 5.859 nm: 170.7
        assert_eq!(picture.height % 2, 0);
        let bar = picture.grey.split_off(1024 * 64);
        let mut above = Picture { width: 1024, height: 64, grey: picture.grey };
        data_bar(&mut above, Place::Above, ["frame 1/2", "V = 1 V"], Some(6000.0 / 1024.0));
        assert!(above.grey[bar.len()..].iter().all(|g| *g == 77));
        assert_eq!(above.grey[1024..bar.len() - 1024], bar[1024..bar.len() - 1024]); // but for the line between bar and image
        let ink = |words: &str| {
            let mut picture = Picture { width: 1024, height: 1, grey: vec![0; 1024] };
            data_bar(&mut picture, Place::Below, [words, ""], None);
            picture.grey.iter().filter(|g| **g > 128).count()
        };
        assert!(ink("888") > ink("1") && ink("1") > ink("") + 10);
        assert_eq!(ink("\u{4e2d}"), ink("?"));
    }

    #[test]
    fn a_narrow_picture_takes_what_fits() {
        let mut picture = Picture { width: 3, height: 1, grey: vec![0; 3] };
        data_bar(&mut picture, Place::Below, ["a long line of words", ""], Some(10.0));
        assert_eq!(picture.grey.len(), picture.width * picture.height);
    }
}
