//! Symptoms of problems, and the rules that can be their cause. The only table for `cargo sockeye explain` and for the
//! guide's page on troubleshooting.

use crate::{Rule, catalogue as r};

/// A symptom that a client or a server shows: a status, a close code, or a behaviour in words.
#[derive(Debug)]
pub struct Symptom {
    /// The search term: `403`, `1006`, `closes at once`.
    pub name: &'static str,
    /// The heading of its page.
    pub title: &'static str,
    /// The HTTP statuses and close codes of this symptom.
    pub codes: &'static [u16],
    /// Other words for it.
    pub also: &'static [&'static str],
    /// The meaning, and where to look first (Markdown without links).
    pub advice: &'static str,
    /// The rules that can be the cause, each with a short description.
    pub causes: &'static [(&'static Rule, &'static str)],
}

impl Symptom {
    /// Its name, its title, and other words for it.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.name, self.title].into_iter().chain(self.also.iter().copied())
    }

    /// The page, in the Markdown of the rule pages.
    pub fn page(&self) -> String {
        let row = |(rule, cause): &(&Rule, &str)| format!("| `{}` | {cause} |\n", rule.name);
        let rows: String = self.causes.iter().map(row).collect();
        format!("# {}\n\n{}\n\n| rule | cause |\n| --- | --- |\n{rows}", self.title, self.advice)
    }
}

