//! A server asks in one format; with `BySubprotocol` a connection has one of several.

use serde::{Deserialize, Serialize};
use sockeye::{BySubprotocol, Format, FormatList, Handshake, Json, Question, SubprotocolFormats, ws_endpoint};

#[derive(Serialize, Deserialize)]
struct Line {
    text: String,
}

struct Chat;

impl SubprotocolFormats for Chat {
    type In = Line;
    type Out = Line;
    const FORMATS: FormatList<Line, Line> = &[("chat.json", Format::of::<Json<Line>>())];
}

impl Question for Line {
    type Answer = Line;
}

/// Asks once.
#[ws_endpoint("/chat", subprotocols = ["chat.json"])]
async fn chat(handshake: Handshake<BySubprotocol<Chat>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let Line { text } = socket.call(Line { text: "who?".to_owned() }).await?;
    socket.send(Line { text }).await
}

fn main() {}
