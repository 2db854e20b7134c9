//! The whole program, without a port.

use std::{error::Error, time::Duration};

use serde_json::{Value, json};
use sockeye::{
    CloseCode,
    testing::{TestClient, TestError, TestSocket},
};

use super::{rooms::Rooms, server};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

async fn client() -> Result<TestClient> {
    Ok(TestClient::new(server()).await?)
}

async fn connect(client: &TestClient) -> Result<TestSocket, TestError> {
    client.connect("/ws/rooms/red").await
}

/// A member of the room, who has read who is there.
async fn member(client: &TestClient, name: &str, present: &[&str]) -> Result<TestSocket> {
    let mut socket = connect(client).await?;
    socket.send_json(&json!({ "type": "enter", "name": name })).await?;
    hears(&mut socket, json!({ "type": "welcome", "name": name, "present": present })).await?;
    Ok(socket)
}

async fn hears(socket: &mut TestSocket, event: Value) -> Result {
    assert_eq!(socket.recv_json::<Value>().await?, event);
    Ok(())
}

/// The words of a refusal.
async fn refused(socket: &mut TestSocket) -> Result<String> {
    let answer: Value = socket.recv_json().await?;
    assert_eq!(answer["type"], "refused", "{answer}");
    Ok(answer["reason"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_startup_check_passes() -> Result {
    let checked = server().check().await?;
    let routes: Vec<_> = checked.endpoints().map(|endpoint| endpoint.route()).collect();
    assert_eq!(routes, ["/ws/rooms/{room}"]);
    Ok(())
}

#[tokio::test]
async fn members_hear_each_other_come_talk_and_go() -> Result {
    let client = client().await?;
    let mut ada = member(&client, "Ada", &["Ada"]).await?;
    let mut bob = member(&client, "Bob", &["Ada", "Bob"]).await?;
    hears(&mut ada, json!({ "type": "entered", "name": "Bob" })).await?;
    bob.send_json(&json!({ "type": "say", "text": " hello " })).await?;
    for socket in [&mut ada, &mut bob] {
        hears(socket, json!({ "type": "said", "name": "Bob", "text": "hello" })).await?;
    }
    bob.close(CloseCode::NORMAL, "").await?;
    hears(&mut ada, json!({ "type": "left", "name": "Bob" })).await
}

#[tokio::test]
async fn rooms_are_apart() -> Result {
    let client = client().await?;
    let mut ada = member(&client, "Ada", &["Ada"]).await?;
    let mut other = client.connect("/ws/rooms/blue").await?;
    other.send_json(&json!({ "type": "enter", "name": "Ada" })).await?;
    hears(&mut other, json!({ "type": "welcome", "name": "Ada", "present": ["Ada"] })).await?;
    other.send_json(&json!({ "type": "say", "text": "anybody?" })).await?;
    hears(&mut other, json!({ "type": "said", "name": "Ada", "text": "anybody?" })).await?;
    // Had anything of that come to the red room, it would be there before this.
    ada.send_json(&json!({ "type": "say", "text": "alone" })).await?;
    hears(&mut ada, json!({ "type": "said", "name": "Ada", "text": "alone" })).await
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_until_it_is_free() -> Result {
    let client = client().await?;
    let mut ada = member(&client, "Ada", &["Ada"]).await?;
    let mut bob = member(&client, "Bob", &["Ada", "Bob"]).await?;
    let mut other = connect(&client).await?;
    other.send_json(&json!({ "type": "enter", "name": " Ada " })).await?;
    let reason = refused(&mut other).await?;
    assert_eq!(reason, "somebody here is called Ada already: choose another name");

    ada.close(CloseCode::NORMAL, "").await?;
    hears(&mut bob, json!({ "type": "left", "name": "Ada" })).await?;
    other.send_json(&json!({ "type": "enter", "name": "Ada" })).await?;
    hears(&mut other, json!({ "type": "welcome", "name": "Ada", "present": ["Ada", "Bob"] })).await
}

#[tokio::test]
async fn mistakes_of_people_are_answered_in_words() -> Result {
    let client = client().await?;
    let mut socket = connect(&client).await?;
    let long = "x".repeat(33);
    for name in ["", "  ", "a\nb", long.as_str()] {
        socket.send_json(&json!({ "type": "enter", "name": name })).await?;
        assert!(refused(&mut socket).await?.contains("choose another"), "{name:?}");
    }
    socket.send_json(&json!({ "type": "say", "text": "hello" })).await?;
    assert!(refused(&mut socket).await?.contains("enter with a name first"));
    socket.send_json(&json!({ "type": "enter", "name": "Ada" })).await?;
    hears(&mut socket, json!({ "type": "welcome", "name": "Ada", "present": ["Ada"] })).await?;
    socket.send_json(&json!({ "type": "enter", "name": "Bob" })).await?;
    assert!(refused(&mut socket).await?.contains("connect again"));
    socket.send_json(&json!({ "type": "say", "text": " " })).await?;
    assert!(refused(&mut socket).await?.contains("1 to 1000"));
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_closes_with_the_reason() -> Result {
    let client = client().await?;
    let mut socket = connect(&client).await?;
    socket.send(r#"{"type":"enter","nmae":"Ada"}"#).await?;
    let frame = socket.closed().await?;
    assert_eq!(frame.code, CloseCode::INVALID_PAYLOAD);
    assert!(frame.reason.contains("nmae"), "{frame:?}");
    Ok(())
}

#[tokio::test]
async fn a_room_with_a_long_name_is_refused_before_it_is_opened() -> Result {
    let client = client().await?;
    let refusal = client.request(&format!("/ws/rooms/{}", "x".repeat(65))).refused().await?;
    assert_eq!((refusal.status().as_u16(), refusal.rule()), (400, Some("handler_refused")));
    assert!(refusal.reason().contains("at most 64 characters"), "{refusal}");
    Ok(())
}

/// Each of these ends the handler in another way; whoever stays must hear of it all the same.
#[tokio::test(start_paused = true)]
async fn leaving_is_announced_on_every_way_out() -> Result {
    let client = client().await?;
    let mut ada = member(&client, "Ada", &["Ada"]).await?;
    for way in ["close", "vanish", "reset", "cable", "nonsense", "large", "flood"] {
        let bob = member(&client, "Bob", &["Ada", "Bob"]).await?;
        hears(&mut ada, json!({ "type": "entered", "name": "Bob" })).await?;
        leave(bob, way).await?;
        until_left(&mut ada).await.map_err(|error| format!("after {way}: {error}"))?;
    }
    Ok(())
}

async fn leave(mut bob: TestSocket, way: &str) -> Result {
    match way {
        "close" => drop(bob.close(CloseCode::NORMAL, "bye").await?),
        "vanish" => drop(bob),
        "reset" => bob.reset(),
        "cable" => {
            bob.go_silent();
            // The pipe stays open, so only the heartbeat can tell. The clock is paused: this takes no time.
            bob.set_patience(Duration::from_mins(2));
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        "nonsense" => bob.send("?").await?,
        "large" => bob.send("x".repeat(5000)).await?,
        "flood" => {
            for _ in 0..20 {
                // It may be closed before all are sent: that is what is wanted.
                _ = bob.send_json(&json!({ "type": "say", "text": "spam" })).await;
            }
        }
        _ => unreachable!("no such way: {way}"),
    }
    Ok(())
}

/// Reads on until Bob has left; what he has said before does not matter.
async fn until_left(ada: &mut TestSocket) -> Result<(), TestError> {
    while ada.recv_json::<Value>().await? != json!({ "type": "left", "name": "Bob" }) {}
    Ok(())
}

/// The clock is paused, so that the messages are fast on any machine.
#[tokio::test(start_paused = true)]
async fn the_limits_close_with_their_codes() -> Result {
    let client = client().await?;
    let mut large = connect(&client).await?;
    large.send("x".repeat(4097)).await?;
    assert_eq!(large.closed().await?.code, CloseCode::MESSAGE_TOO_BIG);
    let mut fast = connect(&client).await?;
    for _ in 0..20 {
        _ = fast.send_json(&json!({ "type": "say", "text": "spam" })).await;
    }
    let ended = loop {
        if let Err(error) = fast.recv().await {
            break error;
        }
    };
    let frame = ended.close_frame().cloned();
    assert_eq!(frame.map(|frame| frame.code), Some(CloseCode::POLICY_VIOLATION), "{ended}");
    Ok(())
}

#[tokio::test]
async fn the_longest_text_of_any_script_fits() -> Result {
    let client = client().await?;
    let mut ada = member(&client, "Ada", &["Ada"]).await?;
    // The page's field counts UTF-16 units: 1000 of them are at most 3000 bytes.
    let text = "魚".repeat(1000);
    ada.send_json(&json!({ "type": "say", "text": text })).await?;
    hears(&mut ada, json!({ "type": "said", "name": "Ada", "text": text })).await
}

#[tokio::test]
async fn who_is_too_slow_is_disconnected_in_place_of_missing_something() -> Result {
    let rooms = Rooms::default();
    let (mut ada, _) = rooms.enter("red", "Ada")?;
    for _ in 0..=256 {
        ada.say("hello");
    }
    let error = ada.hear().await.expect_err("one event too many");
    assert_eq!(error.close_code(), Some(CloseCode::TRY_AGAIN_LATER), "{error}");
    Ok(())
}

#[tokio::test]
async fn no_handler_is_left_behind() -> Result {
    let client = client().await?;
    let ada = member(&client, "Ada", &["Ada"]).await?;
    let unnamed = connect(&client).await?;
    drop((ada, unnamed));
    client.assert_idle().await;
    // The room is empty and its names are free.
    let _ada = member(&client, "Ada", &["Ada"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_stopping_server_says_goodbye() -> Result {
    let client = client().await?;
    let mut ada = member(&client, "Ada", &["Ada"]).await?;
    client.stop();
    assert_eq!(ada.closed().await?.code, CloseCode::GOING_AWAY);
    Ok(client.shutdown().await?)
}
