//! What the page asks for, and what it gets.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use pentatwin_experiment::Protocol;
use pentatwin_experiment::protocol::{shipped_names, shipped_text};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::carry::{Refused, Start, checked_speed};
use super::form::Wanted;
use super::guard::guard;
use super::runs::{Runs, RunsError};
use super::watching::watch;
use super::{Lab, pages};

/// Largest request.
const LARGEST_BODY: usize = 256 << 10;
/// For one answer, the request's body included.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// A plain word, as the page reads it.
type Refusal = (StatusCode, Json<Value>);

/// All ways to ask.
pub fn routes(lab: Arc<Lab>) -> Router {
    Router::new()
        .route("/", get(pages::page))
        .route("/app/{file}", get(pages::file))
        .route("/api/protocols", get(protocols))
        .route("/api/bench", get(bench))
        .route("/api/form", post(form))
        .route("/api/runs", get(list))
        .route("/api/runs/{name}", get(data))
        .route("/api/runs/{name}/report", get(report))
        .route("/api/runs/{name}/frames/{index}", get(image))
        .route("/api/live", get(live).post(start))
        .route("/api/live/{name}/stop", post(stop))
        .route("/api/live/{name}/speed", post(speed))
        .route("/api/live/{name}/watch", get(watch))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(in_time))
        .layer(from_fn_with_state(lab.clone(), guard))
        .with_state(lab)
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => refuse(StatusCode::REQUEST_TIMEOUT, "this took too long").into_response(),
    }
}

fn refuse(status: StatusCode, why: &str) -> Refusal {
    (status, Json(json!({ "word": why })))
}

/// A request's body as what is expected.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| refuse(StatusCode::BAD_REQUEST, &format!("this cannot be read: {e}")))
}

/// Work on files and physics, off the threads that serve.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| refuse(StatusCode::INTERNAL_SERVER_ERROR, "this failed without a word"))
}

async fn protocols() -> Response {
    let line = |name: &str| {
        let protocol = Protocol::parse(name, shipped_text(name)?).ok()?;
        Some(json!({ "name": name, "title": protocol.title, "description": protocol.description }))
    };
    Json(shipped_names().filter_map(line).collect::<Vec<_>>()).into_response()
}

/// What runs can be carried out on, beside the virtual bench.
async fn bench(State(lab): State<Arc<Lab>>) -> Response {
    Json(json!({ "hardware": lab.hardware.as_ref().map(ToString::to_string) })).into_response()
}

async fn form(body: Bytes) -> Result<Response, Refusal> {
    let wanted: Wanted = read(&body)?;
    Ok(Json(apart(move || wanted.form()).await?).into_response())
}

async fn list(State(lab): State<Arc<Lab>>) -> Result<Response, Refusal> {
    let live: Vec<Value> = lab.live.list().iter().map(|l| l.line()).collect();
    let runs = apart(move || lab.runs.list()).await?;
    Ok(Json(json!({ "runs": runs, "live": live })).into_response())
}

/// Something of a run, read from its folder.
async fn of_runs<T: Send + 'static>(
    lab: Arc<Lab>,
    work: impl FnOnce(&Runs) -> Result<T, RunsError> + Send + 'static,
) -> Result<T, Refusal> {
    apart(move || work(&lab.runs)).await?.map_err(|e| {
        let status = match e {
            RunsError::Unknown | RunsError::NoImage => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        refuse(status, &e.to_string())
    })
}

async fn data(State(lab): State<Arc<Lab>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let text = of_runs(lab, move |runs| runs.data(&name)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The report runs its own script, apart from the Lab: as a page of an origin of its own, with no way to ask the Lab for anything.
const REPORT_POLICY: &str =
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

async fn report(State(lab): State<Arc<Lab>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let page = of_runs(lab, move |runs| runs.report(&name)).await?;
    Ok(([(header::CONTENT_SECURITY_POLICY, REPORT_POLICY)], Html(page)).into_response())
}

async fn image(State(lab): State<Arc<Lab>>, Path((name, index)): Path<(String, u64)>) -> Result<Response, Refusal> {
    let counts = of_runs(lab, move |runs| runs.image(&name, index)).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], counts).into_response())
}

async fn live(State(lab): State<Arc<Lab>>) -> Response {
    Json(lab.live.list().iter().map(|l| l.line()).collect::<Vec<_>>()).into_response()
}

async fn start(State(lab): State<Arc<Lab>>, body: Bytes) -> Result<Response, Refusal> {
    let wanted: Start = read(&body)?;
    let started = lab.live.start(wanted, lab.finish, lab.hardware.as_ref()).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(started.line())).into_response())
}

fn refused(why: Refused) -> Refusal {
    match why {
        Refused::Wrong(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "word": "the protocol is wrong", "wrong": wrong }))),
        Refused::Word(status, word) => refuse(status, &word),
    }
}

fn going_on(lab: &Lab, name: &str) -> Result<Arc<super::live::Live>, Refusal> {
    lab.live.find(name).ok_or_else(|| refuse(StatusCode::NOT_FOUND, "this run does not go on"))
}

async fn stop(State(lab): State<Arc<Lab>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let live = going_on(&lab, &name)?;
    live.stop();
    Ok(Json(live.line()).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    speed: f64,
}

async fn speed(State(lab): State<Arc<Lab>>, Path(name): Path<String>, body: Bytes) -> Result<Response, Refusal> {
    let live = going_on(&lab, &name)?;
    live.set_speed(checked_speed(read::<Speed>(&body)?.speed).map_err(refused)?);
    Ok(Json(live.line()).into_response())
}
