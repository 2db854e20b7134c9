//! `rediss://`.

use sockeye::Hub;
use sockeye_redis::{Redis as Backplane, connect};
use sockeye_tests::within;

use super::{
    cut_off, event, next, ready,
    server::{Folder, Redis, is_installed},
};

/// A certificate and its key, in PEM, which are in a folder as well.
struct Identity {
    certificate: String,
    key: String,
    folder: Folder,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let folder = Folder::new();
        std::fs::write(folder.0.join("certificate.pem"), &certificate).expect("written");
        std::fs::write(folder.0.join("key.pem"), &key).expect("written");
        Self { certificate, key, folder }
    }
}

fn hub(backplane: Backplane) -> Hub<u32> {
    Hub::builder().backplane(backplane).build()
}

async fn share(here: Hub<u32>, there: Hub<u32>) {
    ready([&here, &there]).await;
    let mut far = there.topic("t").subscribe();
    within(far.confirmed()).await;
    here.topic("t").publish(&1).unwrap();
    assert_eq!(next(&mut far).await, event("1"));
}

#[tokio::test]
async fn topics_over_tls() {
    if !is_installed() {
        return;
    }
    let Identity { certificate, folder, .. } = Identity::new();
    let redis = Redis::secure(folder, false).await;
    let url = format!("rediss://localhost:{}", redis.port);
    let trusting = || hub(connect(&url).authority(&*certificate));
    share(trusting(), trusting()).await;

    let reason = cut_off(&hub(connect(&url))).await;
    assert!(
        reason.contains("cannot connect to Redis at localhost") && reason.contains("UnknownIssuer"),
        "{reason}"
    );
    let elsewhere = url.replace("localhost", "127.0.0.1");
    let reason = cut_off(&hub(connect(elsewhere).authority(&*certificate))).await;
    assert!(reason.contains("certificate not valid for name"), "{reason}");
    let reason = cut_off(&hub(connect(&url).authority("no certificate"))).await;
    assert!(reason.contains("the certificate of an authority cannot be read"), "{reason}");
    // Without TLS, at the port of TLS.
    let reason = cut_off(&hub(connect(url.replace("rediss", "redis")))).await;
    assert!(reason.contains("Redis at localhost"), "{reason}");
}

#[tokio::test]
async fn a_redis_that_asks_for_certificates() {
    if !is_installed() {
        return;
    }
    let Identity { certificate, key, folder } = Identity::new();
    let redis = Redis::secure(folder, true).await;
    let url = format!("rediss://localhost:{}", redis.port);
    let named = || hub(connect(&url).authority(&*certificate).identity(&*certificate, &*key));
    share(named(), named()).await;
    let reason = cut_off(&hub(connect(&url).authority(&*certificate))).await;
    assert!(reason.contains("Redis at localhost"), "{reason}");
    let shown = format!("{:?}", connect(&url).identity(&*certificate, &*key));
    assert!(!shown.contains("KEY"), "{shown}");
}
