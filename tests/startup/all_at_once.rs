use axum::{
    Extension,
    extract::{Path, State},
};
use sockeye::{Handshake, Heartbeat, Limits, Origins, Server, ws_endpoint};

use crate::report;

/// Three mistakes in one handler.
#[ws_endpoint("/ws/{id}", guarded, group = "all at once")]
async fn everything(
    handshake: Handshake,
    Path(_ids): Path<Ids>,
    State(_count): State<u32>,
    Extension(_name): Extension<String>,
) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await?;
    Ok(())
}

type Ids = (u8, u8);

#[tokio::test]
async fn every_problem_is_in_one_report() {
    let server = Server::new()
        .group("all at once")
        .origins(Origins::any())
        .limits(Limits::new().max_message_size(0))
        .heartbeat(Heartbeat::every(std::time::Duration::ZERO))
        .expect(["/ws/other"]);
    insta::assert_snapshot!(report(server).await);
}
