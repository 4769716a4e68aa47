//! The section "What the microscope saw": micrographs with their arrows, by the captions of the paper's Figures 2 and 4.

use crate::data::ReportData;
use crate::format::{escape, none, quantity, scaled};
use crate::micrograph::{Micrograph, Microscopy};
use crate::panels;
use crate::picture::{Change, Window, change, png};
use crate::plate::round_length;
use pentatwin_record::summary::Summary;
use std::fmt::Write;

/// Bytes of the page beyond which the images are binned.
pub(crate) const MOST_BYTES: usize = 5_000_000;
/// Width of a large and of a small panel, in units of the page's pixels: words in the image then have the size of words beside it.
pub(crate) const LARGE: f64 = 1090.0;
pub(crate) const SMALL: f64 = 534.0;
/// The movie beside the page.
pub(crate) const MOVIE: &str = "<h3>The movie</h3><figure class=\"movie\"><video controls preload=\"none\" src=\"movie.mp4\">This browser plays no MP4; the movie lies beside this page as movie.mp4.</video>\
             <figcaption>All frames in a row, <code>movie.mp4</code> beside this page; press play to load it.</figcaption></figure>";
/// Equal-area diameter over projected width of a pentagon lying on a flat wall: 2 sqrt(0.657/pi).
const EQUAL_AREA_PER_WIDTH: f64 = 0.9146;

