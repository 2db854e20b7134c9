//! Publishing to everybody but oneself.

use sockeye::Hub;

use crate::{is_empty, now, text};

#[test]
fn everybody_but_the_publisher_receives_it_in_order() {
    let topic = Hub::<u32>::new().topic("t");
    let (mut one, mut two, mut three) = (topic.subscribe(), topic.subscribe(), topic.subscribe());
    assert_eq!(topic.publish_from(&one, &1).unwrap(), 2);
    assert_eq!(topic.publish(&2).unwrap(), 3);
    assert_eq!(topic.publish_from(&two, &3).unwrap(), 2);
    assert_eq!([text(&mut one), text(&mut one)], ["2", "3"]);
    assert_eq!([text(&mut two), text(&mut two)], ["1", "2"]);
    assert_eq!([text(&mut three), text(&mut three), text(&mut three)], ["1", "2", "3"]);
    assert!(is_empty(&mut one) && is_empty(&mut two) && is_empty(&mut three));
}

/// One that is behind others leaves hollow places in the queue, which must neither come nor count.
#[test]
fn a_publisher_that_is_behind_misses_nothing_of_its_own() {
    let topic = Hub::<u32>::builder().queue(4).build().topic("t");
    let (mut slow, mut fast) = (topic.subscribe(), topic.subscribe());
    topic.publish(&0).unwrap();
    for n in 1..4 {
        topic.publish_from(&slow, &n).unwrap();
    }
    assert!((0..4).all(|n| text(&mut fast) == n.to_string()));
    topic.publish(&4).unwrap();
    topic.publish(&5).unwrap();
    // 0 had to go, and with it everything up to 4.
    let event = now(&mut slow).unwrap();
    assert_eq!((event.missed(), event.message().as_text()), (1, Some("4")));
    assert_eq!(text(&mut slow), "5");
    assert!(is_empty(&mut slow));
}

#[test]
fn who_is_alone_reaches_nobody() {
    let topic = Hub::<u32>::new().topic("t");
    let mut only = topic.subscribe();
    assert_eq!(topic.publish_from(&only, &1).unwrap(), 0);
    assert!(is_empty(&mut only));
    let mut later = topic.subscribe();
    assert!(is_empty(&mut later));
}

#[test]
fn a_subscription_to_something_else_leaves_nobody_out() {
    let (hub, other) = (Hub::<u32>::new(), Hub::<u32>::new());
    let (mut here, elsewhere, foreign) =
        (hub.topic("a").subscribe(), hub.topic("b").subscribe(), other.topic("a").subscribe());
    assert_eq!(hub.topic("a").publish_from(&elsewhere, &1).unwrap(), 1);
    assert_eq!(hub.topic("a").publish_from(&foreign, &2).unwrap(), 1);
    assert_eq!([text(&mut here), text(&mut here)], ["1", "2"]);
}

/// The place of one that has gone is used again, and must not be taken for its.
#[test]
fn a_newcomer_is_not_taken_for_a_publisher_that_has_gone() {
    let topic = Hub::<u32>::new().topic("t");
    let (gone, mut stays) = (topic.subscribe(), topic.subscribe());
    topic.publish_from(&gone, &1).unwrap();
    drop(gone);
    let mut newcomer = topic.subscribe();
    assert_eq!(topic.publish(&2).unwrap(), 2);
    assert_eq!(text(&mut newcomer), "2");
    drop(newcomer);
    assert_eq!([text(&mut stays), text(&mut stays)], ["1", "2"]);
}
