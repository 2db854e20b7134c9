//! Conditions that hang together, values that say what has happened, and ends that only look like others.

use std::{
    collections::VecDeque,
    io::IsTerminal as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{extract::State, http::StatusCode};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use sockeye::{CloseCode, Error, Handshake, Message, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    sync::{broadcast, mpsc},
    task::JoinSet,
    time::{interval, sleep},
};

/// An option is taken out once, in a loop.
#[ws_endpoint("/traps/flow/take")]
async fn take(handshake: Handshake) -> sockeye::Result {
    let mut pending = Some(handshake);
    while let Some(handshake) = pending.take() {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// The same in a state machine.
#[ws_endpoint("/traps/flow/take-in-states")]
async fn take_in_states(handshake: Handshake) -> sockeye::Result {
    let mut pending = Some(handshake);
    let mut opened: Option<Socket> = None;
    let mut rounds = 0;
    loop {
        rounds += 1;
        if rounds == 3
            && let Some(handshake) = pending.take()
        {
            opened = Some(handshake.accept().await?);
        }
        match opened.as_mut() {
            Some(socket) => match socket.recv().await? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            None => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A state that owns the handshake, and then the socket.
#[ws_endpoint("/traps/flow/state")]
async fn owned_state(handshake: Handshake) -> sockeye::Result {
    enum State {
        Asked(Handshake),
        Open(Socket),
        Over,
    }
    let mut state = State::Asked(handshake);
    loop {
        state = match state {
            State::Asked(handshake) => State::Open(handshake.accept().await?),
            State::Open(mut socket) => match socket.recv().await? {
                Some(message) => {
                    socket.send(message).await?;
                    State::Open(socket)
                }
                None => State::Over,
            },
            State::Over => return Ok(()),
        };
    }
}

/// Asked first, unwrapped then.
#[ws_endpoint("/traps/flow/is-none-unwrap")]
async fn is_none_unwrap(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let next = socket.recv().await?;
        if next.is_none() {
            break;
        }
        let message = next.unwrap();
        socket.send(message).await?;
    }
    Ok(())
}

/// The same as the condition of the loop.
#[ws_endpoint("/traps/flow/while-is-some")]
async fn while_is_some(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut next = socket.recv().await?;
    while next.is_some() {
        let message = next.expect("just asked");
        socket.send(message).await?;
        next = socket.recv().await?;
    }
    Ok(())
}

/// As one writes it in Go.
#[ws_endpoint("/traps/flow/go")]
async fn go(handshake: Handshake) -> sockeye::Result {
    let result = handshake.accept().await;
    if result.is_err() {
        return result.map(drop);
    }
    let mut socket = result.unwrap();
    loop {
        let received = socket.recv().await;
        if let Err(error) = received {
            return Err(error);
        }
        let received = received.unwrap();
        if let None = received {
            return Ok(());
        }
        let sent = socket.send(received.unwrap()).await;
        if sent.is_err() {
            return sent;
        }
    }
}

/// In a guard.
#[ws_endpoint("/traps/flow/guard-unwrap")]
async fn guard_unwrap(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await {
            Ok(next) if next.is_some() => socket.send(next.unwrap()).await?,
            Ok(_) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// The end is an error in every arm that has one.
#[ws_endpoint("/traps/flow/error-arms")]
async fn error_arms(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    match socket.recv().await? {
        Some(message) => Err(Error::close(CloseCode::NORMAL, format!("{} bytes", message.len()))),
        None => Ok(()),
    }
}

/// The end is an error of `if`.
#[ws_endpoint("/traps/flow/error-if")]
async fn error_if(handshake: Handshake, State(open): State<bool>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("wait").await?;
    if open {
        Err(Error::close(CloseCode::TRY_AGAIN_LATER, "in a minute"))
    } else {
        Err(Error::close(CloseCode::GOING_AWAY, "closed for good"))
    }
}

/// The end is an error in a variable.
#[ws_endpoint("/traps/flow/error-variable")]
async fn error_variable(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    socket.send("wait").await?;
    let result = Err(Error::close(CloseCode::TRY_AGAIN_LATER, "in a minute"));
    tracing::info!("sent away");
    result
}

/// The end is an error of a function.
#[ws_endpoint("/traps/flow/error-function")]
async fn error_function(handshake: Handshake) -> sockeye::Result {
    fn goodbye(reason: &str) -> sockeye::Result {
        Err(Error::close(CloseCode::NORMAL, reason))
    }
    let socket = handshake.accept().await?;
    socket.send("wait").await?;
    goodbye("that was it")
}

/// The end is `Err` by another name.
#[ws_endpoint("/traps/flow/error-into")]
async fn error_into(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let first = socket.recv().await?;
    Err(match first {
        Some(_) => Error::close(CloseCode::NORMAL, "one is enough"),
        None => Error::new("gone"),
    })
}

/// A file is sent in chunks, and closed: it ends by itself, and each send sees a peer that is gone.
#[ws_endpoint("/traps/flow/file")]
async fn file(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut file = File::open("/etc/services").await?;
    let mut buffer = vec![0; 4096];
    loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        socket.send(buffer[..count].to_vec()).await?;
    }
    socket.close(CloseCode::NORMAL, "that was the file").await
}

/// Lines of a file, and closed.
#[ws_endpoint("/traps/flow/lines")]
async fn lines(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut lines = BufReader::new(File::open("/etc/services").await?).lines();
    while let Some(line) = lines.next_line().await? {
        socket.send(line).await?;
    }
    socket.close(CloseCode::NORMAL, "that was the file").await
}

/// Ten jobs, each is told when it is done, and closed.
#[ws_endpoint("/traps/flow/jobs")]
async fn jobs(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut jobs: FuturesUnordered<_> = (0..10_u64)
        .map(|number| async move {
            sleep(Duration::from_millis(number)).await;
            number
        })
        .collect();
    while let Some(number) = jobs.next().await {
        socket.send(number.to_string()).await?;
    }
    socket.close(CloseCode::NORMAL, "all done").await
}

/// The same with tasks.
#[ws_endpoint("/traps/flow/job-set")]
async fn job_set(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let mut jobs = JoinSet::new();
    for number in 0..10_u64 {
        jobs.spawn(async move { number * number });
    }
    while let Some(square) = jobs.join_next().await {
        socket.send(square?.to_string()).await?;
    }
    socket.close(CloseCode::NORMAL, "all done").await
}

/// Pages of a query by a counter, and closed.
#[ws_endpoint("/traps/flow/pages")]
async fn pages(handshake: Handshake) -> sockeye::Result {
    async fn page(number: usize) -> Vec<String> {
        sleep(Duration::from_millis(1)).await;
        if number < 5 { vec![format!("page {number}")] } else { Vec::new() }
    }
    let socket = handshake.accept().await?;
    let mut number = 0;
    loop {
        let rows = page(number).await;
        if rows.is_empty() {
            return socket.close(CloseCode::NORMAL, "no more pages").await;
        }
        for row in rows {
            socket.feed(row).await?;
        }
        socket.flush().await?;
        number += 1;
    }
}

/// What waits in a queue is sent as well as it goes, before the end.
#[ws_endpoint("/traps/flow/last-words")]
async fn last_words(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut waiting = VecDeque::new();
    while let Some(message) = socket.recv().await? {
        waiting.push_back(message);
        if waiting.len() == 100 {
            break;
        }
    }
    while let Some(message) = waiting.pop_front() {
        let _ = socket.send(message).await;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// The same with `for`.
#[ws_endpoint("/traps/flow/last-words-for")]
async fn last_words_for(handshake: Handshake, State(lines): State<Vec<String>>) -> sockeye::Result {
    let socket = handshake.accept().await?;
    for line in lines {
        let _ = socket.send(line).await;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// A bounded number of attempts by a counter.
#[ws_endpoint("/traps/flow/three-times")]
async fn three_times(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    let mut left = 3;
    while left > 0 {
        left -= 1;
        let _ = socket.send("bye").await;
    }
    socket.close(CloseCode::NORMAL, "").await
}

/// Two loops side by side; the end of one is the end of the channel, and so of the other.
#[ws_endpoint("/traps/flow/channel-ends")]
async fn channel_ends(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let (tx, mut rx) = mpsc::channel::<Message>(8);
    let write = async move {
        while let Some(message) = rx.recv().await {
            if let Err(error) = sender.send(message).await {
                tracing::debug!(%error);
            }
        }
    };
    let read = async move {
        while let Ok(Some(message)) = receiver.recv().await {
            if tx.send(message).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(write, read);
    Ok(())
}

/// Two loops side by side; one sets the flag that is the condition of the other.
#[ws_endpoint("/traps/flow/flag-ends")]
async fn flag_ends(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let gone = AtomicBool::new(false);
    let write = async {
        while !gone.load(Ordering::Relaxed) {
            let _ = sender.send("tick").await;
            sleep(Duration::from_secs(1)).await;
        }
    };
    let read = async {
        while let Ok(Some(_)) = receiver.recv().await {}
        gone.store(true, Ordering::Relaxed);
    };
    tokio::join!(write, read);
    Ok(())
}

/// Two futures of functions, one of which the other ends.
#[ws_endpoint("/traps/flow/functions-end")]
async fn functions_end(handshake: Handshake) -> sockeye::Result {
    async fn ticks(sender: &Sender, gone: &AtomicBool) {
        let mut ticks = interval(Duration::from_secs(1));
        while !gone.load(Ordering::Relaxed) {
            ticks.tick().await;
            sender.send("tick").await.ok();
        }
    }
    async fn listen(mut receiver: Receiver, gone: &AtomicBool) {
        loop {
            match receiver.recv().await {
                Ok(Some(message)) => tracing::debug!(?message),
                Ok(None) | Err(_) => break,
            }
        }
        gone.store(true, Ordering::Relaxed);
    }
    let (sender, receiver) = handshake.accept().await?.split();
    let gone = AtomicBool::new(false);
    tokio::join!(ticks(&sender, &gone), listen(receiver, &gone));
    Ok(())
}

/// `None` ends in a function that never comes back, and nothing else in the loop can fail.
#[ws_endpoint("/traps/flow/never-back")]
async fn never_back(handshake: Handshake) {
    fn gone() -> ! {
        std::panic::panic_any("the peer closed")
    }
    let Ok(mut socket) = handshake.accept().await else { return };
    loop {
        match socket.recv().await {
            Ok(Some(message)) => tracing::info!(?message),
            Ok(None) | Err(_) => gone(),
        }
    }
}

/// The loop over messages ends in a method of the user's own.
#[ws_endpoint("/traps/flow/session-over")]
async fn session_over(handshake: Handshake) {
    #[derive(Default)]
    struct Session {
        over: bool,
    }
    impl Session {
        fn on(&mut self, received: sockeye::Result<Option<Message>>) {
            self.over = !matches!(received, Ok(Some(_)));
        }
    }
    let Ok(mut socket) = handshake.accept().await else { return };
    let mut session = Session::default();
    while !session.over {
        session.on(socket.recv().await);
    }
}

/// The same with a loop and a condition of a method.
#[ws_endpoint("/traps/flow/on-end")]
async fn on_end(handshake: Handshake, State(stop): State<Arc<AtomicBool>>) {
    let Ok(mut socket) = handshake.accept().await else { return };
    loop {
        if let Ok(Some(message)) = socket.recv().await {
            tracing::info!(?message);
        } else {
            stop.store(true, Ordering::Relaxed);
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// A computation whose only way out is a panic that cannot be.
#[ws_endpoint("/traps/flow/next-prime")]
async fn next_prime(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut candidate = message.len() as u64 + 2;
        let prime = loop {
            if (2..candidate).all(|divisor| candidate % divisor != 0) {
                break candidate;
            }
            candidate += 1;
        };
        let mut bytes = prime.to_le_bytes().into_iter();
        let mut digits = String::new();
        loop {
            let byte = match bytes.next() {
                Some(byte) => byte,
                None if digits.is_empty() => unreachable!("a number has bytes"),
                None => break,
            };
            digits.push_str(&byte.to_string());
        }
        socket.send(digits).await?;
    }
    Ok(())
}

/// Sockets of the standard library that are made and handed to tokio, and a terminal that is only asked what it is.
#[ws_endpoint("/traps/flow/from-std")]
async fn from_std(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let udp = std::net::UdpSocket::bind("127.0.0.1:0")?;
    udp.set_nonblocking(true)?;
    let udp = tokio::net::UdpSocket::from_std(udp)?;
    let tcp = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    tcp.set_nonblocking(true)?;
    let tcp = tokio::net::TcpListener::from_std(tcp)?;
    let terminal = std::io::stdin().is_terminal();
    socket.send(format!("{:?} {:?} {terminal}", udp.local_addr()?, tcp.local_addr()?)).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A client that blocks is made here, and used where it may.
#[ws_endpoint("/traps/flow/agent")]
async fn agent(handshake: Handshake) -> sockeye::Result {
    /// A stand-in for the crate.
    mod ureq {
        #[derive(Clone)]
        pub(super) struct Agent;
        pub(super) fn agent() -> Agent {
            Agent
        }
        impl Agent {
            pub(super) fn get(&self, url: &str) -> String {
                url.to_owned()
            }
        }
    }
    let mut socket = handshake.accept().await?;
    let agent = ureq::agent();
    while let Some(message) = socket.recv().await? {
        let agent = agent.clone();
        let url = message.as_text().unwrap_or_default().to_owned();
        let body = tokio::task::spawn_blocking(move || agent.get(&url)).await?;
        socket.send(body).await?;
    }
    Ok(())
}

/// Refused by a function that borrows, and then by nobody else.
#[ws_endpoint("/traps/flow/borrowed")]
async fn borrowed(handshake: Handshake) -> sockeye::Result {
    fn refuse(slot: &mut Option<Handshake>) {
        if let Some(handshake) = slot.take() {
            drop(handshake.reject(StatusCode::FORBIDDEN, "not you"));
        }
    }
    let mut slot = Some(handshake);
    if slot.as_ref().is_some_and(|handshake| handshake.origin().is_none()) {
        refuse(&mut slot);
        return Ok(());
    }
    let Some(handshake) = slot else { return Ok(()) };
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Macros of the user's own that have the names of others.
#[ws_endpoint("/traps/flow/own-macros")]
async fn own_macros(handshake: Handshake) {
    /// Refuses and leaves.
    macro_rules! error {
        ($handshake:ident, $status:ident) => {{
            drop($handshake.reject(StatusCode::$status, "refused"));
            return;
        }};
    }
    /// Answers and goes on.
    macro_rules! event {
        ($socket:ident, $text:literal) => {
            if $socket.send($text).await.is_err() {
                return;
            }
        };
    }
    if handshake.origin().is_none() {
        error!(handshake, FORBIDDEN)
    } else {
        let Ok(mut socket) = handshake.accept().await else { return };
        loop {
            event!(socket, "more");
            let Ok(Some(_)) = socket.recv().await else { break };
        }
    }
}

/// Macros of the user's own that have the names of others, and leave a loop.
#[ws_endpoint("/traps/flow/log-and-break")]
async fn log_and_break(handshake: Handshake) {
    macro_rules! log {
        ($label:lifetime, $text:literal) => {{
            tracing::info!($text);
            break $label;
        }};
    }
    let Ok(mut socket) = handshake.accept().await else { return };
    'talk: loop {
        match socket.recv().await {
            Ok(Some(message)) => tracing::info!(?message),
            Ok(None) | Err(_) => log!('talk, "gone"),
        }
    }
}

/// The loop ends by what another branch has found out.
#[ws_endpoint("/traps/flow/events-end")]
async fn events_end(
    handshake: Handshake,
    State(events): State<broadcast::Sender<String>>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut events = events.subscribe();
    let mut open = true;
    let mut told = 0;
    while open || told < 3 {
        tokio::select! {
            message = socket.recv(), if open => open = message?.is_some(),
            event = events.recv() => {
                told += 1;
                if open {
                    socket.send(event?).await?;
                }
            }
        }
    }
    Ok(())
}

#[ws_endpoint("/traps/flow/cfg-doc")]
#[cfg_attr(all(), doc = "Documented under a condition.")]
async fn cfg_doc(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}
