//! The page as text: whole, in order, bounded, and safe whatever the run says.

mod common;

use base64::{Engine, prelude::BASE64_STANDARD};
use common::synthetic;
use pentatwin_report::{Micrograph, Microscopy, ReportData, render};
use serde_json::Value;

const SECTIONS: [&str; 16] = [
    "put-in",
    "plate",
    "iv",
    "seen",
    "measured",
    "outline",
    "kymograph",
    "temperature",
    "states",
    "results",
    "companions",
    "after-break",
    "checklist",
    "maturity",
    "protocol",
    "provenance",
];

/// The data carried by a page.
fn carried(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"run-data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn bytes(v: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(v.as_str().unwrap()).unwrap()
}

/// Sections in order, every element that must be closed closed, no numbers that are none, no address of anywhere.
fn is_valid(data: &ReportData) -> String {
    let page = render(data);
    let mut at = 0;
    for id in SECTIONS {
        let found = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
        assert!(found > at, "{id} is out of order");
        at = found;
    }
    let (body, _) = page.split_once("<script type").unwrap();
    let (_, body) = body.split_once("<body>").unwrap();
    for tag in [
        "section", "table", "tr", "td", "th", "figure", "svg", "div", "p", "span", "details", "fieldset", "label", "text", "header", "main",
    ] {
        let opened = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "<{tag}> opened and closed");
    }
    // Images lie in the page (their letters may spell anything), and a movie beside it; nothing else is loaded.
    let mut images = body.split("src=\"data:image/png;base64,");
    let first = images.next().unwrap_or_default().to_owned();
    let body =
        images.fold(first, |text, image| text + image.split_once('"').expect("the end of an image").1).replace("src=\"movie.mp4\"", "");
    for wrong in ["NaN", "inf ", "http://", "https://", "src=", "@import", "undefined"] {
        assert!(!body.contains(wrong), "{wrong} on the page");
    }
    carried(&page);
    page
}

#[test]
fn a_whole_run_fits_in_three_megabytes() {
    let page = is_valid(&synthetic());
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    for number in ["2.298 V", "2.19 to 2.47 V", "9.07×10¹¹ A/m²", "≤ 37.5 nm", "wire.diameter (+0.71)", "223 Ω", "46.8 %", "not reproduced"]
    {
        assert!(page.contains(number), "{number}");
    }
}

#[test]
fn a_longer_run_is_thinned_and_says_so() {
    let mut data = synthetic();
    let (rows, copies) = (data.profiles.time.len(), 6);
    let step = 30.0;
    data.profiles.time =
        (0..copies).flat_map(|k| data.profiles.time.iter().map(move |t| t + step * f64::from(k)).collect::<Vec<_>>()).collect();
    data.profiles.radius = data.profiles.radius.repeat(copies as usize);
    data.profiles.temperature = data.profiles.temperature.repeat(copies as usize);
    data.profiles.series.clear();
    let page = is_valid(&data);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(page.contains(&format!("of {} profiles", rows * copies as usize)));
    // The profiles around the break are all carried.
    let times: Vec<f64> = bytes(&carried(&page)["profiles"]["time"]).chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    let broke = data.summary.moments.iter().find(|m| m.name == "C").unwrap().time;
    let last = data.profiles.time.iter().copied().filter(|t| *t <= broke).fold(0.0, f64::max);
    assert!(times.contains(&last));
}

#[test]
fn a_gap_of_one_cell_survives_the_thinning_of_a_huge_grid() {
    let mut data = synthetic();
    let cells = 40_000;
    data.position = (0..cells).map(|i| f64::from(i) * 1e-9).collect();
    data.profiles.time = vec![0.0, 1.0];
    data.profiles.radius = vec![50e-9; 2 * cells as usize];
    data.profiles.radius[cells as usize + 12_345] = 0.0;
    data.profiles.temperature = vec![300.0; 2 * cells as usize];
    let json = carried(&is_valid(&data));
    let raw = bytes(&json["profiles"]["radius"]["data"]);
    assert!(raw.len() < 2 * 2 * 10_000);
    let (low, scale) = (json["profiles"]["radius"]["low"].as_f64().unwrap(), json["profiles"]["radius"]["scale"].as_f64().unwrap());
    let open = raw.chunks(2).map(|b| low + scale * f64::from(u16::from_le_bytes([b[0], b[1]]))).filter(|r| *r < 1e-9).count();
    assert_eq!(open, 1);
}

