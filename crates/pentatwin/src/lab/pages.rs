//! The files of the page, as they are compiled in: its own modules beside those of the report.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use pentatwin_report::script;

const PAGE: &str = include_str!("assets/index.html");

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("assets/", $name)))),*] };
}

const FILES: &[(&str, &str)] = files![
    "lab.css",
    "app.js",
    "server.js",
    "form.js",
    "live.js",
    "replay.js",
    "compare.js",
    "image.js",
    "overlay.js",
    "panels.js",
    "seen.js"
];

/// The page.
pub async fn page() -> Response {
    Html(PAGE).into_response()
}

/// One of its files.
pub async fn file(Path(name): Path<String>) -> Response {
    let style = [("page.css", script::STYLE), ("uplot.css", script::UPLOT_STYLE), ("uplot.js", script::UPLOT)];
    let all = FILES.iter().chain(script::MODULES).chain(&style);
    let Some((_, text)) = all.into_iter().find(|(n, _)| *n == name) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let kind = if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    ([(header::CONTENT_TYPE, kind)], *text).into_response()
}
