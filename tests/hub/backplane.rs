//! Several hubs that share their topics: the seam behind which a broker stands.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use sockeye::{Backplane, Error, Hub, Inlet, Message, Result};
use sockeye_tests::logs;

use crate::{is_empty, now, text};

/// A broker within the test: it knows who wants which topic, and can be cut off.
#[derive(Clone, Default)]
struct Broker(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    members: Vec<Member>,
    down: bool,
    /// What members asked for, in order.
    asked: Vec<String>,
}

struct Member {
    inlet: Inlet,
    wanted: Vec<String>,
}

/// One hub's way to the broker.
struct Line {
    broker: Broker,
    number: usize,
}

impl Broker {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, inlet: Inlet) -> Line {
        let mut state = self.lock();
        if !state.down {
            inlet.connected();
        }
        state.members.push(Member { inlet, wanted: Vec::new() });
        Line { broker: self.clone(), number: state.members.len() - 1 }
    }

    fn hub(&self) -> Hub<u32> {
        let broker = self.clone();
        Hub::builder().backplane(move |inlet| broker.join(inlet)).build()
    }

    fn fail(&self) {
        let mut state = self.lock();
        state.down = true;
        state.members.iter().for_each(|member| member.inlet.lost("connection reset by peer"));
    }

    fn recover(&self) {
        let mut state = self.lock();
        state.down = false;
        state.members.iter().for_each(|member| member.inlet.connected());
    }
}

impl Line {
    fn ask(&self, what: &str, topic: &str, change: impl FnOnce(&mut Vec<String>)) {
        let mut state = self.broker.lock();
        state.asked.push(format!("{}{what}{topic}", self.number));
        change(&mut state.members[self.number].wanted);
    }
}

impl Backplane for Line {
    fn subscribe(&self, topic: &str) {
        self.ask("+", topic, |wanted| wanted.push(topic.to_owned()));
    }

    fn unsubscribe(&self, topic: &str) {
        self.ask("-", topic, |wanted| wanted.retain(|one| one != topic));
    }

    fn publish(&self, topic: &str, message: Message) -> Result {
        let state = self.broker.lock();
        if state.down {
            return Err(Error::new("not connected"));
        }
        let others = state.members.iter().enumerate().filter(|(number, _)| *number != self.number);
        let wanting = others.filter(|(_, member)| member.wanted.iter().any(|one| one == topic));
        wanting.for_each(|(_, member)| _ = member.inlet.deliver(topic, message.clone()));
        Ok(())
    }
}

#[test]
fn events_reach_the_subscribers_of_every_hub() {
    let broker = Broker::default();
    let (here, there) = (broker.hub(), broker.hub());
    let (mut near, mut far) = (here.topic("t").subscribe(), there.topic("t").subscribe());
    assert_eq!(here.topic("t").publish(&1).unwrap(), 1, "the count is of this process");
    there.topic("t").publish(&2).unwrap();
    assert_eq!([text(&mut near), text(&mut near)], ["1", "2"]);
    assert_eq!([text(&mut far), text(&mut far)], ["1", "2"]);
    assert!(is_empty(&mut near) && is_empty(&mut far), "an event came twice");
}

#[test]
fn a_publisher_need_not_listen_and_payloads_are_passed_on() {
    let broker = Broker::default();
    let (here, there) = (broker.hub(), broker.hub());
    let (mut one, mut two) = (there.topic("t").subscribe(), there.topic("t").subscribe());
    assert_eq!(here.topic("t").publish(&1).unwrap(), 0);
    let (one, two) = (now(&mut one).unwrap(), now(&mut two).unwrap());
    assert_eq!(one.message().as_bytes().as_ptr(), two.message().as_bytes().as_ptr());
    let inlet = broker.lock().members[1].inlet.clone();
    let mut feed = there.topic("t").subscribe();
    assert!(inlet.deliver("t", "written by a program in another language"));
    assert_eq!(text(&mut feed), "written by a program in another language");
}

#[test]
fn the_broker_is_told_who_listens() {
    let broker = Broker::default();
    let hub = broker.hub();
    let first = hub.topic("a").subscribe();
    let second = hub.topic("a").subscribe();
    let other = hub.topic("b").subscribe();
    drop(first);
    drop(second);
    drop(hub.topic("a").subscribe());
    drop(other);
    assert_eq!(broker.lock().asked, ["0+a", "0+b", "0-a", "0+a", "0-a", "0-b"]);
}

