//! Events that are too large or come too fast, and TLS.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use sockeye::{Delivery, Ready as _};
use sockeye_nats::rustls::{ClientConfig, RootCertStore, crypto::ring};
use sockeye_tests::within;

use crate::{Server, connected, hub, next, publish, ready, subscribed};

#[tokio::test]
async fn an_event_that_is_too_large_is_counted_as_lost() {
    let Some(server) = Server::start("max_payload: 1000").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let (mut near, mut far) = (subscribed(&here, "t").await, subscribed(&there, "t").await);
    publish(&here, "t", "1");
    assert_eq!([next(&mut near).await.0, next(&mut far).await.0], ["\"1\"", "\"1\""]);
    publish(&here, "t", &"x".repeat(1000));
    assert_eq!(next(&mut near).await.0.len(), 1002);
    let Delivery::Lost(lost) = within(far.next_or_lost()).await.expect("the hub is there") else {
        panic!("it came")
    };
    assert_eq!((lost.unreceived, lost.after_outage), (1, false));
    publish(&here, "t", "2");
    assert_eq!(next(&mut far).await, ("\"2\"".to_owned(), false), "the connection is the same");
}

/// The test and the backplane share a thread, and the client reads all of it in one go.
#[tokio::test]
async fn events_that_come_too_fast_are_an_outage() {
    let Some(server) = Server::start("").await else { return };
    let hub = hub(sockeye_nats::connect(server.url()).pending(1));
    ready(&hub).await;
    let mut feed = subscribed(&hub, "t").await;
    server.publish("sockeye.t", &vec!["event"; 5000]).await;
    let told = async {
        loop {
            let lost = match feed.next_or_lost().await.expect("the hub is there") {
                Delivery::Event(event) => event.lost(),
                Delivery::Lost(lost) => lost,
            };
            if lost.after_outage {
                return;
            }
        }
    };
    within(told).await;
    ready(&hub).await;
    server.publish("sockeye.t", &["afterwards"]).await;
    while next(&mut feed).await.0 != "afterwards" {}
}

/// The server requires TLS, with a certificate of an authority of its own.
#[tokio::test]
async fn tls_is_used_if_the_server_requires_it() {
    let folder = std::env::temp_dir().join(format!("sockeye-nats-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("made");
    let _guard = scopeguard::guard(folder.clone(), |folder| _ = std::fs::remove_dir_all(folder));
    let key = KeyPair::generate().expect("made");
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .expect("a name")
        .self_signed(&key)
        .expect("signed");
    let (cert_path, key_path) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert_path, own.pem()).expect("written");
    std::fs::write(&key_path, key.serialize_pem()).expect("written");
    let config = format!("tls {{ cert_file: {cert_path:?}, key_file: {key_path:?} }}");
    let Some(server) = Server::start(&config).await else { return };

    let distrusted = hub(sockeye_nats::connect(server.url()));
    let reason = within(distrusted.ready()).await.expect_err("nobody vouches for it").to_string();
    assert!(reason.contains("certificate"), "{reason}");
    let mut roots = RootCertStore::empty();
    roots.add(own.der().clone()).expect("an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    for scheme in ["nats", "tls"] {
        let url = format!("{scheme}://127.0.0.1:{}", server.port);
        within(hub(sockeye_nats::connect(url).tls(config.clone())).ready()).await.expect("trusted");
    }
}
