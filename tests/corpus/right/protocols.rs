//! Protocols: typed JSON, logging in with the first message, state machines, request and reply.

use std::{collections::HashMap, ops::ControlFlow, time::Duration};

use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use sockeye::{CloseCode, Codec, Error, Handshake, Json, Message, Outgoing, Sender, Socket, ws_endpoint};
use tokio::time::{Instant, interval, sleep, timeout};

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request {
    Login { token: String },
    Subscribe { topic: String },
    Unsubscribe { topic: String },
    Say { text: String },
    Quit,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Reply {
    Welcome { user: String },
    Said { text: String },
    Failed { reason: String },
    Pong,
}

type Api = Json<Request, Reply>;
type ApiSocket = Socket<Api>;

const UNAUTHORIZED: CloseCode = CloseCode::new(4001).unwrap();

/// Numbers in, sums out.
#[ws_endpoint("/protocols/sum")]
async fn sum(handshake: Handshake<Json<Vec<i64>, i64>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(numbers) = socket.recv().await? {
        socket.send(numbers.iter().sum::<i64>()).await?;
    }
    Ok(())
}

/// Destructures what comes in the loop's own pattern.
#[ws_endpoint("/protocols/pattern")]
async fn pattern(handshake: Handshake<Api>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(Request::Say { text }) = socket.recv().await? {
        socket.send(Reply::Said { text }).await?;
    }
    socket.close(CloseCode::NORMAL, "nothing said").await
}

/// One arm per request.
#[ws_endpoint("/protocols/dispatch")]
async fn dispatch(handshake: Handshake<Json<Request, Reply>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut topics = HashMap::<String, u64>::new();
    loop {
        let Some(request) = socket.recv().await? else { return Ok(()) };
        let reply = match request {
            Request::Login { .. } => Reply::Failed { reason: "logged in already".into() },
            Request::Subscribe { topic } => {
                *topics.entry(topic).or_default() += 1;
                continue;
            }
            Request::Unsubscribe { topic } if topics.remove(&topic).is_none() => {
                Reply::Failed { reason: format!("{topic} is not subscribed") }
            }
            Request::Unsubscribe { .. } => continue,
            Request::Say { text } => Reply::Said { text },
            Request::Quit => break,
        };
        socket.send(&reply).await?;
    }
    socket.close(CloseCode::NORMAL, "quit").await
}

/// Logs in with the first message, within five seconds, or is told why not.
#[ws_endpoint("/protocols/login")]
async fn login(handshake: Handshake<Api>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let token = match timeout(Duration::from_secs(5), socket.recv()).await {
        Ok(Ok(Some(Request::Login { token }))) => token,
        Ok(Ok(Some(_))) => return socket.close(UNAUTHORIZED, "log in first").await,
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(error)) => return Err(error),
        Err(_elapsed) => {
            let _ = socket.send(Reply::Failed { reason: "too slow".to_owned() }).await;
            return socket.close(UNAUTHORIZED, "log in within five seconds").await;
        }
    };
    let Some(user) = verify(&token).await else {
        return Err(Error::close(UNAUTHORIZED, "wrong token"));
    };
    socket.send(Reply::Welcome { user }).await?;
    while let Some(request) = socket.recv().await? {
        if let Request::Say { text } = request {
            socket.send(Reply::Said { text }).await?;
        }
    }
    Ok(())
}

async fn verify(token: &str) -> Option<String> {
    sleep(Duration::from_millis(1)).await;
    token.strip_prefix("user:").map(str::to_owned)
}

/// Logs in by a query or by the first message.
#[ws_endpoint("/protocols/login-either")]
async fn login_either(handshake: Handshake, Query(query): Query<HashMap<String, String>>) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let user = if let Some(token) = query.get("token") {
        verify(token).await
    } else if let Ok(first) = timeout(Duration::from_secs(5), socket.recv()).await
        && let Some(first) = first?
        && let Some(token) = first.as_text()
    {
        verify(token).await
    } else {
        None
    };
    let Some(user) = user else {
        socket.send("error: log in").await?;
        socket.close(UNAUTHORIZED, "log in").await?;
        return Ok(());
    };
    socket.send(format!("welcome {user}")).await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// Three attempts.