/// Whatever happens at the same time, the last thing that the broker hears is how it is.
#[test]
fn what_the_broker_hears_is_in_order() {
    let broker = Broker::default();
    let hub = broker.hub();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| drop(hub.topic("t").subscribe())));
        }
    });
    let state = broker.lock();
    assert!(state.asked.chunks(2).all(|pair| pair == ["0+t", "0-t"]), "{:?}", state.asked);
    assert!(state.members[0].wanted.is_empty());
}

#[test]
fn a_loss_is_reported_and_costs_the_publisher_nothing() {
    logs::listen();
    let broker = Broker::default();
    let (here, there) = (broker.hub(), broker.hub());
    let (mut near, mut far) = (here.topic("lossy").subscribe(), there.topic("lossy").subscribe());
    broker.fail();
    broker.lock().members.iter().for_each(|member| member.inlet.lost("still no connection"));
    for n in 1..4 {
        assert_eq!(here.topic("lossy").publish(&n).unwrap(), 1);
    }
    let event = now(&mut near).unwrap();
    assert!(event.after_outage() && event.message().as_text() == Some("1"));
    assert!(!now(&mut near).unwrap().after_outage());
    assert!(is_empty(&mut far));
    broker.recover();
    here.topic("lossy").publish(&4).unwrap();
    let event = now(&mut far).unwrap();
    assert!(event.after_outage() && event.message().as_text() == Some("4"));
    here.topic("lossy").publish(&5).unwrap();
    assert!(!now(&mut far).unwrap().after_outage());

    let lost = logs::with("reason", "connection reset by peer");
    assert_eq!(lost.len(), 2, "one line for each hub");
    assert!(lost.iter().all(|line| line.get("rule") == "backplane_lost"));
    assert!(logs::with("reason", "still no connection").is_empty());
    assert_eq!(logs::with("topic", "lossy").len(), 1, "the first that is lost is logged");
    assert_eq!(logs::with("unsent", "3").len(), 1, "those that were lost are counted");
}

/// A broker's thread may call in while another tells it something, and from within.
#[test]
fn a_backplane_may_call_the_hub_from_its_methods() {
    struct Echo(Inlet);
    impl Backplane for Echo {
        fn subscribe(&self, topic: &str) {
            self.0.deliver(topic, "welcome");
        }
        fn unsubscribe(&self, topic: &str) {
            self.0.deliver(topic, "gone");
        }
        fn publish(&self, topic: &str, _: Message) -> Result {
            self.0.deliver(topic, "echo");
            Ok(())
        }
    }
    let hub = Hub::<u32>::builder().backplane(Echo).build();
    let mut feed = hub.topic("t").subscribe();
    hub.topic("t").publish(&1).unwrap();
    assert_eq!([text(&mut feed), text(&mut feed), text(&mut feed)], ["welcome", "echo", "1"]);
}

#[test]
fn the_backplane_goes_with_its_hub() {
    struct Guard {
        _kept: Arc<()>,
    }
    impl Backplane for Guard {
        fn subscribe(&self, _: &str) {}
        fn unsubscribe(&self, _: &str) {}
        fn publish(&self, _: &str, _: Message) -> Result {
            Ok(())
        }
    }
    let alive = Arc::new(());
    let kept = Arc::clone(&alive);
    let inlet = Arc::new(Mutex::new(None));
    let given = Arc::clone(&inlet);
    let hub = Hub::<u32>::builder()
        .backplane(move |inlet| {
            *given.lock().unwrap() = Some(inlet);
            Guard { _kept: kept }
        })
        .build();
    let inlet = inlet.lock().unwrap().take().unwrap();
    let mut feed = hub.topic("t").subscribe();
    assert!(inlet.deliver("t", "1"));
    drop(hub);
    assert!(!inlet.deliver("t", "2"), "nobody can publish any more");
    assert_eq!(text(&mut feed), "1");
    assert!(feed.next().now_or_never().unwrap().is_err());
    drop(feed);
    assert_eq!(Arc::strong_count(&alive), 1, "the backplane was not dropped");
}