/// Every symptom: the statuses, the close codes, then those in words.
pub static SYMPTOMS: &[Symptom] = &[
    Symptom {
        name: "101",
        title: "101 Switching Protocols",
        codes: &[101],
        also: &["switching protocols", "101 and then nothing"],
        advice: "The handshake is accepted, and the connection is open: with 101 nothing is wrong. The close code and the closing \
                 event in the log show what happens after it. If a client reports 101 as an error, the response was not read by a \
                 WebSocket client: the request does not come from a WebSocket library, or a proxy in front does not support \
                 WebSockets.",
        causes: &[
            (
                &r::NO_RECEIVE_LOOP,
                "the connection closes at once with 1000: the handler has no loop that receives",
            ),
            (&r::HANDLER_ERROR, "the connection closes at once with 1011: the handler returned an error"),
            (&r::DEAF_LOOP, "the server does not react to messages: the handler only sends"),
            (&r::HEARTBEAT_MISSED, "the connection closes after a while: the client does not answer pings"),
        ],
    },
    Symptom {
        name: "200",
        title: "200 OK, and no WebSocket",
        codes: &[200],
        also: &["html instead of a websocket", "unexpected response code 200"],
        advice: "An HTTP route answered instead of an endpoint, usually a fallback that serves a page for every path. The path \
                 differs from the route, or the handshake lost its headers and the request became a plain one.",
        causes: &[
            (
                &r::UNKNOWN_ROUTE,
                "no endpoint has this path, and the fallback of the program answered; the log names the nearest route",
            ),
            (&r::UPGRADE_STRIPPED, "a proxy removed `Upgrade` and `Connection`"),
            (&r::REFUSED_BY_LAYER, "a layer in front of the endpoint answered"),
        ],
    },
    Symptom {
        name: "301",
        title: "A redirect (301, 302, 303, 307, 308)",
        codes: &[301, 302, 303, 307, 308],
        also: &["redirect", "redirected to https", "redirected to the login page"],
        advice: "WebSocket clients do not follow redirects. Connect to the address that the redirect names (`wss://` where it leads to \
                 `https://`), or let handshakes pass the layer that redirects.",
        causes: &[
            (&r::REFUSED_BY_LAYER, "a layer redirected the handshake; the log says where to"),
            (
                &r::UNREACHABLE_ENDPOINT,
                "at startup: a layer redirects every handshake; set `Server::public_url` if it redirects to https",
            ),
        ],
    },
    Symptom {
        name: "400",
        title: "400 Bad Request",
        codes: &[400],
        also: &["bad request"],
        advice: "The body of the response and the header `sockeye-rule` say what is wrong with the request.",
        causes: &[
            (&r::NOT_AN_UPGRADE, "a header of the handshake is missing or malformed"),
            (&r::EXTRACTOR_REFUSED, "an extractor, such as `Path` or `Query`, could not read the request"),
            (
                &r::SUBPROTOCOL_REFUSED,
                "none of the subprotocols that the client offers was chosen, or it has to offer one",
            ),
            (
                &r::MALFORMED_REQUEST,
                "the request is not HTTP, for example TLS on a port without TLS; the body is empty",
            ),
            (&r::PLAIN_HTTP, "`ws://` or `http://` to a port that speaks TLS"),
            (&r::HANDLER_REFUSED, "your handler chose this status"),
        ],
    },
    Symptom {
        name: "401",
        title: "401 Unauthorized",
        codes: &[401],
        also: &["unauthorized", "not logged in"],
        advice: "Your own code answered: the client sent no credentials, or none that are valid. A browser cannot set headers on a \
                 handshake; it sends cookies, and only if their `SameSite` and domain allow it.",
        causes: &[
            (&r::REFUSED_BY_LAYER, "a layer in front of the endpoint answered"),
            (&r::HANDLER_REFUSED, "the handler called `reject`, or returned `Error::status`"),
            (&r::EXTRACTOR_REFUSED, "an extractor answered"),
        ],
    },
    Symptom {
        name: "403",
        title: "403 Forbidden",
        codes: &[403],
        also: &["forbidden", "wrong origin", "cross-origin", "cors"],
        advice: "From a browser it is usually the origin: by default only pages of the server's own origin may connect. CORS \
                 headers have no effect on that.",
        causes: &[
            (&r::ORIGIN_REFUSED, "the page is of another origin; the log has the line to add"),
            (&r::HANDLER_REFUSED, "your handler chose this status"),
            (&r::EXTRACTOR_REFUSED, "an extractor answered"),
            (&r::REFUSED_BY_LAYER, "a layer in front of the endpoint answered"),
            (&r::CONSOLE_REFUSED, "the console is for clients on the server's machine"),
        ],
    },
    Symptom {
        name: "404",
        title: "404 Not Found",
        codes: &[404],
        also: &["not found", "endpoint is missing", "route is not found"],
        advice: "No endpoint has this path. The log names the nearest route. An endpoint in a library crate that nothing references is \
                 dropped by the linker: `cargo sockeye routes` finds it, and `Server::expect` makes it a startup error.",
        causes: &[
            (
                &r::UNKNOWN_ROUTE,
                "the path is not the route: a slash at its end, another case, a prefix that a proxy adds or removes",
            ),
            (&r::MISSING_ENDPOINT, "at startup: an expected endpoint is not in the program"),
            (&r::HANDLER_REFUSED, "your handler chose this status"),
        ],
    },
    Symptom {
        name: "405",
        title: "405 Method Not Allowed",
        codes: &[405],
        also: &["method not allowed"],
        advice: "A handshake is a GET over HTTP/1.1 and an extended CONNECT over HTTP/2.",
        causes: &[(&r::NOT_AN_UPGRADE, "the request has another method")],
    },
    Symptom {
        name: "408",
        title: "408 Request Timeout",
        codes: &[408],
        also: &["request timeout"],
        advice: "This is about plain HTTP: the client did not send the rest of its request.",
        causes: &[(&r::SLOW_CLIENT, "the body of a request did not arrive within `Limits::send_timeout`")],
    },
    Symptom {
        name: "431",
        title: "431 Request Header Fields Too Large, 414 URI Too Long",
        codes: &[414, 431],
        also: &["header too large", "cookies too large", "uri too long"],
        advice: "All cookies of a site go with each handshake, which makes them the usual cause.",
        causes: &[(
            &r::HEAD_TOO_LARGE,
            "the head of the request is larger than `Limits::max_request_head_size`",
        )],
    },
    Symptom {
        name: "421",
        title: "421 Misdirected Request",
        codes: &[421],
        also: &["misdirected request", "dns rebinding", "wrong host"],
        advice: "The request asks for a host that is not the server's. Name your hosts with `Server::hosts` or `Server::public_url`.",
        causes: &[(
            &r::HOST_REFUSED,
            "the host is not among the server's, or a page asked for a foreign name over loopback",
        )],
    },
    Symptom {
        name: "426",
        title: "426 Upgrade Required",
        codes: &[426],
        also: &["upgrade required"],
        advice: "The request reached the endpoint without being a complete handshake. The body says which part is missing.",
        causes: &[
            (
                &r::UPGRADE_STRIPPED,
                "a proxy removed `Upgrade` and `Connection`; the log has the lines for nginx",
            ),
            (
                &r::NOT_AN_UPGRADE,
                "the request is not a WebSocket handshake, for example a page that was opened at this address",
            ),
        ],
    },
    Symptom {
        name: "429",
        title: "429 Too Many Requests",
        codes: &[429],
        also: &["too many requests", "too many connections from one address"],
        advice: "Behind a proxy every client has the proxy's address: set `Limits::trusted_proxies` to the number of your proxies.",
        causes: &[
            (&r::CLIENT_LIMIT, "one client has `Limits::max_connections_per_client` connections"),
            (
                &r::HANDSHAKE_RATE_LIMITED,
                "one client connects more often than `Limits::max_handshake_rate` allows",
            ),
            (&r::REFUSED_BY_LAYER, "a layer that limits rates answered"),
            (&r::HANDLER_REFUSED, "your handler chose this status"),
        ],
    },
    Symptom {
        name: "500",
        title: "500 Internal Server Error",
        codes: &[500],
        also: &["internal server error"],
        advice: "The program is at fault. The cause is in the log at level `ERROR`, and never in the response.",
        causes: &[
            (&r::HANDLER_ERROR, "the handler returned an error before it accepted"),
            (&r::HANDLER_PANIC, "the handler panicked before it accepted"),
            (&r::NEVER_ACCEPTED, "the handler returned without `accept` or `reject`"),
            (&r::EXTRACTOR_REFUSED, "an extractor failed, for example for an `Extension` that no layer sets"),
            (&r::LAYER_PANIC, "a layer or a route of the program panicked"),
            (&r::UPGRADE_STRIPPED, "a layer built a new request without the extensions of the old one"),
            (&r::REFUSED_BY_LAYER, "a layer failed"),
        ],
    },
    Symptom {
        name: "501",
        title: "501 Not Implemented",
        codes: &[501],
        also: &["not implemented"],
        advice: "An extended CONNECT requests a protocol other than `websocket`.",
        causes: &[(&r::NOT_AN_UPGRADE, "`:protocol` is not `websocket`")],
    },
    Symptom {
        name: "502",
        title: "502 Bad Gateway, 504 Gateway Timeout",
        codes: &[502, 504],
        also: &["bad gateway", "gateway timeout"],
        advice: "The proxy answered, not the server: it found no server at the address, or the server did not answer in time. \
                 Connect to the server directly, without the proxy, with `cargo sockeye probe`.",
        causes: &[
            (&r::BIND_FAILED, "the server could not listen on the address, and ended"),
            (&r::ACCEPT_FAILED, "the server has no file descriptors left"),
            (&r::MALFORMED_REQUEST, "the proxy speaks TLS or the PROXY protocol to a port that expects HTTP"),
            (&r::BLOCKED_THREAD, "a handler blocks the threads that should answer"),
        ],
    },
    Symptom {
        name: "503",
        title: "503 Service Unavailable",
        codes: &[503],
        also: &["service unavailable", "server is full"],
        advice: "The server accepts no new connections, or a handler took too long to decide.",
        causes: &[
            (&r::SERVER_FULL, "`Limits::max_connections` or `Limits::max_http_connections` is reached"),
            (&r::SHUTTING_DOWN, "the server is stopping"),
            (&r::NEVER_ACCEPTED, "the handler did not decide within `Limits::handshake_timeout`"),
            (&r::REFUSED_BY_LAYER, "a layer, such as a load shedder, answered"),
        ],
    },
    Symptom {
        name: "1000",
        title: "Close code 1000",
        codes: &[1000, 1005],
        also: &["normal closure", "no status received"],
        advice: "A normal end: the handler returned `Ok(())`, or one side closed. In a browser, 1005 means that the close frame had no code. \
                 If the end came too early, the handler has no loop that receives.",
        causes: &[(&r::NO_RECEIVE_LOOP, "the handler returns without receiving in a loop")],
    },
    Symptom {
        name: "1001",
        title: "Close code 1001",
        codes: &[1001],
        also: &["going away"],
        advice: "The server ended the connection, not because of an error. A client should reconnect, after a random delay. A \
                 browser also sends 1001 when the user leaves the page; that is a normal close.",
        causes: &[
            (&r::SHUTTING_DOWN, "the server stops or restarts"),
            (&r::IDLE_TIMEOUT, "the client sent no message within `Limits::idle_timeout`"),
        ],
    },
    Symptom {
        name: "1002",
        title: "Close code 1002",
        codes: &[1002],
        also: &["protocol error"],
        advice: "A frame breaks RFC 6455. The reason names the fault.",
        causes: &[(
            &r::PROTOCOL_VIOLATION,
            "the client, its library, or a proxy that changes frames is at fault",
        )],
    },
    Symptom {
        name: "1006",
        title: "1006 in the browser",
        codes: &[1006],
        also: &[
            "abnormal closure",
            "websocket connection failed",
            "websocket connection to failed",
            "cannot connect",
            "connection refused",
            "econnrefused",
            "econnreset",
            "connection reset",
            "unexpected end",
        ],
        advice: "There was no close frame; a script in a browser gets no other information. Either the handshake was refused: \
                 look at the status in the network panel, or run `cargo sockeye probe`. Or the connection broke: a proxy's idle \
                 timeout (make it longer than the heartbeat), a killed process, or a lost network.",
        causes: &[
            (&r::ORIGIN_REFUSED, "403: the page is of another origin"),
            (&r::UNKNOWN_ROUTE, "404: no endpoint has this path"),
            (&r::HOST_REFUSED, "421: the request asks for a host that is not the server's"),
            (&r::UPGRADE_STRIPPED, "426: a proxy drops the upgrade"),
            (&r::REFUSED_BY_LAYER, "a layer answered the handshake"),
            (
                &r::SUBPROTOCOL_REFUSED,
                "400: the browser offers subprotocols and none is chosen, or it has to offer one",
            ),
            (&r::MALFORMED_REQUEST, "`wss://` to a port without TLS"),
            (&r::TLS_FAILED, "the client does not trust the certificate of a server with `Server::tls`"),
            (&r::BIND_FAILED, "the server could not listen, so nothing answers at the address"),
            (&r::PANIC_ABORTS, "a panic in one handler ended the process"),
            (
                &r::HEARTBEAT_MISSED,
                "the client did not answer a ping, and its network dropped the close frame",
            ),
        ],
    },
    Symptom {
        name: "1007",
        title: "Close code 1007",
        codes: &[1007],
        also: &["invalid payload", "message does not decode", "invalid json"],
        advice: "A message does not decode into the endpoint's type, or is not UTF-8. The reason names the field.",
        causes: &[(&r::INVALID_MESSAGE, "the client and the endpoint disagree about the format")],
    },
    Symptom {
        name: "1008",
        title: "Close code 1008",
        codes: &[1008],
        also: &["policy violation", "rate limit"],
        advice: "A message breaks a policy: the server's rate limit, or one of your own (`Error::close`).",
        causes: &[(&r::RATE_LIMITED, "messages come faster than `Limits::max_message_rate` allows")],
    },
    Symptom {
        name: "1009",
        title: "Close code 1009",
        codes: &[1009],
        also: &["message too big", "message is too large", "frame is too large"],
        advice: "A message is larger than the endpoint accepts.",
        causes: &[(&r::MESSAGE_TOO_BIG, "the message is larger than `max_message_size`, 64 KiB by default")],
    },
    Symptom {
        name: "1011",
        title: "Close code 1011",
        codes: &[1011],
        also: &["internal error", "unexpected condition"],
        advice: "The server failed, or the client did not answer a ping. The cause is in the log; the client gets only `internal \
                 error`.",
        causes: &[
            (&r::HANDLER_ERROR, "the handler returned an error"),
            (&r::HANDLER_PANIC, "the handler panicked"),
            (&r::HEARTBEAT_MISSED, "the client did not answer a ping; the reason says so"),
            (
                &r::CALL_FAILED,
                "the client did not answer a call of the server, or answered with an `error`; the reason says so",
            ),
        ],
    },
    Symptom {
        name: "1013",
        title: "Close code 1013",
        codes: &[1013],
        also: &["try again later", "client is too slow"],
        advice: "The client did not read its messages, or fell too far behind a hub. It may reconnect.",
        causes: &[(
            &r::SLOW_CONSUMER,
            "the client read nothing for `Limits::send_timeout`, or `SlowPolicy::Disconnect` applies",
        )],
    },
    Symptom {
        name: "1015",
        title: "Close code 1015, or a TLS error",
        codes: &[1015],
        also: &["tls handshake failed", "ssl error", "wrong version number"],
        advice: "TLS failed before HTTP began. Without `Server::tls` a port does not speak TLS: connect with `ws://`, or terminate TLS in a proxy.",
        causes: &[
            (
                &r::UNUSED_TLS,
                "at startup: `Server::tls` has no effect on a router with a listener of its own",
            ),
            (
                &r::MALFORMED_REQUEST,
                "`wss://` to a port without TLS; the log says that the client begins with TLS",
            ),
            (&r::TLS_FAILED, "the handshake with a server that speaks TLS failed; the log has the reason"),
        ],
    },
    Symptom {
        name: "closes at once",
        title: "Connects and closes at once",
        codes: &[],
        also: &[
            "closes immediately",
            "disconnects immediately",
            "disconnects right after connecting",
            "opens and closes",
            "connection closes right away",
            "closed after the first message",
        ],
        advice: "The handler returned. `Ok(())` closes with 1000, an error with 1011 or the code that it carries; the closing event in the log \
                 has the cause.",
        causes: &[
            (&r::NO_RECEIVE_LOOP, "1000: the handler has no loop that receives"),
            (&r::HANDLER_ERROR, "1011: the handler returned an error"),
            (&r::HANDLER_PANIC, "1011: the handler panicked"),
            (&r::INVALID_MESSAGE, "1007: the first message does not decode"),
            (&r::MESSAGE_TOO_BIG, "1009: the first message is too large"),
            (&r::SHUTTING_DOWN, "1001: the server is stopping"),
            (&r::ACCEPTED_TWICE, "the handshake is accepted more than once"),
        ],
    },
    Symptom {
        name: "closes after a while",
        title: "Closes after a while",
        codes: &[],
        also: &[
            "closes after a minute",
            "disconnects after 60 seconds",
            "drops randomly",
            "keeps reconnecting",
            "connection drops",
            "times out",
            "timeout",
        ],
        advice: "The close code shows which limit was reached. Without a close frame (1006) it is usually a proxy's idle timeout: \
                 make it longer than the heartbeat.",
        causes: &[
            (&r::IDLE_TIMEOUT, "1001: the client sent no message within `Limits::idle_timeout`"),
            (&r::SESSION_EXPIRED, "3000: the session ended that the handler passed to `Accept::expires_at`"),
            (&r::SHUTTING_DOWN, "1001: the server stops or restarts"),
            (&r::RATE_LIMITED, "1008: messages come too fast"),
            (&r::HEARTBEAT_MISSED, "1011: the client did not answer a ping"),
            (&r::HANDLER_ERROR, "1011: the handler failed"),
            (&r::SLOW_CONSUMER, "1013: the client does not read fast enough"),
        ],
    },
    Symptom {
        name: "stays silent",
        title: "Accepts and stays silent",
        codes: &[],
        also: &[
            "no messages arrive",
            "nothing arrives",
            "connected but nothing happens",
            "messages do not arrive",
            "receives nothing",
            "no response to messages",
            "no answer to a request",
            "request times out",
            "client gets no events",
            "silent",
            "silence",
            "client never receives",
        ],
        advice: "The handler waits for something else: it subscribed after the event was published (subscribe before `accept`), \
                 the topic has a different name, or a log stream was not added to the subscriber. With `RUST_LOG=sockeye=debug` \
                 the log shows each step of the connection.",
        causes: &[
            (&r::MISSING_AWAIT, "a `send` without `.await` sends nothing"),
            (&r::SWALLOWED_ERROR, "the error of a `send` is dropped"),
            (&r::UNANSWERED_CALL, "a call with an `id` gets no answer: the handler dropped its `Responder`"),
            (&r::TOO_MANY_CALLS, "calls with an `id` get an `error`: too many others have no answer yet"),
            (&r::BACKPLANE_LOST, "events of other machines do not arrive"),
            (&r::LAGGED_FEED, "a `broadcast` channel lagged once, and the handler treated that as its end"),
            (&r::BLOCKED_THREAD, "a handler blocks the thread"),
        ],
    },
    Symptom {
        name: "hangs",
        title: "Hangs, and so do other connections",
        codes: &[],
        also: &[
            "hang",
            "freezes",
            "stuck",
            "does not respond",
            "server is slow",
            "high cpu",
            "100 percent cpu",
            "deadlock",
            "handshake is pending",
        ],
        advice: "A handler blocks its thread, and the log names it after a second: `std::thread::sleep`, a blocking database driver, a `std::sync` \
                 lock that is held across work. Use `tokio::task::spawn_blocking`.",
        causes: &[
            (&r::BLOCKED_THREAD, "at run time: a handler has kept its thread for a second"),
            (&r::BLOCKING_CALL, "at compile time: a call in the handler blocks"),
            (&r::SPINNING_LOOP, "at compile time: a loop continues after the client has closed"),
            (&r::NEVER_ACCEPTED, "the handler does not decide, and the client waits for its response"),
            (&r::COMPONENT_NOT_READY, "at startup: a component does not answer"),
        ],
    },
    Symptom {
        name: "messages are lost",
        title: "Messages are lost",
        codes: &[],
        also: &[
            "lost messages",
            "missing messages",
            "events are missing",
            "dropped events",
            "missed events",
            "message loss",
        ],
        advice: "A slow subscriber of a hub loses the oldest events (`Event::missed`), and a hub behind a broker can lose events of other machines \
                 (`Event::lost`). What is published before the subscription is not received: subscribe before `accept`. A \
                 `tokio::sync::broadcast` channel reports losses as `RecvError::Lagged`: continue after it. In `select!`, \
                 `recv` and `Subscription::next` are cancel safe; `read_exact` and the like are not.",
        causes: &[
            (&r::SLOW_CONSUMER, "a subscriber of a hub fell behind; the log has the number"),
            (
                &r::LAGGED_FEED,
                "a slow client gets no more events after the first lag of a `broadcast` channel",
            ),
            (&r::BACKPLANE_LOST, "the connection to the broker was lost"),
            (&r::MISSING_AWAIT, "a `send` without `.await` sends nothing"),
            (&r::SWALLOWED_ERROR, "the error of a `send` is dropped"),
        ],
    },
    Symptom {
        name: "behind a proxy",
        title: "Works directly, fails behind a proxy",
        codes: &[],
        also: &[
            "nginx",
            "reverse proxy",
            "load balancer",
            "works locally",
            "caddy",
            "haproxy",
            "traefik",
            "ingress",
            "cloudflare",
        ],
        advice: "A proxy must forward the upgrade and the host, and its idle timeout must be longer than the heartbeat. `cargo \
                 sockeye probe` connects through it and shows which step fails.",
        causes: &[
            (&r::UPGRADE_STRIPPED, "426: the proxy drops `Upgrade` and `Connection`"),
            (
                &r::ORIGIN_REFUSED,
                "403: the proxy changes `Host`, so the server does not recognize its own pages",
            ),
            (&r::HOST_REFUSED, "421: the host that the proxy asks for is not the server's"),
            (&r::CLIENT_LIMIT, "429: every client has the proxy's address"),
            (&r::UNKNOWN_ROUTE, "404: the proxy adds or removes a prefix of the path"),
            (&r::MALFORMED_REQUEST, "400: the proxy speaks TLS or the PROXY protocol to the server"),
        ],
    },
    Symptom {
        name: "does not start",
        title: "The server does not start",
        codes: &[],
        also: &[
            "startup error",
            "exits at once",
            "address already in use",
            "eaddrinuse",
            "port is taken",
            "server did not start",
        ],
        advice: "The report on standard error lists every problem, with its location and a remedy. `SOCKEYE_CHECK=1` runs the \
                 same checks without binding the port.",
        causes: &[
            (&r::BIND_FAILED, "the address is in use, or may not be bound"),
            (&r::MISSING_STATE, "a handler takes a `State` that the server was not given"),
            (&r::NO_ENDPOINTS, "the program has no endpoint"),
            (&r::CONFLICTING_ROUTE, "two routes overlap"),
            (&r::UNREACHABLE_ENDPOINT, "a layer answers every handshake"),
            (&r::COMPONENT_NOT_READY, "a component does not answer"),
        ],
    },
    Symptom {
        name: "does not stop",
        title: "The server does not stop",
        codes: &[],
        also: &["hangs at shutdown", "shutdown takes long", "ctrl-c does nothing", "sigterm", "sigkill"],
        advice: "The server drains for at most `Limits::shutdown_timeout`. A second signal cuts off the remaining connections.",
        causes: &[
            (
                &r::BLOCKED_THREAD,
                "a handler blocks its thread; the process exits about a second after the timeout",
            ),
            (&r::LINGERING_HANDLER, "a handler does not notice that its connection is over"),
            (&r::SHUTTING_DOWN, "what clients and the log show during a shutdown"),
        ],
    },
    Symptom {
        name: "nothing in the log",
        title: "Nothing is in the log",
        codes: &[],
        also: &["no log", "log is empty", "no logs", "logs are missing"],
        advice: "A filter drops Sockeye's events: add `sockeye=warn` to `RUST_LOG`, or `sockeye=debug` for every step. Without a subscriber, \
                 warnings and errors go to standard error.",
        causes: &[(&r::LOG_UNHEARD, "at startup: the filter drops Sockeye's warnings")],
    },
    Symptom {
        name: "memory grows",
        title: "Memory or connections grow",
        codes: &[],
        also: &["memory leak", "leak", "connections pile up", "tasks are left", "out of memory"],
        advice: "Handlers or tasks keep running after their clients have left. `assert_idle` of `TestClient` names them in a \
                 test.",
        causes: &[
            (&r::DEAF_LOOP, "a loop that only sends does not see the client leave"),
            (&r::DETACHED_TASK, "a task of `tokio::spawn` outlives the connection"),
            (&r::LINGERING_HANDLER, "a handler waits for something else after its client has left"),
            (&r::SLOW_CLIENT, "clients do not read their HTTP responses"),
        ],
    },
    Symptom {
        name: "too many open files",
        title: "Too many open files",
        codes: &[],
        also: &["emfile", "file descriptors", "ulimit", "os error 24"],
        advice: "Each connection needs a file descriptor. Raise the hard limit of the process (`LimitNOFILE=` of systemd), or lower the limits of \
                 the server.",
        causes: &[
            (&r::ACCEPT_FAILED, "the process has no file descriptors left"),
            (&r::FEW_DESCRIPTORS, "at startup: the default limits do not fit into the hard limit"),
            (&r::INVALID_LIMITS, "at startup: a limit that you set does not fit into the hard limit"),
        ],
    },
];