#[ws_endpoint("/protocols/attempts")]
async fn attempts(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut user = None;
    for attempt in 1..=3 {
        socket.send(format!("password {attempt}?")).await?;
        let Some(answer) = socket.recv().await? else { return Ok(()) };
        user = verify(answer.as_text().unwrap_or_default()).await;
        if user.is_some() {
            break;
        }
    }
    let Some(user) = user else { return socket.close(UNAUTHORIZED, "three wrong passwords").await };
    socket.send(user).await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A state machine with one loop and a `match` over states.
#[ws_endpoint("/protocols/states")]
async fn states(handshake: Handshake) -> sockeye::Result {
    enum State {
        Hello,
        Asking(u8),
        Talking { name: String },
        Done,
    }
    let mut socket = handshake.accept().await?;
    let mut state = State::Hello;
    loop {
        state = match state {
            State::Hello => {
                socket.send("hello, who are you?").await?;
                State::Asking(0)
            }
            State::Asking(3) => State::Done,
            State::Asking(times) => match socket.recv().await? {
                Some(Message::Text(name)) if !name.is_empty() => State::Talking { name: name.to_string() },
                Some(_) => State::Asking(times + 1),
                None => return Ok(()),
            },
            State::Talking { name } => match socket.recv().await? {
                Some(message) if message.is_empty() => State::Done,
                Some(message) => {
                    socket.send(format!("{name}: {message:?}")).await?;
                    State::Talking { name }
                }
                None => State::Done,
            },
            State::Done => break,
        };
    }
    socket.close(CloseCode::NORMAL, "done").await
}

/// A state machine in `while !matches!(..)`.
#[ws_endpoint("/protocols/states-while")]
async fn states_while(handshake: Handshake) -> sockeye::Result {
    #[derive(Clone, Copy, PartialEq)]
    enum Phase {
        Open,
        Closing,
        Closed,
    }
    let mut socket = handshake.accept().await?;
    let mut phase = Phase::Open;
    while !matches!(phase, Phase::Closed) {
        phase = match (phase, socket.recv().await?) {
            (_, None) => Phase::Closed,
            (Phase::Open, Some(message)) if message.as_text() == Some("close") => Phase::Closing,
            (Phase::Open, Some(message)) => {
                socket.send(message).await?;
                Phase::Open
            }
            (Phase::Closing | Phase::Closed, Some(_)) => Phase::Closed,
        };
    }
    Ok(())
}

/// A typestate: each step takes the socket and gives the next state with it.
#[ws_endpoint("/protocols/typestate")]
async fn typestate(handshake: Handshake) -> sockeye::Result {
    struct Anonymous(Socket);
    struct Named(Socket, String);

    impl Anonymous {
        async fn name(self) -> sockeye::Result<Option<Named>> {
            let Self(mut socket) = self;
            let Some(message) = socket.recv().await? else { return Ok(None) };
            Ok(message.as_text().map(str::to_owned).map(|name| Named(socket, name)))
        }
    }

    impl Named {
        async fn talk(mut self) -> sockeye::Result {
            while let Some(message) = self.0.recv().await? {
                self.0.send(format!("{} {}", self.1, message.len())).await?;
            }
            Ok(())
        }
    }

    let socket = handshake.accept().await?;
    match Anonymous(socket).name().await? {
        Some(named) => named.talk().await,
        None => Ok(()),
    }
}

/// `ControlFlow` decides.
#[ws_endpoint("/protocols/control-flow")]
async fn control_flow(handshake: Handshake<Api>) -> sockeye::Result {
    async fn step(socket: &mut ApiSocket) -> sockeye::Result<ControlFlow<&'static str>> {
        Ok(match socket.recv().await? {
            Some(Request::Quit) => ControlFlow::Break("quit"),
            Some(_) => {
                socket.send(Reply::Pong).await?;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break("gone"),
        })
    }
    let mut socket = handshake.accept().await?;
    let reason = loop {
        if let ControlFlow::Break(reason) = step(&mut socket).await? {
            break reason;
        }
    };
    socket.close(CloseCode::NORMAL, reason).await
}

/// A codec of the user's own.
#[derive(Debug)]
struct Lines;

impl Codec for Lines {
    type In = String;
    type Out = [String; 2];

    fn decode(message: Message) -> Result<String, Error> {
        let text = message.as_text().ok_or_else(|| Error::new("text only"))?;
        Ok(text.trim_end().to_owned())
    }

    fn encode(value: &[String; 2]) -> Result<Message, Error> {
        Ok(Message::text(value.join("\n")))
    }
}

/// Uses it.
#[ws_endpoint("/protocols/codec")]
async fn own_codec(handshake: Handshake<Lines>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(line) = receiver.recv().await? {
        sender.send([line.clone(), line]).await?;
    }
    Ok(())
}

/// An alias for the handshake.
type ApiHandshake = Handshake<Api>;

/// The alias hides the type, and the parameter's name is short.
#[ws_endpoint("/protocols/alias")]
async fn alias(h: ApiHandshake) -> sockeye::Result {
    let mut s = h.accept().await?;
    while let Some(r) = s.recv().await? {
        tell(&mut s, r).await?;
    }
    Ok(())
}

async fn tell(socket: &mut ApiSocket, request: Request) -> sockeye::Result {
    socket.send(Reply::Said { text: format!("{request:?}") }).await
}

/// A generic helper over every codec.
async fn tell_all<'a, C, T>(sender: &Sender<C>, values: impl IntoIterator<Item = T>) -> sockeye::Result
where
    C: Codec,
    T: Into<Outgoing<'a, C::Out>>,
    C::Out: 'a,
{
    for value in values {
        sender.feed(value).await?;
    }
    sender.flush().await
}

/// Uses it.
#[ws_endpoint("/protocols/generic")]
async fn generic(handshake: Handshake<Api>) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    while let Some(request) = receiver.recv().await? {
        let replies = [Reply::Pong, Reply::Failed { reason: format!("{request:?}") }];
        tell_all(&sender, &replies).await?;
    }
    Ok(())
}

