//! The accept loop: how many connections there are, how long each may be silent, and how they end. `axum::serve` has no
//! limits of this kind, so slow clients would hold connections for ever.

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
use tower::{Service, ServiceExt};

use super::{settings::LimitSettings, tls::Tls};

/// How long requests in hand may take to finish once the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long to wait where no connection can be accepted, as when the process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(200);
/// The most that is read of a request's line and header, in bytes. A header of 64 KiB is still answered.
const HEADER_LIMIT: usize = 80 * 1024;

/// What every connection is served with.
#[derive(Clone)]
struct Connections<S> {
    app: S,
    tls: Option<Arc<Tls>>,
    header_timeout: Duration,
    write_timeout: Duration,
    /// Its other end is gone once the server stops.
    open: watch::Receiver<()>,
}

/// Serves `app` on `listener` until `shutdown` completes, and lets the requests in hand finish. `open` tells how many
/// connections there are.
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
    let (door, door_is_open) = watch::channel(());
    let connections = Connections {
        app,
        tls,
        header_timeout: seconds(limits.header_timeout),
        write_timeout: seconds(limits.write_timeout),
        open: door_is_open,
    };
    let (places, all) = (Arc::new(Semaphore::new(limits.connections)), GracefulShutdown::new());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let (connections, watcher, open) = (connections.clone(), all.watcher(), open.clone());
                tokio::spawn(async move {
                    open.inc();
                    connections.serve(stream, peer, watcher).await;
                    open.dec();
                    drop(place);
                });
            }
            // The client has gone already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    tracing::info!("stopping: requests in hand may take {} s", GRACE.as_secs());
    // Nobody is kept waiting in front of a closed door.
    drop((listener, door));
    if timeout(GRACE, all.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still in hand");
    }
}

/// The next connection, once there is a place for it. The others wait in the system's queue.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

impl<S> Connections<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    /// Serves one connection to its end.
    async fn serve(mut self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // An answer is not held back until there is more to say. Where that cannot be set, it is only slower.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let stream = Box::pin(stream);
        match &self.tls {
            None => self.speak_http(stream, peer, watcher).await,
            // A handshake that fails or takes too long is the client's affair.
            Some(tls) => {
                let shaken = tokio::select! {
                    shaken = timeout(self.header_timeout, tls.acceptor().accept(stream)) => shaken,
                    _ = self.open.changed() => return,
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
            app.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Counted from the end of the answer before: so it is how long an idle connection is kept, too.
            .header_read_timeout(self.header_timeout)
            .max_buf_size(HEADER_LIMIT)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
    }
}
