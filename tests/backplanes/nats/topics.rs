//! What arrives, on which topics.

use sockeye::Hub;

use crate::{Server, connected, hub, next, publish, ready, subscribed};

#[tokio::test]
async fn two_hubs_share_topics_and_other_programs_publish() {
    let Some(server) = Server::start("").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let (mut near, mut far) = (subscribed(&here, "t").await, subscribed(&there, "t").await);
    publish(&here, "t", "1");
    let one = ("\"1\"".to_owned(), false);
    assert_eq!([next(&mut near).await, next(&mut far).await], [one.clone(), one]);
    for n in 2..200 {
        publish(if n % 2 == 0 { &here } else { &there }, "t", &n.to_string());
    }
    // The events of one publisher are in order, those of two are in any.
    for feed in [&mut near, &mut far] {
        let mut last = [0, 1];
        for _ in 2..200 {
            let number: usize = next(feed).await.0.trim_matches('"').parse().expect("a number");
            assert_eq!(number, last[number % 2] + 2);
            last[number % 2] = number;
        }
    }
    server.publish("sockeye.t", &["{\"from\":\"python\"}"]).await;
    let foreign = ("{\"from\":\"python\"}".to_owned(), false);
    assert_eq!([next(&mut near).await, next(&mut far).await], [foreign.clone(), foreign]);
}

#[tokio::test]
async fn a_topic_is_any_string() {
    let Some(server) = Server::start("").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let (long, longer) = ("x".repeat(1001), "y".repeat(10_000));
    let names = [
        "", " ", "a b", "a.b", ".", "*", ">", "a.>", "%", "%20", "%%", "echo", "$SYS.>", "Zürich",
        "\u{2003}", "日本", "\r\n", "\0", "a/b:c", "a\tb", &long, &longer,
    ];
    let mut feeds = Vec::new();
    for name in names {
        feeds.push(subscribed(&there, name).await);
    }
    for name in names {
        publish(&here, name, &name.len().to_string());
    }
    for (name, feed) in names.iter().zip(&mut feeds) {
        let event = (format!("\"{}\"", name.len()), false);
        assert_eq!(next(feed).await, event, "{name:?}");
    }
    for (name, subject) in [("", "sockeye.%"), ("a b", "sockeye.a%20b"), ("Zürich", "sockeye.Z%C3%BCrich")] {
        server.publish(subject, &["foreign"]).await;
        let number = names.iter().position(|other| *other == name).expect("it is one of them");
        assert_eq!(next(&mut feeds[number]).await.0, "foreign");
    }
}

#[tokio::test]
async fn prefixes_keep_hubs_apart() {
    let Some(server) = Server::start("").await else { return };
    let with = |prefix: &str| hub(sockeye_nats::connect(server.url()).prefix(prefix));
    let (one, two) = (with("one."), with("two.and.more."));
    ready(&one).await;
    ready(&two).await;
    let (mut in_one, mut in_two) = (subscribed(&one, "t").await, subscribed(&two, "t").await);
    server.publish("one.t", &["1"]).await;
    server.publish("two.and.more.t", &["2"]).await;
    assert_eq!((next(&mut in_one).await.0, next(&mut in_two).await.0), ("1".into(), "2".into()));
}

/// Unsubscribed topics are subscribed to again, and nothing comes twice then, not even of other programs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_come_and_go() {
    let Some(server) = Server::start("").await else { return };
    let hub = connected(&server).await;
    for round in 0..200 {
        let mut feed = subscribed(&hub, "t").await;
        let payloads = [format!("{round}"), "last".to_owned()];
        server.publish("sockeye.t", &[&payloads[0], &payloads[1]]).await;
        assert_eq!(next(&mut feed).await.0, payloads[0]);
        assert_eq!(next(&mut feed).await.0, "last");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_topics_are_subscribed_to() {
    const TOPICS: usize = 1500;
    let Some(server) = Server::start("").await else { return };
    let (here, there) = (connected(&server).await, connected(&server).await);
    let mut feeds: Vec<_> = (0..TOPICS).map(|n| there.topic(format!("x{n}")).subscribe()).collect();
    for feed in &mut feeds {
        sockeye_tests::within(feed.confirmed()).await;
    }
    (0..TOPICS).for_each(|n| publish(&here, &format!("x{n}"), "7"));
    for feed in &mut feeds {
        assert_eq!(next(feed).await, ("\"7\"".to_owned(), false));
    }
}

/// What was published just before the end of the program is sent.
#[tokio::test]
async fn the_last_events_of_a_hub_are_sent() {
    let Some(server) = Server::start("").await else { return };
    let there = connected(&server).await;
    let mut far = subscribed(&there, "t").await;
    let here: Hub<String> = connected(&server).await;
    (0..3000).for_each(|n| publish(&here, "t", &n.to_string()));
    drop(here);
    for n in 0..3000 {
        assert_eq!(next(&mut far).await, (format!("\"{n}\""), false));
    }
}
