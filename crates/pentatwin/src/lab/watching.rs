//! A tab that watches a run: a WebSocket on which the news go out as fast as it takes them, and no faster than a screen shows them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Lab;
use super::live::{Cursor, Live};

/// Between two messages: a screen shows no more.
const INTERVAL: Duration = Duration::from_millis(30);
/// For a client to take one message.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two signs of life while nothing happens.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// A page has nothing long to say here.
const LONGEST_WORD: usize = 1024;

/// Answers the wish to watch.
pub async fn watch(State(lab): State<Arc<Lab>>, Path(name): Path<String>, upgrade: WebSocketUpgrade) -> Response {
    let Some(live) = lab.live.find(&name) else {
        return (StatusCode::NOT_FOUND, "this run does not go on\n").into_response();
    };
    let closing = lab.closing.subscribe();
    upgrade.max_message_size(LONGEST_WORD).max_frame_size(LONGEST_WORD).on_upgrade(move |socket| async move {
        let mut closing = closing;
        tokio::select! {
            () = follow(socket, &live) => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
    })
}

async fn follow(mut socket: WebSocket, live: &Live) {
    let mut changes = live.changes();
    let mut cursor = Cursor::default();
    loop {
        let start = Instant::now();
        changes.mark_unchanged();
        let (news, over) = live.news(&mut cursor);
        if !send(&mut socket, Message::Text(news.into())).await {
            return;
        }
        if let Some(frame) = live.new_frame(&mut cursor)
            && !send(&mut socket, Message::Binary(frame)).await
        {
            return;
        }
        if over {
            let _ = send(&mut socket, Message::Close(None)).await;
            return;
        }
        // Until something changed, and a little longer: what comes in the meantime goes out together.
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return } else { break },
                word = socket.recv() => match word {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = sleep(SIGN_OF_LIFE) => if !send(&mut socket, Message::Ping(Bytes::new())).await { return },
            }
        }
        sleep_until(start + INTERVAL).await;
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(PATIENCE, socket.send(message)).await, Ok(Ok(())))
}
