//! The endpoint: one room, seen from one browser.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use sockeye::{Handshake, Json, Socket, ws_endpoint, ws_lifecycle};

use crate::{
    protocol::{FromClient, LONGEST_ROOM, ToClient, checked_name, checked_text},
    rooms::{Member, Rooms},
};

type Wire = Json<FromClient, ToClient>;

/// Lets a browser into a room under a name, and out again when it leaves.
// 4 KiB holds the longest text in any script, as JSON. Larger messages close with 1009 before they are read whole.
#[ws_endpoint("/ws/rooms/{room}", max_message_size = "4 KiB")]
async fn room(
    handshake: Handshake<Wire>,
    Path(room): Path<String>,
    State(rooms): State<Rooms>,
) -> sockeye::Result {
    if room.chars().count() > LONGEST_ROOM {
        // A mistake of a program: its author reads the answer. A browser would not show it to its user.
        let reason = format!("a room's name has at most {LONGEST_ROOM} characters: ask for a shorter one");
        return Err(handshake.reject(StatusCode::BAD_REQUEST, reason));
    }
    let mut socket = handshake.accept().await?;
    let Some(mut member) = introduce(&mut socket, &rooms, &room).await? else { return Ok(()) };
    loop {
        tokio::select! {
            message = socket.recv() => match message? {
                Some(message) => if let Err(reason) = obey(&member, message) {
                    socket.send(ToClient::Refused { reason }).await?;
                },
                None => return Ok(()),
            },
            event = member.hear() => socket.send(event?).await?,
        }
    }
}

/// Listens to a newcomer until one of the names is free. `None`: the newcomer has gone without.
///
/// The name comes in a message, not in the URL, because a browser hides from its page why a handshake was refused.
#[ws_lifecycle]
async fn introduce(socket: &mut Socket<Wire>, rooms: &Rooms, room: &str) -> sockeye::Result<Option<Member>> {
    while let Some(message) = socket.recv().await? {
        match admit(rooms, room, message) {
            Ok((member, present)) => {
                let name = member.name().to_owned();
                socket.send(ToClient::Welcome { name, present }).await?;
                return Ok(Some(member));
            }
            Err(reason) => socket.send(ToClient::Refused { reason }).await?,
        }
    }
    Ok(None)
}

/// What somebody may do who has no name yet.
fn admit(rooms: &Rooms, room: &str, message: FromClient) -> Result<(Member, Vec<String>), String> {
    match message {
        FromClient::Enter { name } => rooms.enter(room, checked_name(&name)?),
        FromClient::Say { .. } => Err("nobody knows you yet: enter with a name first".to_owned()),
    }
}

/// What a member may do.
fn obey(member: &Member, message: FromClient) -> Result<(), String> {
    match message {
        FromClient::Say { text } => {
            member.say(checked_text(&text)?);
            Ok(())
        }
        FromClient::Enter { .. } => {
            let name = member.name();
            Err(format!("you are here as {name} already: connect again to have another name"))
        }
    }
}
