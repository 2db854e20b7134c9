use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use http::Response;
use http_body::{Frame, SizeHint};

use super::visit::Busy;

pin_project_lite::pin_project! {
    /// A body that keeps its connection busy until it is sent.
    struct Watched {
        #[pin]
        body: Body,
        busy: Arc<Busy>,
    }
}

/// The response, with which the connection is busy until the end of its body.
pub(super) fn watch(response: Response<Body>, busy: Arc<Busy>) -> Response<Body> {
    if http_body::Body::is_end_stream(response.body()) {
        return response;
    }
    response.map(|body| Body::new(Watched { body, busy }))
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