/// Requests carry a number, replies the same one, and slow ones are worked on in between.
#[ws_endpoint("/protocols/rpc/{session}")]
async fn rpc(
    handshake: Handshake<Json<(u64, String), (u64, Result<String, String>)>>,
    Path(session): Path<u64>,
    State(limit): State<u64>,
) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut last = 0;
    while let Some((id, method)) = socket.recv().await? {
        if id <= last || id > limit {
            socket.send((id, Err(format!("{session}: the number must grow up to {limit}")))).await?;
            continue;
        }
        last = id;
        let result = match &*method {
            "now" => Ok(format!("{:?}", Instant::now())),
            "sleep" => {
                sleep(Duration::from_millis(10)).await;
                Ok("slept".to_owned())
            }
            other => Err(format!("no method {other}")),
        };
        socket.send((id, result)).await?;
    }
    Ok(())
}

/// An application's own ping, its own deadline.
#[ws_endpoint("/protocols/heartbeat", heartbeat = off)]
async fn heartbeat(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut beat = interval(Duration::from_secs(10));
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            _ = beat.tick() => {
                if heard.elapsed() > Duration::from_secs(30) {
                    return socket.close(CloseCode::POLICY_VIOLATION, "no pong").await;
                }
                socket.send("ping").await?;
            }
            message = socket.recv() => {
                let Some(message) = message? else { break };
                heard = Instant::now();
                if message.as_text() == Some("pong") {
                    continue;
                }
                socket.send(message).await?;
            }
        }
    }
    Ok(())
}

/// A buffer is parsed in a loop of its own, which does not wait.
#[ws_endpoint("/protocols/frames")]
async fn frames(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut buffer = Vec::new();
    while let Some(message) = socket.recv().await? {
        buffer.extend_from_slice(message.as_bytes());
        let mut found = Vec::new();
        loop {
            let Some(end) = buffer.iter().position(|byte| *byte == b'\n') else { break };
            let line: Vec<u8> = buffer.drain(..=end).collect();
            if line.len() == 1 {
                continue;
            }
            found.push(line);
        }
        for line in found {
            socket.send(line).await?;
        }
    }
    Ok(())
}

/// Loops that only compute: each has its way out.
#[ws_endpoint("/protocols/compute")]
async fn compute(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        let mut number = message.len();
        let mut steps = 0;
        while number > 1 {
            number = if number % 2 == 0 { number / 2 } else { number * 3 + 1 };
            steps += 1;
        }
        let root = {
            let mut guess = steps;
            loop {
                let next = (guess + steps / guess.max(1)) / 2;
                if next >= guess {
                    break guess;
                }
                guess = next;
            }
        };
        let digit = loop {
            steps /= 10;
            match steps {
                0..10 => break steps,
                _ => {}
            }
        };
        let checked = || -> Option<usize> {
            let mut left: usize = root;
            loop {
                left = left.checked_sub(3)?;
                if left == 1 {
                    return Some(left);
                }
            }
        };
        socket.send(format!("{steps} {root} {digit} {:?}", checked())).await?;
    }
    Ok(())
}
