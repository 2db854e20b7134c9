//! The URL: where the servers are, and as whom to log in.

use std::str::FromStr as _;

use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

/// As whom to log in.
#[derive(Clone)]
pub(crate) enum Login {
    Nobody,
    User {
        name: String,
        password: String,
    },
    Token(String),
    #[cfg(feature = "nkeys")]
    NKey(String),
    #[cfg(feature = "nkeys")]
    CredentialsFile(std::path::PathBuf),
}

/// The servers of a URL, without what is secret, and the login that was in it.
///
/// The client logs the addresses that it is given, so they contain no password. Errors do not repeat the URL for the same reason.
pub(crate) fn parse(urls: &str) -> Result<(Vec<ServerAddr>, Login), String> {
    let mut login = Login::Nobody;
    let mut servers = Vec::new();
    for url in urls.split(',') {
        let (server, own) = parse_one(url.trim())?;
        if matches!(login, Login::Nobody) {
            login = own;
        }
        servers.push(server);
    }
    Ok((servers, login))
}

fn parse_one(url: &str) -> Result<(ServerAddr, Login), String> {
    let server = ServerAddr::from_str(url).map_err(|error| error.to_string())?;
    if server.host().is_empty() {
        return Err("the URL of NATS names no host; it is `nats://host:4222`".to_owned());
    }
    if server.is_websocket() {
        return Err(
            "NATS over WebSocket is not supported; the URL begins with `nats://` or `tls://`".to_owned()
        );
    }
    if !cfg!(feature = "tls") && server.tls_required() {
        return Err("`tls://` needs the feature `tls` of `sockeye-nats`".to_owned());
    }
    let login = login(&server)?;
    let mut url = server.into_inner();
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    stripped.map_err(|()| "the URL of NATS cannot have a user".to_owned())?;
    let server = ServerAddr::from_url(url).map_err(|error| error.to_string())?;
    Ok((server, login))
}

/// A name without a password is a token, as in other clients.
fn login(server: &ServerAddr) -> Result<Login, String> {
    Ok(match (server.username(), server.password()) {
        (None, None) => Login::Nobody,
        (Some(token), None) => Login::Token(decoded(token)?),
        (name, Some(password)) => {
            Login::User { name: decoded(name.unwrap_or_default())?, password: decoded(password)? }
        }
    })
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "the user or password in the URL of NATS is not UTF-8".to_owned())
}

/// The servers as they are shown.
pub(crate) fn shown(servers: &[ServerAddr]) -> String {
    let each = servers.iter().map(|server| match server.host() {
        host if host.contains(':') => format!("[{host}]:{}", server.port()),
        host => format!("{host}:{}", server.port()),
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_leaves_the_address() {
        let (servers, login) =
            parse("nats://me:p%40ss@a, b:4333,nats://[::1]").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(shown(&servers), "a:4222, b:4333, [::1]:4222");
        assert!(servers.iter().all(|server| server.username().is_none() && server.password().is_none()));
        assert!(matches!(login, Login::User { name, password } if (&*name, &*password) == ("me", "p@ss")));
        let (_, login) = parse("t0ken@a").unwrap_or_else(|e| panic!("{e}"));
        assert!(matches!(login, Login::Token(token) if token == "t0ken"));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for wrong in [
            "",
            "nats://",
            "http://s3cret@a",
            "ws://s3cret@a",
            "nats://s3cret:x@a:999999",
            "nats://s3cret%FF@a",
        ] {
            let Err(error) = parse(wrong) else { panic!("{wrong} is right") };
            assert!(error.contains("NATS") && !error.contains("s3cret"), "{error}");
        }
    }
}
