//! Macros: known ones, and those of the user's own, which may do anything.

use std::time::Duration;

use sockeye::{CloseCode, Error, Handshake, Message, Socket, ws_endpoint};
use tokio::time::{sleep, timeout};

macro_rules! accept {
    ($handshake:ident) => {
        match $handshake.accept().await {
            Ok(socket) => socket,
            Err(error) => {
                tracing::debug!(%error);
                return Ok(());
            }
        }
    };
}

macro_rules! next_or_return {
    ($socket:expr) => {
        match $socket.recv().await? {
            Some(message) => message,
            None => return Ok(()),
        }
    };
}

macro_rules! next_or_break {
    ($socket:ident, $label:lifetime) => {
        match $socket.recv().await? {
            Some(message) => message,
            None => break $label,
        }
    };
}

macro_rules! say {
    ($socket:expr, $($text:tt)*) => {
        $socket.send(format!($($text)*)).await?
    };
}

macro_rules! echo_forever {
    ($socket:ident) => {
        while let Some(message) = $socket.recv().await? {
            $socket.send(message).await?;
        }
    };
}

macro_rules! serve {
    ($handshake:expr) => {{
        let mut socket = $handshake.accept().await?;
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    }};
}

macro_rules! pause {
    () => {
        sleep(Duration::from_millis(10)).await
    };
}

macro_rules! forever {
    ($($body:tt)*) => {
        loop { $($body)* }
    };
}

macro_rules! or_close {
    ($value:expr, $socket:ident, $code:expr) => {
        match $value {
            Some(value) => value,
            None => return $socket.close($code, "").await,
        }
    };
}

/// A macro accepts.
#[ws_endpoint("/macros/accept")]
async fn accepts(handshake: Handshake) -> sockeye::Result {
    let mut socket = accept!(handshake);
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A macro receives and returns.
#[ws_endpoint("/macros/return")]
async fn returns(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        let message = next_or_return!(socket);
        socket.send(message).await?;
    }
}

/// A macro breaks to a label.
#[ws_endpoint("/macros/break")]
async fn breaks(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    'talk: loop {
        let message = next_or_break!(socket, 'talk);
        say!(socket, "{} bytes", message.len());
    }
    Ok(())
}

/// A macro is the loop.
#[ws_endpoint("/macros/loop")]
async fn is_the_loop(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    echo_forever!(socket);
    Ok(())
}

/// A macro is everything.
#[ws_endpoint("/macros/everything")]
async fn everything(handshake: Handshake) -> sockeye::Result {
    serve!(handshake)
}

/// A macro waits: this loop is not busy.
#[ws_endpoint("/macros/pause")]
async fn pauses(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let ready = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = std::sync::Arc::clone(&ready);
    socket.spawn(async move { flag.store(true, std::sync::atomic::Ordering::Relaxed) });
    loop {
        if ready.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        pause!();
    }
    while socket.recv().await?.is_some() {}
    Ok(())
}

/// A macro makes the loop of what stands in it.
#[ws_endpoint("/macros/forever")]
async fn body_in_macro(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    forever! {
        let Some(message) = socket.recv().await? else { break };
        socket.send(message).await?;
    }
    Ok(())
}

/// A macro closes.
#[ws_endpoint("/macros/close")]
async fn closes(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    let message = or_close!(socket.recv().await?, socket, CloseCode::NORMAL);
    let text = or_close!(message.as_text(), socket, CloseCode::UNSUPPORTED_DATA);
    socket.send(text).await?;
    socket.close(CloseCode::NORMAL, "").await
}

/// Macros of the standard library and of tracing around the socket.
#[ws_endpoint("/macros/known")]
async fn known(handshake: Handshake) -> sockeye::Result {
    debug_assert!(handshake.uri().path().starts_with('/'));
    tracing::info!(peer = ?handshake.peer(), origin = handshake.origin(), "asked");
    println!("{:?}", handshake.headers().keys());
    let mut socket = handshake.accept().await?;
    tracing::info!(peer = ?socket.peer(), protocol = socket.subprotocol(), "accepted");
    assert!(socket.subprotocol().is_none(), "no subprotocols here");
    assert_eq!(socket.close_frame(), None);
    let names = vec![format!("{:?}", socket.peer()), String::new()];
    let mut count = 0;
    while let Some(message) = socket.recv().await? {
        count += 1;
        let text = format!("{count} {} {message:?} {}", names.len(), concat!("a", "b"));
        eprintln!("{text}");
        socket.send(text).await?;
        write_log(&format_args!("{count}").to_string());
    }
    Ok(())
}

fn write_log(line: &str) {
    tracing::trace!(line);
}

/// Operations inside of known macros.
#[ws_endpoint("/macros/inside")]
async fn inside(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    tracing::info!("first: {:?}", socket.recv().await?);
    let texts = vec![socket.recv().await?, socket.recv().await?];
    assert!(socket.send("checked").await.is_ok());
    socket.send(format!("{texts:?} {:?}", socket.peer())).await?;
    while matches!(socket.recv().await, Ok(Some(_))) {
        println!("{:?}", socket.send("more").await);
    }
    Ok(())
}

/// What panics does not go on.
#[ws_endpoint("/macros/diverging")]
async fn diverging(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        match socket.recv().await? {
            Some(Message::Text(text)) => match &*text {
                "panic" => panic!("as you wish"),
                "exit" => unimplemented!("not by a client"),
                _ => socket.send(text).await?,
            },
            Some(Message::Binary(_)) => return Err(Error::close(CloseCode::UNSUPPORTED_DATA, "text only")),
            None => break,
        }
    }
    Ok(())
}

/// A macro with its own `select!`-like syntax.
macro_rules! race {
    ($($branches:tt)*) => {
        tokio::select! { biased; $($branches)* }
    };
}

/// Uses it.
#[ws_endpoint("/macros/race")]
async fn racing(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    loop {
        race! {
            message = socket.recv() => match message? {
                Some(message) => socket.send(message).await?,
                None => return Ok(()),
            },
            () = sleep(Duration::from_secs(1)) => socket.send("tick").await?,
        }
    }
}

/// A macro that defines the helper.
macro_rules! echo_helper {
    ($name:ident, $map:expr) => {
        async fn $name(mut socket: Socket) -> sockeye::Result {
            while let Some(message) = socket.recv().await? {
                socket.send($map(message)).await?;
            }
            Ok(())
        }
    };
}

echo_helper!(echo_length, |message: Message| message.len().to_string());

/// Uses it.
#[ws_endpoint("/macros/helper")]
async fn defined_by_macro(handshake: Handshake) -> sockeye::Result {
    let socket = handshake.accept().await?;
    echo_length(socket).await
}

/// A macro of one word that hides a whole protocol, with a macro in a pattern and in a type.
#[ws_endpoint("/macros/patterns")]
async fn in_patterns(handshake: Handshake) -> sockeye::Result {
    macro_rules! text {
        ($name:ident) => {
            Some(Message::Text($name))
        };
    }
    macro_rules! number {
        () => {
            u32
        };
    }
    let mut socket = handshake.accept().await?;
    let mut count: number!() = 0;
    while let text!(text) = timeout(Duration::from_secs(30), socket.recv()).await?? {
        count += 1;
        say!(&socket, "{count}: {text}");
    }
    socket.close(CloseCode::NORMAL, "text ended").await
}