/// The section, in at most what `taken` bytes of the page leave of 5 MB.
pub fn seen(data: &ReportData, taken: usize) -> String {
    if data.summary.plate.chip == "heating" {
        return crate::heating::seen(data, taken);
    }
    let Some(m) = &data.microscopy else {
        return format!("<p>{}</p>", none("No frames were taken in this run."));
    };
    // Binning of the frames of the moments and of the series after the break: the less the better.
    let bins = [(1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (8, 8)];
    let mut out = String::new();
    for (large, small) in bins {
        out = whole(data, m, large, small);
        if taken + out.len() <= MOST_BYTES {
            break;
        }
    }
    out
}

fn whole(data: &ReportData, m: &Microscopy, large: usize, small: usize) -> String {
    let mut out = breaking(data, m, large);
    out.push_str(&panels::breaking(data, m));
    if m.movie {
        out.push_str(MOVIE);
    }
    let t0 = moment_time(&data.summary, "C");
    if let (Some(t0), Some(first), Some(last)) = (t0, m.after.first(), m.after.last()) {
        let changed = change(first, last);
        out.push_str(&after(data, m, t0, changed, small));
        out.push_str(&panels::after(data, m, changed));
    }
    out
}

fn moment_time(s: &Summary, name: &str) -> Option<f64> {
    s.moments.iter().find(|m| m.name == name).map(|m| m.time).filter(|t| t.is_finite())
}

/// "bright-field TEM" and which way its contrast goes.
fn mode(s: &Summary) -> (&'static str, &'static str) {
    match s.parameters.iter().find(|p| p.key == "microscope.mode").map(|p| p.value.as_str()) {
        Some("haadf-stem") => ("HAADF-STEM", "silver bright, platinum brighter"),
        _ => ("Bright-field TEM", "silver and platinum dark, the film bright"),
    }
}

/// Projected width of the wire [m] at a place as the last profile up to `time` has it.
pub(crate) fn width_at(data: &ReportData, time: f64, x: f64) -> Option<f64> {
    let row = data.profiles.time.get(..data.profile_count())?.iter().rposition(|t| *t <= time)?;
    let nearest = (0..data.position.len()).min_by(|a, b| {
        let distance = |i: &usize| data.position.get(*i).map_or(f64::INFINITY, |p| (p - x).abs());
        distance(a).total_cmp(&distance(b))
    })?;
    let radius = f64::from(*data.profiles.radius.get(row * data.position.len() + nearest)?);
    radius.is_finite().then_some(2.0 * radius / EQUAL_AREA_PER_WIDTH)
}

/// A place that an arrow points at.
pub(crate) struct Arrow {
    label: &'static str,
    /// Along the wire [m].
    x: f64,
    /// From above, as the paper's at the gap, or from below.
    above: bool,
}

/// Arrows on the frame of the last of some moments.
fn arrows(data: &ReportData, names: &[String], time: f64) -> Vec<Arrow> {
    let s = &data.summary;
    let result = |name: &str| panels::result(s, name);
    let place = |name: &str| s.moments.iter().find(|m| m.name == name).and_then(|m| m.position);
    let mut out = Vec::new();
    let mut put = |label: &'static str, x: Option<f64>, above: bool| out.extend(x.map(|x| Arrow { label, x, above }));
    for name in names {
        match name.as_str() {
            "A" => put("first thinning", place("A"), true),
            // A frame before B may show no neck yet, where all happens within one exposure.
            "B" => put(if grown(data, time, place("B")).is_some_and(|g| g > 0.9) { "neck to come" } else { "neck" }, place("B"), true),
            "C" => {
                put("widest gap", result("gap_position"), true);
                // The wire may part in several places: where the current's path was cut first need not be where the gap is widest.
                let (first, width) = (place("C"), result("gap_width").unwrap_or(0.0));
                let apart = first.zip(result("gap_position")).is_some_and(|(c, g)| (c - g).abs() > 0.5 * width);
                put("first break", first.filter(|_| apart), true);
            }
            _ => {}
        }
    }
    // The hillock only where it is: not before it grows, nor after it has melted away.
    let hillock = result("hillock_position").filter(|x| grown(data, time, Some(*x)).is_none_or(|g| g > 1.01));
    put("hillock", hillock, false);
    out
}

/// Width of the wire at a place and time over that of the first profile.
fn grown(data: &ReportData, time: f64, x: Option<f64>) -> Option<f64> {
    let start = *data.profiles.time.first()?;
    Some(width_at(data, time, x?)? / width_at(data, start, x?)?).filter(|g| g.is_finite())
}

/// The frames of A, B and C and the magnified gap.
fn breaking(data: &ReportData, m: &Microscopy, bin: usize) -> String {
    let s = &data.summary;
    let window = Window::of(m.moments.iter().map(|(_, image)| image).chain(&m.end));
    let mut out = String::from("<h3>The breakdown, by the caption of the paper’s Figure 2</h3><figure class=\"seen\">");
    for (names, image) in &m.moments {
        let arrows = arrows(data, names, image.time);
        let letter = names.join(", ");
        let distance: Vec<String> =
            names.iter().filter_map(|n| moment_time(s, n).map(|t| format!("{} {}", distance(image.time - t), escape(n)))).collect();
        out.push_str(&panel(data, image, window, bin, LARGE, &letter, &arrows));
        let _ = write!(
            out,
            "<p class=\"under\"><b>{}</b> {}{}</p>",
            escape(&letter),
            under(data, m, image, &distance.join(", ")),
            places(data, image, &arrows)
        );
    }
    if let Some(image) = &m.end {
        out.push_str(&panel(data, image, window, bin, LARGE, "end", &[]));
        let _ = write!(out, "<p class=\"under\"><b>end</b> {}</p>", under(data, m, image, "the last frame; the wire did not break"));
    }
    let mut own = String::new();
    if let Some(image) = &m.gap {
        let window = Window::of(std::iter::once(image));
        let gap = arrows(data, &["C".to_owned()], image.time);
        let none_in_view = panels::result(s, "gap_width").is_some_and(|w| w > image.width as f64 * image.pixel);
        let since = moment_time(s, "C").map_or(String::new(), |t| format!("{} C", distance(image.time - t)));
        out.push_str(&panel(data, image, window, bin, LARGE, "gap", &gap));
        let _ = write!(out, "<p class=\"under\"><b>gap</b> {}{}</p>", under(data, m, image, &since), places(data, image, &gap));
        if none_in_view {
            out.push_str("<p class=\"under\">The gap is wider than this image: it shows bare membrane, and its grey window stretches nothing but noise.</p>");
        }
        own = format!(" The magnified gap ({} a pixel) has its own: {} to {}.", scaled(image.pixel, "m", 3), window.low, window.high);
    }
    if m.count > 0 && moment_time(s, "C").is_some() && !m.moments.iter().any(|(n, _)| n.iter().any(|n| n == "C")) {
        let _ = write!(out, "<p class=\"under\">{}</p>", none("C has no frame: the run ended before an exposure after the break."));
    }
    let (mode, contrast) = mode(s);
    let pixel = m.moments.first().map(|(_, image)| image).or(m.end.as_ref()).map_or(f64::NAN, |image| image.pixel);
    let _ = write!(
        out,
        "<figcaption>{mode} ({contrast}), {} a pixel, exposure {}, cut to the strip around the wire; wire along x, contact 1 on the left. \
         A and B: the last frame at or before the moment; C: the first exposure that begins after the rupture. A frame shows the wire of the middle of its exposure. \
         One grey window for all frames of this figure, percentiles 0.5 to 99.5 of their counts ({} to {}): another grey is another number of counts.{own} \
         Arrows, after the paper’s (“the initial creation of the hillocks and gaps”): placed by the simulator’s truth and the drift of the frame, not found in the image; widths are truth too. \
         V and I: the sample nearest in time.{}</figcaption></figure>",
        scaled(pixel, "m", 3),
        scaled(m.exposure, "s", 3),
        window.low,
        window.high,
        binned(bin)
    );
    out
}

pub(crate) fn binned(bin: usize) -> String {
    if bin > 1 { format!(" Binned {bin} × {bin} to keep this page small; the record holds every pixel.") } else { String::new() }
}

/// The series after the rupture.
fn after(data: &ReportData, m: &Microscopy, t0: f64, changed: Option<Change>, bin: usize) -> String {
    let window = Window::of(m.after.iter());
    let mut out = String::from("<h3>After the rupture, by the caption of the paper’s Figure 4</h3><figure class=\"seen series\">");
    for image in &m.after {
        let t = format!("t = {}", scaled(image.time - t0, "s", 3));
        let _ = write!(
            out,
            "<div>{}<p class=\"under\"><b>{t}</b> {}</p></div>",
            panel(data, image, window, bin, SMALL, &t, &[]),
            under(data, m, image, "")
        );
    }
    let _ = write!(
        out,
        "<figcaption>{} of {} frames after the rupture (t = 0), spread evenly; the first exposure begins after it. Grey window, percentiles 0.5 to 99.5 of all of them: {} to {} counts.{}</figcaption></figure><p id=\"series-says\">{}</p>",
        m.after.len(),
        m.after_count,
        window.low,
        window.high,
        binned(bin),
        panels::series_in_words(data, m, t0, changed)
    );
    out
}

/// "0.15 s before": how far a frame is from its moment.
fn distance(dt: f64) -> String {
    if dt < 0.0 { format!("{} before", scaled(-dt, "s", 3)) } else { format!("{} after", scaled(dt, "s", 3)) }
}

/// Time, voltage, current, number and dose of a frame.
fn under(data: &ReportData, m: &Microscopy, image: &Micrograph, distance: &str) -> String {
    // In the series t counts from the rupture, and there is less room.
    let series = distance.is_empty();
    let time = quantity(image.time, "s", 6);
    let mut parts = vec![if series { format!("{time} of the run") } else { format!("t = {time}") }];
    if !series {
        parts.push(distance.to_owned());
    }
    let s = &data.samples;
    let far = |i: &usize| s.time.get(*i).map_or(f64::INFINITY, |t| (t - image.time).abs());
    if let Some(i) = (0..s.len()).filter(|i| far(i).is_finite()).min_by(|a, b| far(a).total_cmp(&far(b))) {
        parts.extend([(&s.voltage, "V"), (&s.current, "A")].iter().filter_map(|(v, unit)| Some(scaled(*v.get(i)?, unit, 4))));
    }
    if let Some(n) = image.number {
        parts.push(format!("frame {n} of {}", m.count));
    }
    if image.dose.is_finite() {
        let dose = |d: f64| quantity(d, "e/nm2", 4).replace("e/", "e⁻/");
        parts.push(if series {
            format!("dose {}", dose(image.dose))
        } else {
            format!("dose {}, since the start {}", dose(image.dose), dose(image.dose_until))
        });
    }
    parts.join(" · ")
}

/// Where the arrows point, how wide the wire is there, and how many pixels that is.
fn places(data: &ReportData, image: &Micrograph, arrows: &[Arrow]) -> String {
    let end = image.corner[0] + image.width as f64 * image.pixel;
    let words: Vec<String> = arrows
        .iter()
        .filter(|a| (image.corner[0]..=end).contains(&a.x))
        .map(|a| {
            let width = width_at(data, image.time, a.x).map_or(String::new(), |w| {
                if w < 2.2e-9 { ", open".to_owned() } else { format!(", {} wide = {:.1} px", scaled(w, "m", 3), w / image.pixel) }
            });
            format!("{} at {}{width}", a.label, scaled(a.x, "m", 3))
        })
        .collect();
    if words.is_empty() { String::new() } else { format!("<br>Arrows: {}.", words.join("; ")) }
}

/// One image with its scale bar, contacts and arrows on top.
pub(crate) fn panel(
    data: &ReportData,
    image: &Micrograph,
    window: Window,
    bin: usize,
    width: f64,
    letter: &str,
    arrows: &[Arrow],
) -> String {
    let address = png(image, window, bin);
    let (w, h) = (image.width / bin, image.height() / bin);
    if address.is_empty() || w == 0 || h == 0 {
        return format!("<p>{}</p>", none("This image is empty."));
    }
    let height = width * h as f64 / w as f64;
    let mut out = format!(
        "<div class=\"micrograph\"><img src=\"{address}\" width=\"{w}\" height=\"{h}\" alt=\"{} at {}\"><svg viewBox=\"0 0 {width} {height:.1}\" aria-hidden=\"true\"><text class=\"letter\" x=\"9\" y=\"{:.1}\">{}</text>",
        escape(letter),
        quantity(image.time, "s", 6),
        // The names of the contacts have the upper corners of a small panel.
        if width < LARGE { height - 10.0 } else { 21.0 },
        escape(letter)
    );
    if image.pixel.is_finite() {
        let view = Overlay { per_metre: width / (image.width as f64 * image.pixel), corner: image.corner, width, height };
        // At atomic resolution a name would stand for what is all around.
        if data.summary.plate.chip != "heating" && image.pixel > 5e-11 {
            view.contacts(&mut out, &data.summary);
        }
        view.arrows(&mut out, arrows, 0.5 * data.summary.plate.diameter);
        view.scale_bar(&mut out);
    }
    out + "</svg></div>"
}

/// Where things of the specimen lie on a panel.
struct Overlay {
    per_metre: f64,
    corner: [f64; 2],
    width: f64,
    height: f64,
}

impl Overlay {
    fn x(&self, x: f64) -> f64 {
        (x - self.corner[0]) * self.per_metre
    }

    fn y(&self, y: f64) -> f64 {
        (y - self.corner[1]) * self.per_metre
    }

    /// Names of the contacts, if enough of them is in view for a name.
    fn contacts(&self, out: &mut String, s: &Summary) {
        let cathode = if s.plate.cathode == 2 { 2 } else { 1 };
        for (number, from, to) in [(1, 0.0, self.x(0.0)), (2, self.x(s.plate.spacing), self.width)] {
            let (from, to) = (from.max(0.0), to.min(self.width));
            if !(to - from > 30.0) {
                continue;
            }
            let role = if number == cathode { "cathode" } else { "anode" };
            let (x, anchor) = if number == 1 { (from + 9.0, "start") } else { (to - 9.0, "end") };
            let y = 0.5 * self.height;
            let lines = if to - from > 60.0 {
                vec![format!("contact {number}"), role.to_owned()]
            } else {
                vec![number.to_string(), role.to_owned()]
            };
            for (k, line) in lines.iter().enumerate() {
                let _ = write!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{line}</text>",
                    y - 0.16 * self.height.min(280.0) - 15.0 * (1 - k.min(1)) as f64
                );
            }
        }
    }

    /// Arrows whose tips end just outside the wire, their labels at the tails.
    fn arrows(&self, out: &mut String, arrows: &[Arrow], half: f64) {
        let mut tails: Vec<(f64, bool)> = Vec::new();
        let mut sorted: Vec<&Arrow> = arrows.iter().filter(|a| (0.0..=self.width).contains(&self.x(a.x))).collect();
        // Labels stand to the right of their tails: from right to left, each longer than the one it would run into.
        sorted.sort_by(|a, b| b.x.total_cmp(&a.x));
        for a in sorted {
            let (x, sign) = (self.x(a.x), if a.above { -1.0 } else { 1.0 });
            let close = tails.iter().filter(|(other, above)| *above == a.above && (other - x).abs() < 110.0).count() as f64;
            tails.push((x, a.above));
            let tip = self.y(sign * half) + sign * 6.0;
            let tail = tip + sign * (34.0 + 17.0 * close);
            let class = if a.above { "gap" } else { "hillock" };
            let back = sign * 9.0;
            let (at, anchor) = if x > self.width - 110.0 { (x - 7.0, "end") } else { (x + 7.0, "start") };
            let _ = write!(
                out,
                "<g class=\"arrow {class}\"><path class=\"edge\" d=\"M{x:.1} {tail:.1} V{tip:.1} m-5 {back} l5 {:.1} l5 {back}\"/><path d=\"M{x:.1} {tail:.1} V{tip:.1} m-5 {back} l5 {:.1} l5 {back}\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text></g>",
                -back,
                -back,
                tail + if a.above { 9.0 } else { 1.0 },
                a.label
            );
        }
    }

    fn scale_bar(&self, out: &mut String) {
        let length = round_length(0.16 * self.width / self.per_metre);
        let (px, right, y) = (length * self.per_metre, self.width - 0.12 * self.width, self.height - 12.0);
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{px:.1}\" height=\"5\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            right - px,
            right - 0.5 * px,
            y - 6.0,
            scaled(length, "m", 3)
        );
    }
}
