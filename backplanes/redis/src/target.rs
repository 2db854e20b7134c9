//! URLs.

use percent_encoding::percent_decode_str;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};

use crate::{
    failure::Failure,
    server::Server,
    settings::{Settings, Target},
};

const SCHEMES: &str = "a URL of Redis begins with `redis://`, `rediss://`, `redis+unix://`, `redis+sentinel://`, or \
    `redis+cluster://`";
/// Such a URL is read differently than it is meant, and the password would be taken for a host.
const ENCODE: &str = "the user or the password in the URL of Redis must be percent-encoded: `/` is `%2F`, `?` is `%3F`, \
    `#` is `%23`, `@` is `%40`";

/// What a URL says. The errors do not quote it: it can contain a password.
pub(crate) fn parse(url: &str) -> Result<Settings, Failure> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| Failure::new(SCHEMES))?;
    let scheme = scheme.to_ascii_lowercase().replace("valkey", "redis");
    let (transport, kind) = scheme.split_once('+').unwrap_or((&scheme, ""));
    let is_secure = match transport {
        "redis" | "unix" => false,
        "rediss" if cfg!(feature = "tls") => true,
        "rediss" => {
            return Err(Failure::new(
                "the URL of Redis asks for TLS, which is the feature `tls` of sockeye-redis",
            ));
        }
        _ => return Err(Failure::new(SCHEMES)),
    };
    match (transport, kind) {
        ("unix", "") | ("redis", "unix") => socket(rest),
        ("redis" | "rediss", "") => {
            let (servers, login) = servers(&Authority::of(rest)?, rest_behind(rest), 6379, is_secure)?;
            match <[Server; 1]>::try_from(servers) {
                Ok([server]) => Ok(Settings::new(Target::One(server), login)),
                Err(_) => Err(Failure::new(
                    "the URL of Redis names several servers: `redis+cluster://` or `redis+sentinel://` is for those",
                )),
            }
        }
        ("redis" | "rediss", "cluster") => {
            let (servers, login) = servers(&Authority::of(rest)?, "", 6379, is_secure)?;
            Ok(Settings::new(Target::Cluster(servers), login))
        }
        ("redis" | "rediss", "sentinel") => sentinels(rest, is_secure),
        _ => Err(Failure::new(SCHEMES)),
    }
}

/// `user:password@host:port,host:port`, in parts.
struct Authority<'a> {
    /// With the `@`.
    login: &'a str,
    hosts: &'a str,
}

impl<'a> Authority<'a> {
    fn of(rest: &'a str) -> Result<Self, Failure> {
        let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if behind.contains('@') {
            return Err(Failure::new(ENCODE));
        }
        let (login, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        Ok(Self { login, hosts })
    }
}

/// The path and what follows it.
fn rest_behind(rest: &str) -> &str {
    &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..]
}

/// Each host is read as if it were the only one.
fn servers(
    Authority { login, hosts }: &Authority<'_>,
    behind: &str,
    default_port: u16,
    is_secure: bool,
) -> Result<(Vec<Server>, RedisConnectionInfo), Failure> {
    let mut servers = Vec::new();
    let mut last = RedisConnectionInfo::default();
    for host in hosts.split(',') {
        let info = info(&format!("redis://{login}{host}{behind}"))?;
        let ConnectionAddr::Tcp(name, port) = info.addr() else { return Err(Failure::new(SCHEMES)) };
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && !port.contains(']'));
        let port = if has_port { *port } else { default_port };
        servers.push(Server::Tcp { host: name.clone(), port, is_secure });
        last = info.redis_settings().clone();
    }
    Ok((servers, last))
}