/// The symptoms that a status, a close code, or words describe; the best match first.
///
/// ```
/// let names = |query: &str| -> Vec<_> {
///     sockeye_rules::symptoms(query).iter().map(|symptom| symptom.name).collect()
/// };
/// assert_eq!(names("403"), ["403"]);
/// assert_eq!(names("Unexpected response code: 426"), ["426"]);
/// assert_eq!(names("it closes immediately"), ["closes at once"]);
/// assert!(names("orange juice").is_empty());
/// ```
pub fn symptoms(query: &str) -> Vec<&'static Symptom> {
    let asked = words(query);
    let by_name = |symptom: &&Symptom| symptom.names().any(|phrase| words(phrase) == asked);
    if let Some(found) = SYMPTOMS.iter().find(by_name) {
        return vec![found];
    }
    let codes: Vec<u16> = asked.iter().filter_map(|word| word.parse().ok()).collect();
    let by_code = |symptom: &&Symptom| symptom.codes.iter().any(|code| codes.contains(code));
    let found: Vec<_> = SYMPTOMS.iter().filter(by_code).collect();
    if found.is_empty() { by_words(&asked) } else { found }
}

/// The symptoms whose names match most of these words, with the fewest other words.
fn by_words(asked: &[String]) -> Vec<&'static Symptom> {
    let scored = SYMPTOMS.iter().map(|symptom| {
        (symptom.names().map(|phrase| score(asked, &words(phrase))).max().unwrap_or_default(), symptom)
    });
    let scored: Vec<_> = scored.filter(|((shared, _), _)| *shared > 0).collect();
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or_default();
    // One word of a long question is not significant.
    if best.0 * 2 < asked.len() {
        return Vec::new();
    }
    scored.into_iter().filter(|(score, _)| *score == best).map(|(_, symptom)| symptom).collect()
}

