use sockeye::{Handshake, Server, ws_endpoint};

use crate::report;

/// Right in every respect, whose attribute allows a rule that is judged at startup.
#[ws_endpoint("/ws/allowing", group = "allowing")]
async fn allowing(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

fn server() -> Server {
    Server::new().group("allowing")
}

#[tokio::test]
async fn what_allows_nothing_is_reported() {
    let server = server()
        .allow("missing_stat", "misspelt")
        .allow("nothing like it", "no rule at all")
        .allow("missing_state", "it can never work")
        .allow("no_receive_loop", "judged by the compiler");
    insta::assert_snapshot!(report(server).await);
}
