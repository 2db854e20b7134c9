//! Async blocks, async closures, closures, nested functions, `const` and other blocks.

use std::{future::Future, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use sockeye::{CloseCode, Error, Handshake, Message, Socket, ws_endpoint};
use tokio::time::{sleep, timeout};

/// The whole conversation in a block.
#[ws_endpoint("/blocks/whole")]
async fn whole(handshake: Handshake) -> sockeye::Result {
    async move {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
    .await
}

/// A block in a variable, boxed.
#[ws_endpoint("/blocks/boxed")]
async fn boxed(handshake: Handshake) -> sockeye::Result {
    let conversation = async move {
        let mut socket = handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
    .boxed();
    conversation.await
}

/// A block with a limit around it, and a close after it.
#[ws_endpoint("/blocks/limited")]
async fn limited(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let talk = async {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok::<_, sockeye::Error>(())
    };
    match timeout(Duration::from_secs(60), talk).await {
        Ok(result) => result,
        Err(_) => socket.close(CloseCode::NORMAL, "time is up").await,
    }
}

/// `return` in a block leaves the block only.
#[ws_endpoint("/blocks/return")]
async fn returns(handshake: Handshake) -> sockeye::Result {
    let name = async {
        let Some(name) = handshake.headers().get("x-name") else { return None };
        name.to_str().ok().map(str::to_owned)
    }
    .await;
    let mut socket = handshake.accept().await?;
    let greeted = async {
        let Some(name) = &name else { return Ok(false) };
        socket.send(format!("hello {name}")).await?;
        Ok::<_, Error>(true)
    }
    .await?;
    tracing::debug!(greeted);
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A block that is never awaited does nothing; it is here by mistake, but nothing is wrong for the client.
#[ws_endpoint("/blocks/dropped")]
async fn dropped(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let farewell = async |socket: Socket| {
        socket.send("bye").await?;
        socket.close(CloseCode::NORMAL, "").await
    };
    while let Some(message) = socket.recv().await? {
        if message.is_empty() {
            return farewell(socket).await;
        }
        socket.send(message).await?;
    }
    Ok(())
}

/// An async closure that borrows the socket.
#[ws_endpoint("/blocks/async-closure")]
async fn async_closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut echo = async |times: usize| -> sockeye::Result<bool> {
        let Some(message) = socket.recv().await? else { return Ok(false) };
        for _ in 0..times {
            socket.send(message.clone()).await?;
        }
        Ok(true)
    };
    while echo(2).await? {}
    Ok(())
}

/// A closure that makes futures.
#[ws_endpoint("/blocks/closure")]
async fn closure(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let say = |text: &'static str| socket.send(text);
    say("one").await?;
    say("two").await?;
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A closure with `return` inside: it leaves the closure only.
#[ws_endpoint("/blocks/closure-return")]
async fn closure_return(handshake: Handshake) -> sockeye::Result {
    let judge = |message: &Message| {
        if message.is_empty() {
            return Err(Error::close(CloseCode::POLICY_VIOLATION, "empty"));
        }
        Ok(())
    };
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        judge(&message)?;
        socket.send(message).await?;
    }
    Ok(())
}

/// `break` with a value out of a block in a loop.
#[ws_endpoint("/blocks/inner-loop")]
async fn inner_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let text = async {
            loop {
                match socket.recv().await? {
                    Some(Message::Text(text)) => break Ok::<_, Error>(Some(text)),
                    Some(Message::Binary(_)) => continue,
                    None => return Ok(None),
                }
            }
        }
        .await?;
        let Some(text) = text else { break };
        socket.send(text).await?;
    }
    Ok(())
}

/// A stream is made of the socket.
#[ws_endpoint("/blocks/unfold")]
async fn unfold(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    let messages = stream::try_unfold(socket, |mut socket| async move {
        let Some(message) = socket.recv().await? else { return Ok::<_, Error>(None) };
        socket.send("got it").await?;
        Ok(Some((message, socket)))
    });
    messages
        .try_for_each(|message| async move {
            tracing::debug!(?message);
            Ok(())
        })
        .await
}

/// `poll_fn` and a stream beside the socket.
#[ws_endpoint("/blocks/stream")]
async fn with_stream(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let mut numbers = std::pin::pin!(stream::iter(0_u64..).then(|number| async move {
        sleep(Duration::from_millis(number)).await;
        number
    }));
    loop {
        tokio::select! {
            message = socket.recv() => {
                if message?.is_none() {
                    break;
                }
            }
            Some(number) = numbers.next() => socket.send(number.to_string()).await?,
        }
    }
    Ok(())
}

/// A stream that is forwarded by combinators while the socket is drained.
#[ws_endpoint("/blocks/for-each")]
async fn for_each(handshake: Handshake) -> sockeye::Result {
    let (sender, mut receiver) = handshake.accept().await?.split();
    let ticks = stream::repeat("tick").then(|tick| async move {
        sleep(Duration::from_secs(1)).await;
        tick
    });
    let sending = ticks.map(Ok).try_for_each(|tick| {
        let sender = &sender;
        async move { sender.send(tick).await }
    });
    let draining = async {
        while receiver.recv().await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        result = sending => result,
        result = draining => result,
    }
}

/// Items in the middle of the body: they run nowhere here.
#[ws_endpoint("/blocks/items")]
async fn items(handshake: Handshake) -> sockeye::Result {
    use std::fmt::Write as _;

    const GREETING: &str = "hello";
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

    fn load() -> std::io::Result<String> {
        std::thread::sleep(Duration::from_millis(1));
        std::fs::read_to_string("/etc/hostname")
    }

    async fn forever() {
        loop {
            sleep(Duration::from_secs(1)).await;
        }
    }

    let mut socket = handshake.accept().await?;
    let mut text = String::new();
    write!(text, "{GREETING} {}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))?;
    socket.send(&*text).await?;
    let host = tokio::task::spawn_blocking(load).await?.unwrap_or_default();
    socket.send(host).await?;
    tokio::select! {
        () = forever() => {}
        message = socket.recv() => { message?; }
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// `const` blocks and blocks as expressions.
#[ws_endpoint("/blocks/const")]
async fn const_block(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let code = const { CloseCode::new(4000).unwrap() };
    let limit = {
        const LIMIT: usize = {
            let mut at = 1;
            while at < 60 {
                at *= 2;
            }
            at
        };
        LIMIT
    };
    for _ in 0..limit {
        let Some(message) = socket.recv().await? else { return Ok(()) };
        socket
            .send({
                let length = message.len();
                format!("{length}")
            })
            .await?;
    }
    socket.close(code, "that many").await
}

/// A block that gives the socket back.
#[ws_endpoint("/blocks/gives-back")]
async fn gives_back(handshake: Handshake) -> sockeye::Result {
    let mut socket = async move {
        let socket = handshake.accept().await?;
        socket.send("welcome").await?;
        Ok::<Socket, Error>(socket)
    }
    .await?;
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A function in a variable, a future in a function.
#[ws_endpoint("/blocks/function-values")]
async fn function_values(handshake: Handshake) -> sockeye::Result {
    fn by<F, Fut>(make: F, socket: Socket) -> Fut
    where
        F: FnOnce(Socket) -> Fut,
        Fut: Future<Output = sockeye::Result>,
    {
        make(socket)
    }
    async fn echo(mut socket: Socket) -> sockeye::Result {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }
    let socket = handshake.accept().await?;
    let run = echo;
    by(run, socket).await
}

/// Combinators of futures on the operations themselves.
#[ws_endpoint("/blocks/combinators")]
async fn combinators(handshake: Handshake) -> sockeye::Result {
    use futures_util::TryFutureExt as _;
    use tracing::Instrument as _;

    let mut socket = handshake.accept().into_future().map_err(|error| error).await?;
    while let Some(length) = socket.recv().map_ok(|message| message.map(|message| message.len())).await? {
        socket.send(length.to_string()).inspect_err(|error| tracing::debug!(%error)).await?;
        socket.send("twice").and_then(|()| socket.send("thrice")).await?;
        socket.flush().instrument(tracing::info_span!("flush")).await?;
        if let Some(sent) = socket.send("now or never").now_or_never() {
            sent?;
        }
    }
    Ok(())
}