/// How many words of a name match, and the percentage of the name that they are.
fn score(asked: &[String], name: &[String]) -> (usize, usize) {
    let shared = name.iter().filter(|word| asked.iter().any(|other| alike(other, word))).count();
    (shared, (shared * 100).checked_div(name.len()).unwrap_or(0))
}

/// Words that occur in every question.
const SAID_ANYWAY: [&str; 25] = [
    "a",
    "an",
    "and",
    "are",
    "as",
    "by",
    "code",
    "do",
    "does",
    "for",
    "has",
    "i",
    "in",
    "is",
    "it",
    "my",
    "of",
    "on",
    "so",
    "the",
    "to",
    "websocket",
    "websockets",
    "with",
    "why",
];

/// The words of a text, in lower case, without insignificant ones.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.map(str::to_lowercase).filter(|word| !SAID_ANYWAY.contains(&word.as_str())).collect()
}

/// The same word in another form: `close` and `closes`, `hang` and `hangs`, `connect` and `connecting`.
fn alike(left: &str, right: &str) -> bool {
    let (short, long) = if left.len() < right.len() { (left, right) } else { (right, left) };
    left == right || (short.len() >= 4 && long.starts_with(short) && long.len() - short.len() <= 3)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Phase, RULES};

    #[test]
    fn each_name_and_code_finds_its_symptom_alone() {
        for symptom in SYMPTOMS {
            for phrase in symptom.names().map(str::to_owned).chain(symptom.codes.iter().map(u16::to_string)) {
                let found: Vec<_> = symptoms(&phrase).iter().map(|symptom| symptom.name).collect();
                assert_eq!(found, [symptom.name], "{phrase}");
            }
        }
    }

    #[test]
    fn what_can_happen_to_a_connection_has_a_symptom() {
        let named: BTreeSet<_> =
            SYMPTOMS.iter().flat_map(|symptom| symptom.causes).map(|(rule, _)| rule.name).collect();
        for rule in RULES.iter().filter(|rule| rule.phase == Phase::Run) {
            assert!(named.contains(rule.name), "no symptom has the rule `{}` among its causes", rule.name);
        }
    }

    #[test]
    fn a_rule_says_on_its_page_the_code_that_it_is_found_by() {
        for symptom in SYMPTOMS {
            for (rule, cause) in symptom.causes.iter().filter(|(rule, _)| rule.phase == Phase::Run) {
                // Layers, handlers and extractors choose their statuses; 1006 is what browsers make of all of them.
                let chosen =
                    ["refused_by_layer", "handler_refused", "extractor_refused"].contains(&rule.name);
                let indirect = ["1006", "1015", "502", "200"].contains(&symptom.name);
                if symptom.codes.is_empty() || chosen || indirect {
                    continue;
                }
                let says = symptom.codes.iter().any(|code| rule.page.contains(&code.to_string()));
                assert!(says, "the page of `{}` does not mention {}: {cause}", rule.name, symptom.name);
            }
        }
    }

    #[test]
    fn a_code_within_a_causes_words_is_one_of_the_rules() {
        for (rule, cause) in SYMPTOMS.iter().flat_map(|symptom| symptom.causes) {
            let Some((code, _)) = cause.split_once(": ") else { continue };
            if code.parse::<u16>().is_ok() && rule.phase == Phase::Run {
                assert!(rule.page.contains(code), "the page of `{}` does not mention {code}", rule.name);
            }
        }
    }

    #[test]
    fn people_ask_in_their_own_words() {
        for (query, name) in [
            ("Error during WebSocket handshake: Unexpected response code: 403", "403"),
            ("close code 1006", "1006"),
            ("status 503", "503"),
            ("closes immediately after connecting", "closes at once"),
            ("the server hangs", "hangs"),
            ("lost messages", "messages are lost"),
            ("Forbidden", "403"),
            ("address already in use", "does not start"),
            ("does not work behind nginx", "behind a proxy"),
        ] {
            assert_eq!(symptoms(query).first().map(|symptom| symptom.name), Some(name), "{query}");
        }
        for query in ["", "the", "orange juice", "299", "no_receive_lop"] {
            assert!(symptoms(query).is_empty(), "{query}: {:?}", symptoms(query));
        }
    }
}
