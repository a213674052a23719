//! The accept loop. It limits how many connections are open and how long each may be silent, and it closes them at the
//! end. `axum::serve` has no such limits: slow clients could hold connections for ever.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use super::tls::Tls;
use crate::server::settings::LimitSettings;

/// How long the requests in progress may take to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long the server goes on as before once it is told to stop, so that it reads the requests that were sent already.
const LAST_CALL: Duration = Duration::from_millis(250);
/// The pause after a failed accept, for example without a free file descriptor.
const PAUSE: Duration = Duration::from_millis(200);
/// The largest request line and header, in bytes. A header of 64 KiB still fits.
const HEADER_LIMIT: usize = 80 * 1024;

/// What every connection needs.
#[derive(Clone)]
struct Connections<S> {
    app: S,
    tls: Option<Arc<Tls>>,
    header_timeout: Duration,
    write_timeout: Duration,
    /// The sender is dropped when the server stops.
    running: watch::Receiver<()>,
}

/// Serves `app` on `listener` until `shutdown` completes. Then it lets the requests in progress finish. `open` counts
/// the open connections.
pub async fn serve<S>(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    app: S,
    limits: LimitSettings,
    open: Gauge,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let (running, is_running) = watch::channel(());
    let connections = Connections {
        app,
        tls,
        header_timeout: seconds(limits.header_timeout),
        write_timeout: seconds(limits.write_timeout),
        running: is_running,
    };
    let (places, all) = (Arc::new(Semaphore::new(limits.connections)), GracefulShutdown::new());
    let begin = |stream, peer, place| {
        let (connections, watcher, open) = (connections.clone(), all.watcher(), open.clone());
        tokio::spawn(async move {
            open.inc();
            connections.serve(stream, peer, watcher).await;
            open.dec();
            drop(place);
        });
    };
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer, place)) => begin(stream, peer, place),
            // The client has gone already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    tracing::info!("stopping: requests in progress may take {} s", GRACE.as_secs());
    // For their clients, the connections in the system's queue are open already. Without this, they would be reset.
    for (stream, peer, place) in waiting(listener, &places) {
        begin(stream, peer, place);
    }
    // New connections are refused from now on. hyper closes connections without a request at once, also those whose request is
    // only not read yet. So these are read first.
    tokio::time::sleep(LAST_CALL).await;
    drop(running);
    if timeout(GRACE, all.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still in progress");
    }
}

/// Accepts the next connection when a place is free. Until then connections wait in the system's queue.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// The connections that wait in the system's queue at this moment, as far as there are free places. Closes the listener.
fn waiting(listener: TcpListener, places: &Arc<Semaphore>) -> Vec<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let mut waiting = Vec::new();
    // An error means that the queue is empty, or that no connection can be had: then there is nothing to do for them.
    let Ok(listener) = listener.into_std() else { return waiting };
    while let Ok(place) = Arc::clone(places).try_acquire_owned()
        && let Ok((stream, peer)) = listener.accept()
        && stream.set_nonblocking(true).is_ok()
        && let Ok(stream) = TcpStream::from_std(stream)
    {
        waiting.push((stream, peer, place));
    }
    waiting
}

impl<S> Connections<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    /// Serves one connection to its end.
    async fn serve(mut self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // Sends an answer at once, without waiting for more data. If this cannot be set, answers are only slower.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let stream = Box::pin(stream);
        match &self.tls {
            None => self.speak_http(stream, peer, watcher).await,
            // A failed or slow handshake is the client's fault, not an error of the server.
            Some(tls) => {
                let shaken = tokio::select! {
                    shaken = timeout(self.header_timeout, tls.acceptor().accept(stream)) => shaken,
                    _ = self.running.changed() => return,
                };
                match shaken {
                    Ok(Ok(stream)) => self.speak_http(stream, peer, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS connection"),
                    Err(_elapsed) => tracing::debug!(%peer, "no TLS connection in time"),
                }
            }
        }
    }

    async fn speak_http<IO>(&self, stream: IO, peer: SocketAddr, watcher: Watcher)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let app = self.app.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            // Both of our services are always ready.
            app.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Counted from the end of the previous answer: it also limits how long a connection may be idle.
            .header_read_timeout(self.header_timeout)
            .max_buf_size(HEADER_LIMIT)
            // A client may close its sending side after its request (`nc -N`) and still wait for the answer. On TCP
            // this looks the same as a client that has gone. So a request that has begun is always finished.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    }
}
