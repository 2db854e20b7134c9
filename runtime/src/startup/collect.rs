//! Selects the registered endpoints to serve: those of its groups, with the effective settings of each.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use super::Candidate;
use crate::{
    Heartbeat, Origins, compression,
    endpoint::{HeartbeatMessageOption, HeartbeatOption, Registered},
    mounted::{Mounted, Settings},
    server::{self, Groups},
    shutdown::Lifecycle,
    state::States,
};

/// The endpoints of the groups, sorted by file and line, and those of other groups.
pub(crate) fn collect(
    groups: &Groups,
    server: &Settings,
    states: &Arc<States>,
    lifecycle: &Lifecycle,
) -> (Vec<Candidate>, Vec<&'static Registered>) {
    let (ours, elsewhere) = registered(groups);
    let ours = ours.into_iter().map(|one| candidate(one, groups, server, states, lifecycle)).collect();
    (ours, elsewhere)
}

/// What is registered of the groups, with their prefixes, sorted by file and line, and of other groups.
pub(crate) fn registered(groups: &Groups) -> (Vec<&'static Registered>, Vec<&'static Registered>) {
    let all = inventory::iter::<Registered>.into_iter();
    let (ours, elsewhere): (Vec<&'static Registered>, Vec<_>) = all.partition(|one| groups.serve(one.group));
    let ours = ours.into_iter().map(|one| server::mounted(one, groups.prefix(one.group)));
    let mut ours: Vec<_> = ours.collect();
    ours.sort_by_key(|one| place(one));
    (ours, elsewhere)
}

/// The place of an endpoint. The order in which the linker stores them means nothing.
pub(super) fn place(one: &'static Registered) -> impl Ord {
    (one.source.file, one.source.line, one.route)
}

fn candidate(
    registered: &'static Registered,
    groups: &Groups,
    server: &Settings,
    states: &Arc<States>,
    lifecycle: &Lifecycle,
) -> Candidate {
    let bound = (registered.bind)();
    let mounted = Mounted {
        registered,
        requirements: bound.requirements,
        call: bound.call,
        formats: bound.formats,
        states: Arc::clone(states),
        settings: settings(registered, server),
        lifecycle: lifecycle.clone(),
        has_told_of_offer: AtomicBool::new(false),
    };
    Candidate {
        mounted: Arc::new(mounted),
        layers: groups.layers(registered.group),
        state: bound.state,
        clash: None,
        shares_path: false,
        answer: None,
        beside: None,
    }
}

/// The endpoint's own options, then the server's settings.
pub(crate) fn settings(registered: &Registered, server: &Settings) -> Settings {
    let options = &registered.options;
    let mut settings = server.clone();
    if let Some(origins) = options.origins {
        settings.origins = Arc::new(Origins::from_option(origins, &server.origins));
    }
    if let Some(bytes) = options.max_message_size {
        settings.limits = settings.limits.max_message_size(bytes);
    }
    settings.limits = compression::chosen(options.compression, settings.limits);
    match options.heartbeat {
        None => {}
        Some(HeartbeatOption::Off) => settings.heartbeat = Heartbeat::off(),
        Some(HeartbeatOption::Every(millis)) => {
            settings.heartbeat =
                Heartbeat::every(Duration::from_millis(millis)).timeout(server.heartbeat.timeout);
        }
    }
    settings.heartbeat_message = options.heartbeat_message.map(|option| match option {
        HeartbeatMessageOption::OfServer => server.heartbeat.message_interval_or_default(),
        HeartbeatMessageOption::Every(millis) => Duration::from_millis(millis),
    });
    settings
}