/// `redis+sentinel://user:password@host:port,host:port/master/db`.
fn sentinels(rest: &str, is_secure: bool) -> Result<Settings, Failure> {
    let path = rest_behind(rest).trim_start_matches('/');
    let (master, db) = path.split_once('/').unwrap_or((path, ""));
    let master = percent_decode_str(master).decode_utf8().ok().filter(|master| !master.is_empty());
    let master = master.ok_or_else(|| {
        Failure::new(
            "a URL with sentinels ends with the name of the master: `redis+sentinel://host:26379/name`",
        )
    })?;
    let (sentinels, login) = servers(&Authority::of(rest)?, &format!("/{db}"), 26379, is_secure)?;
    Ok(Settings::new(Target::Sentinel { sentinels, master: master.into_owned(), is_secure }, login))
}

/// `redis+unix:///path?db=1&user=name&pass=password`.
fn socket(rest: &str) -> Result<Settings, Failure> {
    let info = info(&format!("redis+unix://{rest}"))?;
    let ConnectionAddr::Unix(path) = info.addr() else { return Err(Failure::new(SCHEMES)) };
    Ok(Settings::new(Target::One(Server::Unix(path.clone())), info.redis_settings().clone()))
}

fn info(url: &str) -> Result<ConnectionInfo, Failure> {
    url.into_connection_info()
        .map_err(|error| Failure::new(format!("the URL of Redis cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Server {
        Server::Tcp { host: host.to_owned(), port, is_secure: false }
    }

    fn read(url: &str) -> Settings {
        parse(url).unwrap_or_else(|failure| panic!("{url}: {failure}"))
    }

    #[test]
    fn one_server() {
        let settings = read("redis://ann:p%40ss@10.0.0.1:7000/3");
        assert_eq!(settings.target, Target::One(tcp("10.0.0.1", 7000)));
        let login = &settings.login;
        assert_eq!((login.username(), login.password(), login.db()), (Some("ann"), Some("p@ss"), 3));
        assert_eq!(read("valkey://cache").target, Target::One(tcp("cache", 6379)));
        assert_eq!(read("redis://[::1]").target, Target::One(tcp("::1", 6379)));
        let settings = read("redis+unix:///run/redis.sock?db=2&pass=secret");
        assert_eq!(settings.target, Target::One(Server::Unix("/run/redis.sock".into())));
        assert_eq!((settings.login.password(), settings.login.db()), (Some("secret"), 2));
        assert_eq!(read("unix:///run/redis.sock").target, settings.target);
    }

    #[test]
    fn several_servers() {
        let settings = read("redis+sentinel://:pw@a,b:7,[::1]/main/2");
        let sentinels = vec![tcp("a", 26379), tcp("b", 7), tcp("::1", 26379)];
        let master = "main".to_owned();
        assert_eq!(settings.target, Target::Sentinel { sentinels, master, is_secure: false });
        assert_eq!((settings.login.password(), settings.login.db()), (Some("pw"), 2));
        let settings = read("redis+cluster://ann:pw@a:7000,b");
        assert_eq!(settings.target, Target::Cluster(vec![tcp("a", 7000), tcp("b", 6379)]));
        assert_eq!(settings.login.username(), Some("ann"));
    }

    #[test]
    fn what_cannot_be_read_is_explained_and_not_quoted() {
        for (url, words) in [
            ("s3cret", "begins with `redis://`"),
            ("http://s3cret@host", "begins with `redis://`"),
            ("redis+tor://:s3cret@host", "begins with `redis://`"),
            ("redis://:s3cret/x@host", "percent-encoded"),
            ("redis://s3cret#x@host", "percent-encoded"),
            ("redis://:s3cret@host/x", "database number"),
            ("redis://:s3cret@host:port", "cannot be read"),
            ("redis://:s3cret@", "cannot be read"),
            ("redis://:s3cret@a,b", "`redis+cluster://`"),
            ("redis+sentinel://:s3cret@a,b", "the name of the master"),
            ("redis+unix://:s3cret@", "cannot be read"),
            #[cfg(not(feature = "tls"))]
            ("rediss://:s3cret@host", "feature `tls`"),
        ] {
            let failure = parse(url).map(|_| ()).expect_err(url).to_string();
            assert!(failure.contains(words) && !failure.contains("s3cret"), "{url}: {failure}");
        }
    }
}
