//! The server with TLS, and what browsers look at there.

use std::{env, error::Error as StdError, path::Path, time::Duration};

use axum::{Router, response::Html, routing::get};
use http::Version;
use sockeye::{
    Handshake, Message, Server,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    ws_endpoint,
};

/// Sends the version of HTTP that carries the connection, and three more events.
#[ws_endpoint("/events")]
async fn events(handshake: Handshake, version: Version) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    socket.send(Message::text(format!("{version:?}"))).await?;
    for number in 1..=3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        socket.send(Message::text(format!("event {number}"))).await?;
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Connects to `/events`, and to `/private`, which refuses it. It sends no referrer, as many pages do.
const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>Events</title>
<pre id="events"></pre>
<pre id="refused"></pre>
<script type="module">
  import { connect } from "/sockeye.js";
  const show = (id, text) => document.getElementById(id).append(`${text}\n`);
  show("events", performance.getEntriesByType("navigation")[0].nextHopProtocol);
  const socket = new WebSocket(`wss://${location.host}/events`);
  socket.onmessage = ({ data }) => show("events", data);
  socket.onclose = ({ code, reason }) => show("events", `${code} ${reason}`);
  connect("/private").addEventListener("refused", ({ detail }) => show("refused", JSON.stringify(detail)));
</script>
"#;

/// With the certificate in `chain.pem` and the key in `key.pem` of the folder; `SOCKEYE_ALPN` is the one protocol to offer.
pub(crate) fn secured(server: Server, folder: &Path) -> Result<Server, Box<dyn StdError>> {
    let chain = CertificateDer::pem_file_iter(folder.join("chain.pem"))?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem"))?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = env::var("SOCKEYE_ALPN").into_iter().map(String::into_bytes).collect();
    let pages = Router::new().route("/", get(Html(PAGE))).route("/sockeye.js", sockeye::client_js());
    Ok(server.router(pages).health("/health").console("/_sockeye").tls(config))
}
