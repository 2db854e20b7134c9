//! The end of the server: who is told what, and when everything is over. The clock is paused.

use std::{
    collections::BTreeMap,
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sockeye::{
    CloseCode, Handshake, Health, Limits, Server,
    testing::{TestClient, TestError, TestSocket},
    ws_endpoint,
};
use sockeye_tests::{
    logs,
    raw::{self, HEAD},
    reports::{Guard, Reports},
    within,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
    time::{Instant, sleep},
};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Echoes.
#[ws_endpoint("/echo")]
async fn echo(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Never ends.
#[ws_endpoint("/stuck")]
async fn stuck(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let _socket = handshake.accept().await?;
    let _guard = Guard(reports, "stuck dropped");
    pending().await
}

/// Never decides.
#[ws_endpoint("/think")]
async fn think(_handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let _guard = Guard(reports, "think dropped");
    pending().await
}

/// Refuses, and has much to do after that.
#[ws_endpoint("/grumble")]
async fn grumble(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let _guard = Guard(reports, "grumble dropped");
    let refused = handshake.reject(StatusCode::FORBIDDEN, "not you");
    pending::<()>().await;
    Err(refused)
}

/// Takes the time to say good-bye.
#[ws_endpoint("/polite")]
async fn polite(handshake: Handshake, State(reports): State<Reports>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    sleep(Duration::from_secs(8)).await;
    _ = reports.send("polite ended");
    Ok(())
}

fn server() -> (Server, mpsc::UnboundedReceiver<&'static str>) {
    logs::listen();
    let (reports, ended) = mpsc::unbounded_channel();
    (Server::new().state(reports), ended)
}

async fn next(reports: &mut mpsc::UnboundedReceiver<&'static str>) -> &'static str {
    within(reports.recv()).await.expect("a report")
}

/// A client, and its server's word for what is left.
async fn client_of(server: Server) -> TestClient {
    TestClient::new(server).await.unwrap().patience(Duration::from_mins(1))
}

async fn health(client: &TestClient) -> (u16, Value) {
    let health = client.get("/health").await.unwrap();
    (health.status().as_u16(), health.json().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_handshake_during_the_drain_is_answered_503() -> Tested {
    let client = client_of(server().0).await;
    let mut open = client.connect("/polite").await?;
    client.stop();
    assert_eq!(open.closed().await?.code, CloseCode::GOING_AWAY);
    for _ in 0..2 {
        let refusal = client.request("/echo").refused().await?;
        assert_eq!((refusal.status().as_u16(), refusal.rule()), (503, Some("shutting_down")));
        assert_eq!(refusal.reason(), "the server is stopping; connect again later");
        assert_eq!(refusal.headers()["connection"], "close");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn handlers_have_time_to_say_good_bye() -> Tested {
    let (server, mut reports) = server();
    let client = client_of(server).await;
    let _open = client.connect("/polite").await?;
    // Who connects now and asks for nothing does not hold the end up.
    let begun = Instant::now();
    client.stop();
    tokio::task::yield_now().await;
    let _silent = client.stream();
    client.shutdown().await?;
    assert_eq!(begun.elapsed().as_secs(), 8);
    assert_eq!(next(&mut reports).await, "polite ended");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sockets_are_told_in_batches() -> Tested {
    const MANY: usize = 1000;
    let client = client_of(server().0).await;
    let mut sockets = Vec::new();
    for _ in 0..MANY {
        sockets.push(client.connect("/echo").await?);
    }
    let begun = Instant::now();
    client.stop();
    let mut told = BTreeMap::new();
    for socket in &mut sockets {
        assert_eq!(socket.closed().await?.code, CloseCode::GOING_AWAY);
        *told.entry(begun.elapsed().as_millis()).or_insert(0) += 1;
    }
    let batches: Vec<usize> = told.into_values().collect();
    assert_eq!(batches, [256, 256, 256, 232]);
    client.shutdown().await?;
    client.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_short_time_to_drain_is_enough_for_all_batches() -> Tested {
    let limits = Limits::new().shutdown_timeout(Duration::from_millis(20));
    let client = client_of(server().0.limits(limits)).await;
    let mut sockets = Vec::new();
    for _ in 0..600 {
        sockets.push(client.connect("/echo").await?);
    }
    client.shutdown().await?;
    for socket in &mut sockets {
        assert_eq!(socket.closed().await?.code, CloseCode::GOING_AWAY);
    }
    Ok(())
}

/// Connects until the server lets it in, as `Retry-After` says. Returns how often it was refused.
async fn come_back(client: &TestClient, number: u64) -> Result<(u32, TestSocket), TestError> {
    let mut refused = 0;
    loop {
        let error = match client.connect("/echo").await {
            Ok(socket) => return Ok((refused, socket)),
            Err(error) => error,
        };
        let refusal = error.refusal().unwrap_or_else(|| panic!("{error}"));
        assert_eq!((refusal.status().as_u16(), refusal.rule()), (429, Some("handshake_rate_limited")));
        assert_eq!(refusal.headers()["retry-after"], "1");
        refused += 1;
        // At different times, as clients should.
        sleep(Duration::from_secs(1) + Duration::from_millis(number * 7 % 1000)).await;
    }
}

/// All clients of one gateway connect again as soon as the server is back.
#[tokio::test(start_paused = true)]
async fn clients_that_all_come_back_after_a_restart_are_let_in_at_the_rate() -> Tested {
    const MANY: u64 = 300;
    let before = client_of(server().0).await;
    let mut sockets = Vec::new();
    for _ in 0..MANY {
        sockets.push(before.connect("/echo").await?);
    }
    before.shutdown().await?;
    for socket in &mut sockets {
        assert_eq!(socket.closed().await?.code, CloseCode::GOING_AWAY);
    }

    let after = client_of(server().0.limits(Limits::new().max_handshake_rate(40, 60))).await;
    let begun = Instant::now();
    let storm = join_all((0..MANY).map(async |number| {
        let (refused, socket) = come_back(&after, number).await?;
        Ok::<_, TestError>((refused, begun.elapsed(), socket))
    }));
    let mut back = storm.await.into_iter().collect::<Result<Vec<_>, _>>()?;
    back.sort_by_key(|(_, at, _)| *at);
    assert_eq!(back.iter().filter(|(refused, ..)| *refused == 0).count(), 60, "the burst");
    for (number, (_, at, _)) in (1_u32..).zip(&back) {
        assert!(f64::from(number) <= 60.0 + 40.0 * at.as_secs_f64(), "number {number} after {at:?}");
    }
    for (_, _, socket) in &mut back {
        socket.send("back").await?;
        assert_eq!(socket.recv_text().await?, "back");
    }
    drop(back);
    after.assert_idle().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_cut_off_when_the_time_is_over() -> Tested {
    let (server, mut reports) = server();
    // Handshakes may take longer than the drain: what does not decide is left too.
    let minute = Duration::from_mins(1);
    let limits = Limits::new()
        .shutdown_timeout(Duration::from_secs(3))
        .handshake_timeout(minute)
        .close_timeout(minute);
    let client = client_of(server.limits(limits)).await;
    let mut stuck = client.connect("/stuck").await?;
    let deaf = client.connect("/echo").await?;
    deaf.stop_reading();
    let refusal = client.request("/grumble").refused().await?;
    assert_eq!((refusal.status().as_u16(), refusal.rule()), (403, Some("handler_refused")));
    let mut thinking = client.stream();
    thinking.write_all(format!("GET /think HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).await?;
    let thinker = thinking.peer().to_string();
    sleep(Duration::from_secs(1)).await;

    let begun = Instant::now();
    client.shutdown().await?;
    assert_eq!(begun.elapsed().as_secs(), 3);
    let mut ended = [next(&mut reports).await, next(&mut reports).await, next(&mut reports).await];
    ended.sort_unstable();
    assert_eq!(ended, ["grumble dropped", "stuck dropped", "think dropped"]);
    client.assert_idle().await;

    assert_eq!(stuck.closed().await?.code, CloseCode::GOING_AWAY);
    let mut answer = String::new();
    thinking.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("shutting_down"), "{answer}");
    assert_eq!(logs::with("peer", &thinker)[0].get("rule"), "shutting_down");
    let cut = logs::with("message", "the shutdown timeout is over; open connections are cut off");
    let named = cut.iter().find(|line| line.get("handlers").contains(&thinker)).expect("it is logged");
    assert_eq!(named.get("open"), "4");
    assert!(named.get("handlers").contains("`grumble` for "), "{named:?}");
    assert!(named.get("handlers").contains(" still runs after its refusal"), "{named:?}");
    assert!(named.get("handlers").contains(&format!("`echo` for {} is connected", deaf.peer())), "{named:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_request_to_the_users_own_routes_is_cut_off_too() -> Tested {
    let pages = Router::new().route("/forever", get(async || pending::<String>().await));
    let client = client_of(server().0.router(pages)).await;
    let mut stream = client.stream();
    stream.write_all(b"GET /forever HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let asking = tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
    tokio::task::yield_now().await;
    client.shutdown().await?;
    let answer = asking.await?;
    assert!(answer.is_err() || answer.is_ok_and(|bytes| bytes == 0), "an answer came");
    Ok(())
}

#[tokio::test]
async fn a_router_of_ones_own_server_cuts_off_as_well() -> Tested {
    let (server, mut reports) = server();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let limits = Limits::new().shutdown_timeout(Duration::from_millis(100));
    let server = server.limits(limits).shutdown(async { drop(stopped.await) });
    let app = server.check().await?.into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>()).await
    });
    let ask = |path| {
        let request = format!("GET {path} HTTP/1.1\r\n{HEAD}\r\n");
        async move { raw::ask(addr, &request).await }
    };
    assert_eq!(ask("/grumble").await.status, 403);
    let thinking = tokio::spawn(ask("/think"));
    sleep(Duration::from_millis(50)).await;
    drop(stop);
    assert_eq!(within(thinking).await?.header("sockeye-rule"), "shutting_down");
    let mut ended = [next(&mut reports).await, next(&mut reports).await];
    ended.sort_unstable();
    assert_eq!(ended, ["grumble dropped", "think dropped"]);
    Ok(())
}

/// Sends a signal to a process, as a supervisor does.
#[cfg(unix)]
fn terminate(process: &std::process::Child) {
    let id = process.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success())
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_process_ends_well_and_at_once_with_the_second_signal() -> Tested {
    use std::io::{BufRead as _, Read as _};
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_startup_healthy"));
    let mut process = command.arg("127.0.0.1:0").stderr(std::process::Stdio::piped()).spawn()?;
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(process.stderr.take().ok_or("its output")?);
    stderr.read_line(&mut line)?;
    let addr = line.trim().rsplit("ws://").next().unwrap_or_default().parse()?;
    // It never answers the close frame, so the process would wait for it.
    let mut deaf = raw::RawSocket::open(addr, "/echo").await;
    terminate(&process);
    let (first, payload) = within(deaf.frame()).await.ok_or("a close frame")?;
    assert_eq!((first, raw::close(&payload).0), (0x88, 1001));
    terminate(&process);
    let status = within(tokio::task::spawn_blocking(move || process.wait())).await??;
    assert!(status.success(), "{status}");
    // The program has no subscriber.
    let mut rest = String::new();
    stderr.read_to_string(&mut rest)?;
    let warning = "sockeye: WARN: a signal during the shutdown ended it early; open connections are cut off; open=1 handlers=`echo` for 127.0.0.1:";
    assert!(rest.contains(warning) && !rest.contains("timeout is over"), "{rest}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_health_route_says_what_is_open() -> Tested {
    let server = server().0.ready("database", async || Ok::<_, sockeye::Error>(()));
    let client = client_of(server.health("/health")).await;
    let _echoes = [client.connect("/echo").await?, client.connect("/echo").await?];
    let _stuck = client.connect("/stuck").await?;
    let (status, report) = health(&client).await;
    assert_eq!(status, 200);
    assert_eq!((&report["status"], &report["connections"]), (&json!("running"), &json!(3)));
    let endpoints = report["endpoints"].as_array().ok_or("a list")?;
    assert_eq!(endpoints.len(), 5);
    assert!(endpoints.contains(&json!({ "route": "/echo", "handler": "echo", "connections": 2 })));
    assert!(endpoints.contains(&json!({ "route": "/think", "handler": "think", "connections": 0 })));
    // It has not been asked since.
    assert_eq!(report["components"], json!([{ "name": "database", "ready": "at startup" }]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_health_route_says_which_component_is_not_ready_any_more() -> Tested {
    let is_up = Arc::new(AtomicBool::new(true));
    let database = Arc::clone(&is_up);
    let ask = async move || {
        if database.load(Ordering::Relaxed) { Ok(()) } else { Err(io::Error::other("connection refused")) }
    };
    let server = server().0.health_check("the database", ask).health("/health");
    let client = client_of(server).await;
    let answer = async || {
        let (status, report) = health(&client).await;
        (status, report["status"].clone(), report["components"][0].clone())
    };
    let component = |ready: &str, age: u64| json!({ "name": "the database", "ready": ready, "age": age });
    assert_eq!(answer().await, (200, json!("running"), component("yes", 0)));
    sleep(Duration::from_secs(3)).await;
    is_up.store(false, Ordering::Relaxed);
    assert_eq!(answer().await, (200, json!("running"), component("yes", 3)), "no request asks");
    sleep(Duration::from_secs(3)).await;
    assert_eq!(answer().await, (503, json!("not ready"), component("no", 1)));
    sleep(Duration::from_secs(11)).await;
    let lines = logs::with("component", "the database");
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!((line.get("rule"), line.get("reason")), ("component_not_ready", "connection refused"));
    is_up.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(answer().await.0, 200);
    let again = logs::with("component", "the database").pop().ok_or("a second line")?;
    assert_eq!(again.get("message"), "a component is ready again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_component_that_does_not_answer_is_not_ready() -> Tested {
    let asked = Arc::new(AtomicBool::new(false));
    let ask = async move || {
        if asked.swap(true, Ordering::Relaxed) {
            pending::<()>().await;
        }
        Ok::<_, sockeye::Error>(())
    };
    let client = client_of(server().0.health_check("silent", ask).health("/health")).await;
    sleep(Duration::from_secs(14)).await;
    assert_eq!(health(&client).await.0, 200, "it has 10 s");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(health(&client).await.0, 503);
    client.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn a_component_of_the_health_route_must_be_ready_at_startup() {
    let ask = async || Err::<(), _>(io::Error::other("connection refused"));
    let report = server().0.health_check("database", ask).check().await.unwrap_err();
    let [problem] = report.problems() else { panic!("{report}") };
    assert_eq!(problem.rule(), "component_not_ready");
    assert_eq!(problem.message(), "component `database` is not ready: connection refused");
}

#[tokio::test(start_paused = true)]
async fn the_health_route_counts_connections_and_not_what_their_handlers_still_do() -> Tested {
    let client = client_of(server().0.health("/health")).await;
    let open = async || health(&client).await.1["connections"].clone();
    assert_eq!(client.request("/grumble").refused().await?.status(), 403);
    assert_eq!(open().await, 0);
    let (mut polite, echo) = (client.connect("/polite").await?, client.connect("/echo").await?);
    assert_eq!(open().await, 2);
    polite.close(CloseCode::NORMAL, "").await?;
    drop(echo);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(open().await, 0);
    let begun = Instant::now();
    client.assert_idle().await;
    assert_eq!(begun.elapsed().as_secs(), 29, "`polite` takes 8 s, and `grumble` may linger for 30 s");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_a_test_waits_for_the_notice() -> Tested {
    let notice = Health::at("/health").notice(Duration::from_secs(30));
    let client = TestClient::new(server().0.health(notice)).await?;
    let _stuck = client.connect("/stuck").await?;
    let begun = Instant::now();
    client.shutdown().await?;
    assert_eq!(begun.elapsed().as_secs(), 40);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_is_told_before_clients_are() -> Tested {
    let notice = Health::at("/health").notice(Duration::from_secs(5));
    let client = client_of(server().0.health(notice)).await;
    let mut before = client.connect("/polite").await?;
    let begun = Instant::now();
    client.stop();
    tokio::task::yield_now().await;
    let (status, report) = health(&client).await;
    assert_eq!((status, &report["status"]), (503, &json!("stopping")));
    let mut meanwhile = client.connect("/echo").await?;
    meanwhile.send("still served").await?;
    assert_eq!(meanwhile.recv_text().await?, "still served");
    assert_eq!(begun.elapsed().as_secs(), 0);

    assert_eq!(before.closed().await?.code, CloseCode::GOING_AWAY);
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(meanwhile.closed().await?.code, CloseCode::GOING_AWAY);
    assert_eq!(client.request("/echo").refused().await?.rule(), Some("shutting_down"));
    assert_eq!(health(&client).await.0, 503);
    client.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn the_health_route_needs_a_path_of_its_own() {
    let cases = [
        (
            server().0.router(Router::new().route("/health", get(async || "mine"))).health("/health"),
            "/health",
        ),
        (server().0.health("health"), "health"),
    ];
    for (server, path) in cases {
        let report = server.check().await.unwrap_err();
        let [problem] = report.problems() else { panic!("{report}") };
        assert_eq!(problem.rule(), "conflicting_route");
        assert!(
            problem.message().starts_with(&format!("the health route `{path}` cannot be added")),
            "{report}"
        );
    }
}

/// Handshakes go to the endpoint, everything else to the route that has its path.
#[tokio::test]
async fn the_health_route_can_share_the_path_of_an_endpoint() -> Result<(), Box<dyn std::error::Error>> {
    let client = TestClient::new(server().0.health("/echo")).await?;
    assert_eq!(client.get("/echo").await?.status().as_u16(), 200);
    let mut socket = client.connect("/echo").await?;
    socket.send("hello").await?;
    assert_eq!(socket.recv_text().await?, "hello");
    Ok(())
}