#[test]
fn arrays_come_back_from_the_page_as_they_went_in() {
    let data = synthetic();
    let json = carried(&render(&data));
    let time: Vec<f64> = bytes(&json["profiles"]["time"]).chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(time, data.profiles.time, "microseconds at 23 s need all 64 bits");
    let current: Vec<f32> = bytes(&json["samples"]["current"]).chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert!(current.iter().zip(&data.samples.current).all(|(a, b)| (f64::from(*a) - b).abs() <= 1e-7 * b.abs()));
    let (low, scale) =
        (json["profiles"]["temperature"]["low"].as_f64().unwrap(), json["profiles"]["temperature"]["scale"].as_f64().unwrap());
    let raw = bytes(&json["profiles"]["temperature"]["data"]);
    let worst = raw
        .chunks(2)
        .zip(&data.profiles.temperature)
        .map(|(b, t)| (low + scale * f64::from(u16::from_le_bytes([b[0], b[1]])) - f64::from(*t)).abs())
        .fold(0.0, f64::max);
    assert!(worst < 0.1, "{worst} K");
}

#[test]
fn a_run_without_a_break_says_so_in_words() {
    let mut data = synthetic();
    data.summary.moments.clear();
    data.summary.after_break = None;
    data.summary.resistance_change = None;
    data.summary.heat = None;
    let page = is_valid(&data);
    for words in ["No key moments", "The wire did not break in this run", "was not split by cause", "No heat balance"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn nothing_recorded_is_still_a_page() {
    let mut data = synthetic();
    data.samples = Default::default();
    data.position.clear();
    data.profiles = Default::default();
    let s = &mut data.summary;
    (s.title, s.ended) = (String::new(), String::new());
    s.put_in.clear();
    s.moments.clear();
    s.states.clear();
    s.results.clear();
    s.checklist.clear();
    s.companions.clear();
    s.parameters.clear();
    s.maturity.clear();
    s.clamped.clear();
    s.plate.spacing = 0.0;
    data.provenance.clear();
    data.protocol.clear();
    let page = is_valid(&data);
    for words in [
        "untitled run",
        "not stated",
        "No profiles were recorded",
        "no geometry",
        "No frames were taken",
        "No results",
        "not held against the paper",
        "holds no protocol",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn columns_that_do_not_fit_and_numbers_that_are_none_do_no_harm() {
    for cut in [0, 1, 2, 719, 720, 721] {
        let mut data = synthetic();
        data.samples.current.truncate(2);
        data.profiles.radius.truncate(cut);
        data.profiles.temperature[0] = f32::NAN;
        data.profiles.time[1] = f64::NAN;
        data.summary.results[0].value = Some(f64::NAN);
        data.summary.moments[0].time = f64::INFINITY;
        data.summary.companions[0].rate = f64::NAN;
        is_valid(&data);
    }
    let mut data = synthetic();
    data.samples.time[0] = f64::NAN;
    data.profiles.time[5] = f64::INFINITY;
    data.summary.plate.length = f64::NAN;
    data.summary.plate.equal_area_diameter = f64::NAN;
    is_valid(&data);
}

/// Frames of noise as large as those of a run: they cannot be packed below 6 bits a pixel.
fn noise(time: f64, seed: u64) -> Micrograph {
    let mut state = seed;
    let counts = (0..1024 * 256).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u16
    });
    Micrograph {
        time,
        number: Some(1),
        dose: 25e18,
        dose_until: 25e18,
        counts: counts.collect(),
        width: 1024,
        pixel: 5.86e-9,
        corner: [-0.5e-6, -0.75e-6],
    }
}

fn with_frames() -> ReportData {
    let mut data = synthetic();
    let frame = |name: &str, time: f64| (vec![name.to_owned()], noise(time, time.to_bits()));
    data.microscopy = Some(Microscopy {
        count: 57,
        exposure: 0.5,
        moments: vec![frame("A", 19.75), frame("B", 22.75), frame("C", 23.25)],
        end: None,
        after: (0..6).map(|k| noise(23.25 + f64::from(k), k as u64)).collect(),
        after_count: 11,
        gap: None,
        necks: Vec::new(),
        singles: Vec::new(),
        movie: false,
    });
    data
}

#[test]
fn many_frames_are_binned_to_keep_the_page_within_five_megabytes_and_it_says_so() {
    let mut data = with_frames();
    let page = is_valid(&data);
    assert!(page.len() <= 5_000_000, "{} bytes", page.len());
    assert!(page.len() > 3_000_000, "not smaller than need be: {} bytes", page.len());
    assert_eq!(page.matches("<img ").count(), 9);
    assert!(page.contains("Binned 2 × 2 to keep this page small"));
    data.microscopy.as_mut().unwrap().after.truncate(1);
    assert!(!is_valid(&data).contains("Binned"));
}

#[test]
fn a_panel_says_its_distance_to_its_moment_and_its_dose() {
    let page = is_valid(&with_frames());
    for words in ["200 ms before B", "269 ms after C", "dose 25 e⁻/nm²", "t = 269 ms", "one-dimensional outline"] {
        assert!(page.contains(words), "{words}");
    }
    // 0.35 µm on the wire is 0.85 µm from the left edge of a field of 6.00 µm: 154.4 of 1090.
    assert!(page.contains("<path d=\"M154.4 "), "the arrow at the neck");
}

#[test]
fn only_a_page_with_a_movie_beside_it_may_load_one() {
    let mut data = with_frames();
    let page = is_valid(&data);
    assert!(!page.contains("<video") && !page.contains("media-src"));
    data.microscopy.as_mut().unwrap().movie = true;
    let page = is_valid(&data);
    assert!(page.contains("<video controls preload=\"none\" src=\"movie.mp4\">") && page.contains("; media-src 'self' file:\""));
}

#[test]
fn a_frame_that_is_empty_or_has_no_scale_does_no_harm() {
    let mut data = with_frames();
    let m = data.microscopy.as_mut().unwrap();
    m.moments[0].1.counts.clear();
    (m.moments[1].1.width, m.moments[1].1.dose) = (0, f64::NAN);
    (m.moments[2].1.pixel, m.moments[2].1.corner) = (f64::NAN, [f64::NAN; 2]);
    m.after[0].counts.truncate(1000);
    (m.after[5].pixel, m.exposure) = (f64::NAN, f64::NAN);
    data.summary.plate.spacing = f64::NAN;
    is_valid(&data);
}

#[test]
fn text_from_a_protocol_cannot_become_markup() {
    let evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&";
    let mut data = synthetic();
    let s = &mut data.summary;
    for text in [&mut s.title, &mut s.ended, &mut s.name, &mut s.plate.chip, &mut data.protocol] {
        *text = evil.to_owned();
    }
    s.put_in[0].value = evil.to_owned();
    s.moments[0].name = evil.to_owned();
    s.moments[0].meaning = evil.to_owned();
    s.companions[0].label = evil.to_owned();
    s.companions[0].ended = evil.to_owned();
    s.companions[0].numbers.insert(evil.to_owned(), 1.0);
    s.results[0].unit = evil.to_owned();
    s.results[0].label = evil.to_owned();
    s.parameters[0].key = evil.to_owned();
    s.clamped[0] = evil.to_owned();
    data.provenance[0] = (evil.to_owned(), evil.to_owned());
    let page = render(&data);
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    assert_eq!(page.matches("</script>").count(), 3, "the data, uPlot and the page's script, nothing else");
    carried(&page);
}
