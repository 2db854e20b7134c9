//! Servers of which one is the master, and sentinels that say which.

use std::sync::Arc;

use redis::{PushInfo, Value};
use sockeye::backplane::Inlet;
use tokio::time;

use crate::{
    connection::{BEAT, Connection, answered},
    failure::Failure,
    link::{Commands, Link},
    server::Server,
    session::Session,
    settings::{Settings, Target},
};

/// Connects to the master.
pub(crate) async fn open(settings: &Arc<Settings>, inlet: &Inlet) -> Result<Session, Failure> {
    let server = master(settings).await?;
    let (link, watches) = Link::open(&server, Commands::Plain, settings, inlet).await?;
    let connection = link.connection().clone();
    let mut session = Session::of_one(link, watches);
    answered(&mut session.watches, is_master(&connection)).await?;
    session.watches.push(Box::pin(replaced(Arc::clone(settings), server)));
    Ok(session)
}

/// The address of the master, from the first sentinel that knows it.
async fn master(settings: &Settings) -> Result<Server, Failure> {
    let Target::Sentinel { sentinels, master, is_secure } = &settings.target else {
        return Err(Failure::new("no sentinels are named"));
    };
    let mut failure = Failure::new("no sentinels are named");
    for sentinel in sentinels {
        match ask(sentinel, settings, master).await {
            Ok(Some((host, port))) => return Ok(Server::Tcp { host, port, is_secure: *is_secure }),
            Ok(None) => {
                failure =
                    Failure::new(format!("the sentinel, {sentinel}, does not know a master {master:?}"));
            }
            Err(reason) => failure = Failure::new(format!("no sentinel answers: {reason}")),
        }
    }
    Err(failure)
}

async fn ask(sentinel: &Server, settings: &Settings, master: &str) -> Result<Option<(String, u16)>, Failure> {
    let Settings { sentinel_login: login, trust, .. } = settings;
    let (connection, watches) = Connection::open(sentinel, login, trust, None::<fn(PushInfo)>).await?;
    let mut watches = watches.into_iter().collect();
    let words = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master];
    Ok(address(&answered(&mut watches, connection.ask(&words)).await?))
}

fn address(reply: &Value) -> Option<(String, u16)> {
    let Value::Array(words) = reply else { return None };
    let [Value::BulkString(host), Value::BulkString(port)] = words.as_slice() else { return None };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    Some((text(host)?, text(port)?.parse().ok()?))
}

/// Whether the server takes itself for the master. Sentinels can be late.
async fn is_master(connection: &Connection) -> Result<(), Failure> {
    match connection.ask(&["ROLE"]).await? {
        Value::Array(words) if matches!(words.first(), Some(Value::BulkString(role)) if role == b"master") => {
            Ok(())
        }
        _ => Err(Failure::new(format!("{} is not the master", connection.server))),
    }
}

/// Ends when the sentinels name another master. The old one can go on as if nothing had happened, if it is cut off from them.
async fn replaced(settings: Arc<Settings>, server: Server) -> Failure {
    loop {
        time::sleep(BEAT).await;
        // Sentinels that are not there do not end a connection that works.
        if let Ok(now) = master(&settings).await
            && now != server
        {
            return Failure::new(format!("{now} has replaced {server} as the master"));
        }
    }
}
