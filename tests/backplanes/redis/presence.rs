//! Who is present, on machines that share a real Redis.

use sockeye::{Hub, Presence};
use sockeye_redis::connect;
use sockeye_tests::within;

use super::{
    cut_off, ready,
    server::{Redis, is_installed},
};

/// Until these keys are present, and no other.
async fn shows(presence: &mut Presence, keys: &[&str]) {
    within(async {
        loop {
            let mut members: Vec<_> =
                presence.members().iter().map(|member| member.key().to_owned()).collect();
            members.sort_unstable();
            if members == keys {
                return;
            }
            presence.next().await.expect("the hub is there");
        }
    })
    .await;
}

#[tokio::test]
async fn machines_agree_on_who_is_present_also_after_an_outage() {
    if !is_installed() {
        return;
    }
    let mut redis = Redis::start(&[]).await;
    // The same with a history: presence is not part of it.
    let here = Hub::<u32>::builder().backplane(connect(redis.url())).history(10).build();
    let there = Hub::<u32>::builder().backplane(connect(redis.url())).history(10).build();
    ready([&here, &there]).await;
    let ann = here.topic("room").join("ann", &"Ann").unwrap();
    let mut near = here.topic("room").presence();
    let mut far = there.topic("room").presence();
    let bob = there.topic("room").join("bob", &"Bob").unwrap();
    shows(&mut near, &["ann", "bob"]).await;
    shows(&mut far, &["ann", "bob"]).await;

    redis.kill();
    cut_off(&here).await;
    cut_off(&there).await;
    drop(ann);
    let cid = here.topic("room").join("cid", &"Cid").unwrap();
    redis.restart().await;
    ready([&here, &there]).await;
    shows(&mut far, &["bob", "cid"]).await;
    shows(&mut near, &["bob", "cid"]).await;
    drop((bob, cid));
    shows(&mut far, &[]).await;
    shows(&mut near, &[]).await;
    assert_eq!(redis.cli(&["KEYS", "*"]).await, "", "nothing of it is kept");
}
