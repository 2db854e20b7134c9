//! Subprotocols whose codec has no format for them, and formats that no client can choose.

use sockeye::{
    BySubprotocol, Cbor, Format, FormatList, Handshake, Json, Server, SubprotocolFormats, ws_endpoint,
};

use crate::{report, rules};

macro_rules! formats {
    ($Name:ident: $($pair:expr),*) => {
        struct $Name;

        impl SubprotocolFormats for $Name {
            type In = u8;
            type Out = u8;
            const FORMATS: FormatList<u8, u8> = &[$($pair),*];
        }
    };
}

formats!(Both: ("n.json", Format::of::<Json<u8>>()), ("n.cbor", Format::of::<Cbor<u8>>()));
formats!(Twice: ("n.json", Format::of::<Json<u8>>()), ("n.json", Format::of::<Cbor<u8>>()));
formats!(Empty:);

/// Lists another one than the codec.
#[ws_endpoint("/ws/formats/other", group = "formats_differ", subprotocols = ["n.json", "n.xml", "n.yaml"])]
async fn other(handshake: Handshake<BySubprotocol<Both>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lists none.
#[ws_endpoint("/ws/unlisted", group = "formats_differ")]
async fn unlisted(handshake: Handshake<BySubprotocol<Both>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Has two formats for one.
#[ws_endpoint("/ws/twice", group = "formats_differ", subprotocols = ["n.json"])]
async fn twice(handshake: Handshake<BySubprotocol<Twice>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Has no formats.
#[ws_endpoint("/ws/empty", group = "formats_differ")]
async fn empty(handshake: Handshake<BySubprotocol<Empty>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Lists them in an order of its own.
#[ws_endpoint("/ws/right", group = "formats_agree", subprotocols = ["n.cbor", "n.json"])]
async fn right(handshake: Handshake<BySubprotocol<Both>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Has a codec with one format.
#[ws_endpoint("/ws/plain", group = "formats_agree", subprotocols = ["v2", "v1"])]
async fn plain(handshake: Handshake<Json<u8>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn lists_that_differ_are_reported_in_both_directions() {
    insta::assert_snapshot!(report(Server::new().group("formats_differ")).await);
}

#[tokio::test]
async fn lists_that_agree_are_not() {
    assert_eq!(rules(Server::new().group("formats_agree")).await, [""; 0]);
}
