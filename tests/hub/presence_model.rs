//! Whatever happens between three machines, in the end all of them show exactly the memberships that live.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use sockeye::{Hub, Member, Membership, Presence, PresenceChange};

use crate::broker::Broker;

const MACHINES: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Join {
        machine: usize,
        key: u8,
    },
    Leave {
        member: usize,
    },
    Update {
        member: usize,
        meta: u8,
    },
    Cut {
        machine: usize,
    },
    Restore {
        machine: usize,
    },
    Drops {
        packets: usize,
    },
    Swallows {
        packets: usize,
    },
    Doubles {
        packets: usize,
    },
    Refuses {
        orders: usize,
    },
    /// A reader that comes new.
    Reader {
        machine: usize,
    },
    NoReader {
        machine: usize,
    },
    Read {
        machine: usize,
    },
    Wait {
        millis: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let machine = || 0..MACHINES;
    prop_oneof![
        6 => (machine(), 0_u8..4).prop_map(|(machine, key)| Step::Join { machine, key }),
        5 => (0_usize..12).prop_map(|member| Step::Leave { member }),
        2 => (0_usize..12, any::<u8>()).prop_map(|(member, meta)| Step::Update { member, meta }),
        2 => machine().prop_map(|machine| Step::Cut { machine }),
        2 => machine().prop_map(|machine| Step::Restore { machine }),
        1 => (1_usize..4).prop_map(|packets| Step::Drops { packets }),
        1 => (1_usize..3).prop_map(|packets| Step::Swallows { packets }),
        1 => (1_usize..4).prop_map(|packets| Step::Doubles { packets }),
        1 => (1_usize..3).prop_map(|orders| Step::Refuses { orders }),
        1 => machine().prop_map(|machine| Step::Reader { machine }),
        1 => machine().prop_map(|machine| Step::NoReader { machine }),
        2 => machine().prop_map(|machine| Step::Read { machine }),
        6 => (0_u64..8000).prop_map(|millis| Step::Wait { millis }),
    ]
}

/// What a reader was told, as a client would keep it.
struct Told {
    presence: Presence,
    members: BTreeMap<String, Member>,
}

impl Told {
    fn new(hub: &Hub<u32>) -> Self {
        Self { presence: hub.topic("t").presence(), members: BTreeMap::new() }
    }

    /// Reads all that is there, and checks that each change fits what was told before.
    fn read(&mut self) {
        use futures_util::FutureExt as _;
        while let Some(change) = self.presence.next().now_or_never() {
            match change.expect("a change") {
                PresenceChange::Members(members) => {
                    self.members = members.into_iter().map(|one| (one.key().to_owned(), one)).collect();
                }
                PresenceChange::Joined(member) => {
                    let before = self.members.insert(member.key().to_owned(), member);
                    assert!(before.is_none(), "{before:?} was there already");
                }
                PresenceChange::Updated(member) => {
                    let before = self.members.insert(member.key().to_owned(), member.clone());
                    assert!(before.is_some_and(|before| before != member), "nothing new about {member:?}");
                }
                PresenceChange::Left(member) => {
                    assert!(self.members.remove(member.key()).is_some(), "{member:?} was not there");
                }
                other => panic!("{other:?}"),
            }
        }
        let now: Vec<_> = self.presence.members();
        assert!(now.iter().eq(self.members.values()), "{now:?} instead of {:?}", self.members);
    }
}

struct Machines {
    broker: Broker,
    hubs: Vec<Hub<u32>>,
    guards: Vec<Membership>,
    readers: Vec<Option<Told>>,
}

impl Machines {
    fn new() -> Self {
        let broker = Broker::default();
        let hubs: Vec<_> = (0..MACHINES).map(|_| broker.hub()).collect();
        let readers = hubs.iter().map(|hub| Some(Told::new(hub))).collect();
        Self { broker, hubs, guards: Vec::new(), readers }
    }

    async fn run(&mut self, step: Step) {
        match step {
            Step::Join { machine, key } => {
                let joined = self.hubs[machine].topic("t").join(key.to_string(), &self.guards.len());
                self.guards.push(joined.expect("it is small"));
            }
            Step::Leave { member } if member < self.guards.len() => drop(self.guards.swap_remove(member)),
            Step::Update { member, meta } => {
                if let Some(guard) = self.guards.get(member) {
                    guard.update(&meta).expect("it is small");
                }
            }
            Step::Leave { .. } => {}
            Step::Cut { machine } => self.broker.cut(machine),
            Step::Restore { machine } => self.broker.restore(machine),
            Step::Drops { packets } => self.broker.lock().drops = packets,
            Step::Swallows { packets } => self.broker.lock().swallows = packets,
            Step::Doubles { packets } => self.broker.lock().doubles = packets,
            Step::Refuses { orders } => self.broker.lock().refuses = orders,
            Step::Reader { machine } => self.readers[machine] = Some(Told::new(&self.hubs[machine])),
            Step::NoReader { machine } => self.readers[machine] = None,
            Step::Read { machine } => self.readers[machine].iter_mut().for_each(Told::read),
            Step::Wait { millis } => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
    }

    /// All is connected, and time passes.
    async fn settle(&mut self) {
        self.repair();
        for (reader, hub) in self.readers.iter_mut().zip(&self.hubs) {
            reader.get_or_insert_with(|| Told::new(hub));
        }
        tokio::time::sleep(Duration::from_mins(1)).await;
    }

    fn repair(&self) {
        (0..MACHINES).for_each(|machine| self.broker.restore(machine));
        let mut state = self.broker.lock();
        (state.drops, state.swallows, state.doubles, state.refuses) = (0, 0, 0, 0);
    }

    fn check(&mut self) {
        let mut expected = BTreeMap::<_, u32>::new();
        for guard in &self.guards {
            *expected.entry(guard.key().to_owned()).or_default() += 1;
        }
        let mut metas = BTreeSet::new();
        for (machine, reader) in self.readers.iter_mut().flatten().enumerate() {
            reader.read();
            let shown = reader.members.iter().map(|(key, member)| (key.clone(), member.connections()));
            assert_eq!(shown.collect::<BTreeMap<_, _>>(), expected, "on machine {machine}");
            metas.insert(serde_json::to_string(&reader.presence.members()).expect("JSON"));
        }
        assert_eq!(metas.len(), 1, "the machines describe them differently");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_every_machine_shows_who_is_there(steps in vec(step(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut machines = Machines::new();
            for step in steps {
                machines.run(step).await;
            }
            machines.settle().await;
            machines.check();
        });
    }
}
