//! `()` and every `Result<(), E>` whose `E` turns into an error of Sockeye's.

use sockeye::{Handshake, ws_endpoint};

type Alias = Result<(), std::io::Error>;

#[derive(Debug)]
struct Mine;

impl From<Mine> for sockeye::Error {
    fn from(_: Mine) -> Self {
        Self::new("mine")
    }
}

#[ws_endpoint("/nothing")]
async fn nothing(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/unit")]
#[allow(clippy::unused_unit)]
async fn unit(_handshake: Handshake) -> () {
    todo!()
}

#[ws_endpoint("/sockeye")]
async fn sockeye_result(_handshake: Handshake) -> sockeye::Result {
    todo!()
}

#[ws_endpoint("/alias")]
async fn alias(_handshake: Handshake) -> Alias {
    todo!()
}

#[ws_endpoint("/mine")]
async fn mine(_handshake: Handshake) -> Result<(), Mine> {
    Err(Mine)
}

#[ws_endpoint("/hidden")]
async fn hidden(_handshake: Handshake) -> Result<(), impl std::error::Error + Send + Sync + use<>> {
    Err(std::io::Error::other("hidden"))
}

fn main() {}
