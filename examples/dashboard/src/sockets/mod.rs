//! The endpoints.

mod logs;
mod updates;
mod workflow;

use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};
use sockeye::{Json, Socket, ws_lifecycle};

use crate::{
    domain::Position,
    feed::{Begun, Established, Gap, Update},
};

/// A client of events says nothing; what it sends is read, so that its leaving is seen, and means nothing.
type Events = Json<IgnoredAny, Update>;

/// `?position=42`: what happened after that comes first.
#[derive(Debug, Deserialize, JsonSchema)]
struct Since {
    position: Option<Position>,
}

/// Says what the client is connected to, then what it has missed, then what happens.
#[ws_lifecycle]
async fn follow(
    socket: &mut Socket<Events>,
    endpoint: String,
    connected_to: String,
    begun: Begun,
) -> sockeye::Result {
    let Begun { mut live, last, missed, has_gap } = begun;
    socket
        .send(Update::Established(Established::ConnectionEstablished { endpoint, connected_to, last }))
        .await?;
    if has_gap {
        socket.send(Update::Gap(Gap::Gap { missed: None, position: Some(last) })).await?;
    }
    for event in missed {
        socket.send(Update::Recorded(event)).await?;
    }
    loop {
        tokio::select! {
            message = socket.recv() => if message?.is_none() { return Ok(()) },
            event = live.next() => {
                let event = event?;
                if event.missed() > 0 {
                    socket.send(Update::Gap(Gap::Gap { missed: Some(event.missed()), position: None })).await?;
                }
                socket.send(event).await?;
            }
        }
    }
}
