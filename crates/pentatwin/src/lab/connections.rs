//! Connections: few, each with a time to speak and a time to listen, so that slow clients hold nobody up.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Sleep, sleep};

/// Connections at once; a browser takes six for a page and one for each run it watches.
const MOST_CONNECTIONS: usize = 256;
/// For the whole head of a request, and between two requests.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Without a byte taken by a client that is sent something.
const STALL_TIME: Duration = Duration::from_secs(15);
/// For requests under way when the Lab closes.
const CLOSE_TIME: Duration = Duration::from_millis(500);
/// After a failed accept (no file descriptor left, say).
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `closing` says so.
pub async fn serve(listener: TcpListener, app: Router, mut closing: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let closed = closing.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closing.wait_for(|closing| *closing) => break,
        };
        let Ok((stream, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        // One too many is refused at once: a queue would fill with those who only wait.
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        // Without it small messages wait for the acknowledgement of those before; the connection works without.
        let _ = stream.set_nodelay(true);
        tokio::spawn(talk(stream, place, app.clone(), closed.clone()));
    }
    let all = u32::try_from(MOST_CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(2 * CLOSE_TIME, places.acquire_many(all)).await;
}

async fn talk(stream: TcpStream, place: OwnedSemaphorePermit, app: Router, mut closing: watch::Receiver<bool>) {
    let stream = TokioIo::new(Patient { stream, stalled: None, _place: place });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let connection = server.serve_connection(stream, TowerToHyperService::new(app)).with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // How a connection ended is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = closing.wait_for(|closing| *closing) => connection.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(CLOSE_TIME, connection).await;
}

/// A stream that gives up on a reader that takes nothing for [`STALL_TIME`], and holds its place among the connections.
struct Patient {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Patient {
    fn watch<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        match self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL_TIME))).as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, result)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
