//! HTTP/1.1 and HTTP/2, as hyper speaks them, with the server's limits.

use std::pin::pin;

use http::{Request, Response};
#[cfg(feature = "http2")]
use hyper::server::conn::http2;
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};

#[cfg(feature = "http2")]
use super::{delivery::Streams, refused};
use super::{
    run::Course,
    source::Transport,
    wire::{Version, Wire},
};
use crate::{Heartbeat, Limits};

/// The HTTP configuration of a connection: both versions, extended CONNECT, and a deadline for the head of each request.
#[derive(Clone)]
pub(super) struct Protocols {
    http1: http1::Builder,
    #[cfg(feature = "http2")]
    http2: http2::Builder<Streams>,
}

impl Protocols {
    #[cfg_attr(not(feature = "http2"), expect(unused_variables, reason = "HTTP/1.1 has no pings"))]
    pub(super) fn new(limits: &Limits, heartbeat: &Heartbeat) -> Self {
        let head = limits.max_request_head_size;
        // hyper panics at a smaller value; smaller limits are refused at startup.
        let buffer = head.max(Limits::LEAST_HEAD);
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(limits.handshake_timeout).max_buf_size(buffer);
        #[cfg(feature = "http2")]
        let mut http2 = http2::Builder::new(Streams { limit: limits.send_timeout });
        #[cfg(feature = "http2")]
        http2
            .timer(TokioTimer::new())
            .enable_connect_protocol()
            .max_concurrent_streams(limits.max_http2_streams)
            .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
            .keep_alive_interval(heartbeat.interval)
            .keep_alive_timeout(refused::time_to_answer(heartbeat));
        Self {
            http1,
            #[cfg(feature = "http2")]
            http2,
        }
    }

    /// The connection ends after its first response over HTTP/1.1.
    pub(super) fn one_response(&mut self) {
        self.http1.keep_alive(false);
    }

    /// Serves HTTP until the connection ends, is upgraded, or is given up. Returns whether it was told to end, too.
    pub(super) async fn serve<T, S, B>(
        self,
        version: Version,
        wire: Wire<T>,
        service: S,
        course: Course<'_>,
    ) -> (hyper::Result<()>, bool)
    where
        T: Transport + 'static,
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send + 'static> + Send,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    {
        let io = TokioIo::new(wire);
        match version {
            #[cfg(feature = "http2")]
            Version::Http2 => {
                let connection = pin!(self.http2.serve_connection(io, service));
                course.run(connection, http2::Connection::graceful_shutdown).await
            }
            _ => {
                let connection = pin!(self.http1.serve_connection(io, service).with_upgrades());
                course.run(connection, http1::UpgradeableConnection::graceful_shutdown).await
            }
        }
    }
}
