//! Servers that share the slots of a cluster.

use std::sync::Arc;

use futures_util::future::try_join_all;
use redis::{PushInfo, Value};
use sockeye::backplane::Inlet;
use tokio::time;

use crate::{
    connection::{BEAT, Connection, Watches, answered},
    failure::Failure,
    link::{Commands, Link},
    server::Server,
    session::Session,
    settings::{Settings, Target},
    slots::{Range, Slots},
};

/// The masters, and which slots belong to which of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Map {
    servers: Vec<Server>,
    ranges: Vec<Range>,
}

/// Connects to every master.
pub(crate) async fn open(settings: &Arc<Settings>, inlet: &Inlet) -> Result<Session, Failure> {
    let map = find(settings).await?;
    let opening = map.servers.iter().map(|server| Link::open(server, Commands::Sharded, settings, inlet));
    let (mut links, mut watches) = (Vec::new(), Watches::new());
    for (link, watched) in try_join_all(opening).await? {
        links.push(link);
        watches.extend(watched);
    }
    let connections = links.iter().map(|link| link.connection().clone()).collect();
    watches.push(Box::pin(moved(connections, map.clone())));
    let slots = Slots::Shared { prefix: settings.prefix.clone(), ranges: map.ranges };
    Ok(Session { links, slots, watches })
}

/// The map of the first server that answers.
async fn find(settings: &Settings) -> Result<Map, Failure> {
    let Target::Cluster(servers) = &settings.target else { return Err(Failure::new("no cluster is named")) };
    let mut failure = Failure::new("no servers of the cluster are named");
    for server in servers {
        match ask(server, settings).await {
            Ok(map) => return Ok(map),
            Err(reason) => failure = reason,
        }
    }
    Err(failure)
}

async fn ask(server: &Server, settings: &Settings) -> Result<Map, Failure> {
    let nothing = None::<fn(PushInfo)>;
    let (connection, watches) = Connection::open(server, &settings.login, &settings.trust, nothing).await?;
    answered(&mut watches.into_iter().collect(), map(&connection)).await
}

async fn map(connection: &Connection) -> Result<Map, Failure> {
    let server = &connection.server;
    let unreadable =
        || Failure::new(format!("{server} describes its cluster in a way that is not understood"));
    let Value::Array(entries) = connection.ask(&["CLUSTER", "SLOTS"]).await? else {
        return Err(unreadable());
    };
    let mut map = Map { servers: Vec::new(), ranges: Vec::new() };
    for entry in &entries {
        let (first, last, master) = read(entry, server).ok_or_else(unreadable)?;
        let link = map.servers.iter().position(|known| *known == master).unwrap_or_else(|| {
            map.servers.push(master);
            map.servers.len() - 1
        });
        map.ranges.push(Range { first, last, link });
    }
    map.ranges.sort_unstable();
    if map.servers.is_empty() {
        return Err(Failure::new(format!("the cluster of {server} has no slots")));
    }
    Ok(map)
}

/// An entry of `CLUSTER SLOTS`: first slot, last slot, the master, and its replicas.
fn read(entry: &Value, asked: &Server) -> Option<(u16, u16, Server)> {
    let Value::Array(parts) = entry else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = parts.as_slice() else {
        return None;
    };
    let [name, Value::Int(port), ..] = master.as_slice() else { return None };
    let Server::Tcp { host, is_secure, .. } = asked else { return None };
    let host = match name {
        Value::BulkString(name) if !name.is_empty() && name != b"?" => {
            String::from_utf8(name.clone()).ok()?
        }
        // The name by which the asked server was reached.
        _ => host.clone(),
    };
    let server = Server::Tcp { host, port: (*port).try_into().ok()?, is_secure: *is_secure };
    Some(((*first).try_into().ok()?, (*last).try_into().ok()?, server))
}

/// Ends when a server describes the cluster differently. One that is cut off from the others keeps its old map, so all are asked in turn.
async fn moved(connections: Vec<Connection>, known: Map) -> Failure {
    loop {
        for connection in &connections {
            time::sleep(BEAT).await;
            match map(connection).await {
                Ok(now) if now.is_same(&known) => {}
                Ok(_) => return Failure::new("the slots of the cluster have moved"),
                Err(failure) => return failure,
            }
        }
    }
}

impl Map {
    /// Servers can list themselves in another order.
    fn is_same(&self, other: &Self) -> bool {
        let owners = |map: &Self| -> Vec<_> {
            map.ranges
                .iter()
                .map(|range| (range.first, range.last, map.servers[range.link].clone()))
                .collect()
        };
        owners(self) == owners(other)
    }
}
