use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes};
use http::Response;
use http_body::{Body as _, Frame, SizeHint};

use super::{
    delivery::{Delivery, Piece},
    visit::Visit,
};
use crate::shutdown::Busy;

/// Bodies up to this size are passed to HTTP/2 together with their end, which saves a frame. A stream whose end is queued
/// cannot be reset on its own; for a longer body the end follows when the client has read the rest.
const WITH_ITS_END: usize = 16 * 1024;

/// The body of a response. Over HTTP/2 its data in transit is tracked.
#[derive(Debug)]
pub(super) struct Watched {
    body: Body,
    has_ended: bool,
    over_http2: Option<OverHttp2>,
}

#[derive(Debug)]
struct OverHttp2 {
    delivery: Arc<Delivery>,
    given: usize,
}

/// The response of an HTTP/1.1 connection, where only the transport matters.
pub(super) fn plain(response: Response<Body>) -> Response<Watched> {
    response.map(|body| Watched { body, has_ended: false, over_http2: None })
}

/// The response of an HTTP/2 stream, which keeps the connection busy until the end of its body.
pub(super) fn watch(response: Response<Body>, visit: &Visit, busy: Arc<Busy>) -> Response<Watched> {
    response.map(|body| {
        let delivery = if body.is_end_stream() { None } else { Delivery::current(visit, busy) };
        let over_http2 = delivery.map(|delivery| OverHttp2 { delivery, given: 0 });
        Watched { body, has_ended: false, over_http2 }
    })
}

impl Watched {
    fn give(&mut self, frame: Frame<Bytes>) -> Frame<Piece> {
        frame.map_data(|bytes| match &mut self.over_http2 {
            Some(over) => over.give(bytes),
            None => Piece::plain(bytes),
        })
    }
}

impl OverHttp2 {
    fn give(&mut self, bytes: Bytes) -> Piece {
        self.given = self.given.saturating_add(bytes.len());
        self.delivery.begin(bytes)
    }

    fn is_through(&self) -> bool {
        self.given <= WITH_ITS_END || self.delivery.is_empty()
    }

    fn poll_through(&self, cx: &Context<'_>) -> Poll<()> {
        if self.is_through() { Poll::Ready(()) } else { self.delivery.poll_empty(cx) }
    }
}

impl http_body::Body for Watched {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        if !self.has_ended {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(frame) => return Poll::Ready(Some(frame.map(|frame| self.give(frame)))),
                None => self.has_ended = true,
            }
        }
        if let Some(over) = &self.over_http2 {
            ready!(over.poll_through(cx));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        (self.has_ended || self.body.is_end_stream())
            && self.over_http2.as_ref().is_none_or(OverHttp2::is_through)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
