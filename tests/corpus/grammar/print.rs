//! Prints a tree as a file that compiles.

use std::fmt::Write as _;

use super::tree::{
    Accept, Before, Both, End, Form, Handler, Jump, Leave, Pure, Quiet, Recv, Send, Stmt, Talk, Wrong,
};

/// What every generated file begins with: imports, and the functions that handlers call.
pub(crate) const PRELUDE: &str = r#"use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use sockeye::{CloseCode, Error, Handshake, Receiver, Sender, Socket, ws_endpoint};
use tokio::{
    sync::{broadcast, mpsc},
    time::{interval, sleep, timeout},
};
use tracing::Instrument as _;

macro_rules! say {
    ($socket:expr, $text:literal) => {
        $socket.send($text).await?
    };
}

fn may_enter(handshake: &Handshake) -> bool {
    handshake.origin().is_some()
}

async fn open(handshake: Handshake) -> sockeye::Result<Socket> {
    handshake.accept().await
}

async fn greet(socket: &Socket) -> sockeye::Result {
    socket.send("hello").await
}

async fn tell(sender: &Sender) -> sockeye::Result {
    sender.send("hello").await
}

async fn converse(mut socket: Socket) -> sockeye::Result {
    while socket.recv().await?.is_some() {}
    Ok(())
}

async fn listen(sender: Sender, mut receiver: Receiver) -> sockeye::Result {
    while let Some(message) = receiver.recv().await? {
        sender.send(message).await?;
    }
    Ok(())
}
"#;

/// The handler, with a route of its own.
pub(crate) fn print(handler: &Handler, number: usize) -> String {
    let mut printer = Printer {
        text: String::new(),
        depth: 0,
        names: 0,
        handshake: "handshake".to_owned(),
        connection: Connection::Whole("socket".to_owned()),
        around: Vec::new(),
        hears_message: false,
    };
    printer.handler(handler, number);
    printer.text
}

/// The names of what the handler holds.
#[derive(Clone)]
enum Connection {
    Whole(String),
    Halves(String, String),
}

/// A loop, with its label, or a labelled block, which jumps without a label may not leave.
enum Around {
    Loop(Option<String>),
    Block,
}

struct Printer {
    text: String,
    depth: usize,
    /// How many names have been made up.
    names: usize,
    handshake: String,
    connection: Connection,
    /// What jumps may leave, innermost last.
    around: Vec<Around>,
    /// Whether `message` is in scope.
    hears_message: bool,
}

impl Printer {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:width$}{line}", "", width = self.depth * 4);
    }

    fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.line(line);
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}_{}", self.names)
    }

    fn tx(&self) -> String {
        match &self.connection {
            Connection::Whole(name) | Connection::Halves(name, _) => name.clone(),
        }
    }

    fn rx(&self) -> String {
        match &self.connection {
            Connection::Whole(name) | Connection::Halves(_, name) => name.clone(),
        }
    }

    fn whole(&self) -> Option<String> {
        match &self.connection {
            Connection::Whole(name) => Some(name.clone()),
            Connection::Halves(..) => None,
        }
    }

    fn handler(&mut self, handler: &Handler, number: usize) {
        if handler.documented {
            self.line("/// Generated.");
        }
        self.line(&format!("#[ws_endpoint(\"/generated/{number}\")]"));
        self.open(&format!("async fn handler_{number}("));
        self.line("handshake: Handshake,");
        self.line("State(events): State<broadcast::Sender<String>>,");
        self.line("State(ready): State<bool>,");
        self.close(") -> sockeye::Result {");
        self.depth += 1;
        self.line("let mut count = 1_u64;");
        for before in &handler.before {
            self.before(before);
        }
        self.accept(handler.accept);
        self.statements(&handler.middle);
        self.end(&handler.end);
        self.close("}");
    }

    fn before(&mut self, before: &Before) {
        let handshake = self.handshake.clone();
        match before {
            Before::Pure(pure) => self.pure(pure),
            Before::Look => {
                self.line(&format!("tracing::debug!(peer = ?{handshake}.peer(), uri = %{handshake}.uri());"));
            }
            Before::Rename => {
                self.handshake = self.name("request");
                self.line(&format!("let {} = {handshake};", self.handshake));
            }
            Before::RejectIf => {
                self.open(&format!("if {handshake}.headers().contains_key(\"x-no\") {{"));
                self.line(&format!("return Err({handshake}.reject(StatusCode::FORBIDDEN, \"no\"));"));
                self.close("}");
            }
            Before::StatusIf => {
                self.open("if !ready {");
                self.line("return Err(Error::status(StatusCode::SERVICE_UNAVAILABLE, \"not ready\"));");
                self.close("}");
            }
            Before::Enter => {
                self.open(&format!("if !may_enter(&{handshake}) {{"));
                self.line(&format!("return Err({handshake}.reject(StatusCode::FORBIDDEN, \"no\"));"));
                self.close("}");
            }
            Before::Wrong(wrong) => self.wrong(*wrong),
        }
    }

    fn accept(&mut self, accept: Accept) {
        let handshake = self.handshake.clone();
        let plain = format!("{handshake}.accept().await");
        match accept {
            Accept::Plain => self.line(&format!("let mut socket = {plain}?;")),
            Accept::Header => {
                self.line(&format!("let mut socket = {handshake}.accept().header(\"x-one\", \"1\").await?;"));
            }
            Accept::Timeout => {
                self.line(&format!(
                    "let mut socket = timeout(Duration::from_secs(5), {handshake}.accept()).await??;"
                ));
            }
            Accept::Builder => {
                self.line(&format!("let mut accept = {handshake}.accept();"));
                self.line("accept = accept.header(\"x-one\", \"1\");");
                self.line("let mut socket = accept.await?;");
            }
            Accept::Match => {
                self.open(&format!("let mut socket = match {plain} {{"));
                self.line("Ok(socket) => socket,");
                self.line("Err(error) => return Err(error),");
                self.close("};");
            }
            Accept::LetElse => self.line(&format!("let Ok(mut socket) = {plain} else {{ return Ok(()) }};")),
            Accept::IfElse => {
                self.open("let mut socket = if ready {");
                self.line(&format!("{handshake}.accept().header(\"x-ready\", \"1\").await?"));
                self.close("} else {");
                self.depth += 1;
                self.line(&format!("{plain}?"));
                self.close("};");
            }
            Accept::Arms => {
                self.open("let mut socket = match count {");
                self.line(&format!("0 => return Err({handshake}.reject(StatusCode::GONE, \"zero\")),"));
                self.line(&format!("_ => {plain}?,"));
                self.close("};");
            }
            Accept::Block => self.line(&format!("let mut socket = async move {{ {plain} }}.await?;")),
            Accept::Helper => self.line(&format!("let mut socket = open({handshake}).await?;")),
            Accept::Split => {
                self.line(&format!("let (tx, mut rx) = {plain}?.split();"));
                self.connection = Connection::Halves("tx".to_owned(), "rx".to_owned());
            }
        }
    }

    fn pures(&mut self, pures: &[Pure]) {
        for pure in pures {
            self.pure(pure);
        }
    }

    fn pure(&mut self, pure: &Pure) {
        match pure {
            Pure::Count => self.line("count += 1;"),
            Pure::Log => self.line("tracing::debug!(count, \"counted {}\", count + 1);"),
            Pure::Let => {
                let name = self.name("next");
                self.line(&format!("let {name} = count + 1;"));
                self.line(&format!("count = {name};"));
            }
            Pure::Closure => {
                let name = self.name("add");
                self.line(&format!("let {name} = |one: u64| one + 1;"));
                self.line(&format!("count = {name}(count);"));
            }
            Pure::If(then, other) => {
                self.open("if count % 2 == 0 {");
                self.pures(then);
                self.close("} else {");
                self.depth += 1;
                self.pures(other);
                self.close("}");
            }
            Pure::Match(some, other) => {
                self.open("match count {");
                self.open("0..=9 => {");
                self.pures(some);
                self.close("}");
                self.open("_ => {");
                self.pures(other);
                self.close("}");
                self.close("}");
            }
            Pure::For(body) => {
                self.open("for number in 0..3_u64 {");
                self.line("count += number;");
                self.pures(body);
                self.close("}");
            }
            Pure::Block(body) => {
                self.open("{");
                self.pures(body);
                self.close("}");
            }
            Pure::While => self.line("while count % 7 != 0 { count += 1; }"),
            Pure::Loop => self.line("loop { count += 1; if count % 5 == 0 { break; } }"),
            other => self.waiting(other),
        }
    }

    fn waiting(&mut self, pure: &Pure) {
        match pure {
            Pure::AsyncBlock => {
                let name = self.name("nap");
                self.line(&format!("let {name} = async {{ sleep(Duration::from_millis(1)).await; 2_u64 }};"));
                self.line(&format!("count += {name}.await;"));
            }
            Pure::Channel => {
                self.open("{");
                self.line("let (sender, mut receiver) = mpsc::unbounded_channel::<u64>();");
                self.line("let _ = sender.send(count);");
                self.line("drop(sender);");
                self.line("while let Some(number) = receiver.recv().await { count += number; }");
                self.close("}");
            }
            Pure::SpawnBlocking => {
                let name = self.name("bytes");
                self.open(&format!("let {name} = tokio::task::spawn_blocking(|| {{"));
                self.line("std::thread::sleep(Duration::from_millis(1));");
                self.line("std::fs::read(\"/etc/hostname\")");
                self.close("}).await?;");
                self.line(&format!("count += {name}.map_or(0, |bytes| bytes.len() as u64);"));
            }
            Pure::SpawnOther => {
                self.line("tokio::spawn(async move { tracing::debug!(count, \"elsewhere\") });");
            }
            Pure::NestedFn => {
                let name = self.name("nested");
                self.open(&format!("fn {name}(mut socket: u64) -> u64 {{"));
                self.line("std::thread::sleep(Duration::from_millis(1));");
                self.line("loop { socket += 1; if socket > 9 { return socket; } }");
                self.close("}");
                self.line(&format!(
                    "let {name} = tokio::task::spawn_blocking(move || {name}(count)).await?;"
                ));
                self.line(&format!("count += {name};"));
            }
            Pure::Thread => {
                self.line(
                    "std::thread::spawn(move || loop { std::thread::sleep(Duration::from_secs(count)); });",
                );
            }
            Pure::LetElse => {
                let name = self.name("sum");
                self.line(&format!(
                    "let Some({name}) = count.checked_add(1) else {{ return Err(Error::new(\"no\")) }};"
                ));
                self.line(&format!("count = {name};"));
            }
            _ => self.line("sleep(Duration::from_millis(1)).await;"),
        }
    }

    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// A block of its own, in which nothing can be renamed.
    fn nested(&mut self, open: &str, statements: &[Stmt], close: &str) {
        self.open(open);
        self.statements(statements);
        self.close(close);
    }

    fn is_top(&self) -> bool {
        self.depth == 1
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Pure(pure) => self.pure(pure),
            Stmt::Send(send) => {
                let tx = self.tx();
                self.send(*send, &tx);
            }
            Stmt::Echo => {
                let text = if self.hears_message { "message.clone()" } else { "\"echo\"" };
                self.line(&format!("{}.send({text}).await?;", self.tx()));
            }
            Stmt::Recv(recv) => self.recv(*recv),
            Stmt::If(then, other) => {
                self.nested("if count % 3 == 0 {", then, "} else {");
                self.depth += 1;
                self.statements(other);
                self.close("}");
            }
            Stmt::Match(some, other) => {
                self.open("match count {");
                self.nested("0 | 1 => {", some, "}");
                self.nested("_ => {", other, "}");
                self.close("}");
            }
            Stmt::For(body) => {
                self.around.push(Around::Loop(None));
                self.nested("for _ in 0..2 {", body, "}");
                self.around.pop();
            }
            Stmt::Labelled(first, second) => self.labelled(first, second),
            Stmt::Talk(talk) => self.talk(talk),
            other => self.rarer(other),
        }
    }

    fn rarer(&mut self, statement: &Stmt) {
        match statement {
            Stmt::LeaveIf(leave) => self.leave_if(*leave),
            Stmt::Jump(jump) => self.jump(*jump),
            Stmt::Quiet(quiet) => self.quiet(*quiet),
            Stmt::Call => match &self.connection {
                Connection::Whole(name) => self.line(&format!("greet(&{name}).await?;")),
                Connection::Halves(tx, _) => self.line(&format!("tell(&{tx}).await?;")),
            },
            Stmt::Shadow(pures) => {
                self.open("{");
                self.line(&format!("let {} = \"not the connection\";", self.tx()));
                self.line(&format!("tracing::debug!(shadow = {});", self.tx()));
                self.pures(pures);
                self.close("}");
            }
            Stmt::Reborrow(send) => self.reborrow(*send),
            Stmt::Rename if self.is_top() => self.rename(),
            Stmt::Split if self.is_top() => self.split(),
            Stmt::Both(both) => self.both(*both),
            Stmt::Task => self.task(),
            Stmt::ChannelTask if self.is_top() => self.channel_task(),
            Stmt::Progress(quiet) => self.progress(*quiet),
            Stmt::LastWords => self.last_words(),
            Stmt::Wrong(wrong) => self.wrong(*wrong),
            _ => self.line("count += 1;"),
        }
    }

    fn labelled(&mut self, first: &[Stmt], second: &[Stmt]) {
        let label = self.name("'block");
        self.open(&format!("{label}: {{"));
        self.around.push(Around::Block);
        self.statements(first);
        self.line(&format!("if count > 5 {{ break {label}; }}"));
        self.statements(second);
        self.around.pop();
        self.close("}");
    }

    fn send(&mut self, send: Send, tx: &str) {
        let plain = format!("{tx}.send(\"text\")");
        match send {
            Send::Question => self.line(&format!("{plain}.await?;")),
            Send::Kept => {
                let name = self.name("sending");
                self.line(&format!("let {name} = {plain};"));
                self.line(&format!("{name}.await?;"));
            }
            Send::Timeout => self.line(&format!("timeout(Duration::from_secs(5), {plain}).await??;")),
            Send::MapErr => self.line(&format!("{plain}.await.map_err(|error| Error::new(error))?;")),
            Send::IsErr => self.line(&format!("if {plain}.await.is_err() {{ return Ok(()); }}")),
            Send::IfLet => {
                self.line(&format!("if let Err(error) = {plain}.await {{ return Err(error); }}"));
            }
            Send::Match => {
                self.open(&format!("match {plain}.await {{"));
                self.line("Ok(()) => {}");
                self.line("Err(error) => return Err(error),");
                self.close("}");
            }
            Send::LetElse => self.line(&format!("let Ok(()) = {plain}.await else {{ return Ok(()) }};")),
            Send::TryJoin => self.line(&format!("tokio::try_join!({plain}, {tx}.feed(\"more\"))?;")),
            Send::Block => self.line(&format!("async {{ {plain}.await }}.await?;")),
            Send::Chosen => {
                let name = self.name("sending");
                self.line(&format!("let {name} = if ready {{ {plain} }} else {{ {tx}.feed(\"less\") }};"));
                self.line(&format!("{name}.await?;"));
            }
            Send::Feed => {
                self.line(&format!("for part in [\"a\", \"b\"] {{ {tx}.feed(part).await?; }}"));
                self.line(&format!("{tx}.flush().await?;"));
            }
            Send::Instrument => {
                self.line(&format!("{plain}.instrument(tracing::debug_span!(\"send\")).await?;"));
            }
            Send::BoxPin => self.line(&format!("Box::pin({plain}).await?;")),
            Send::Macro => self.line(&format!("say!({tx}, \"text\");")),
            Send::Join | Send::JoinInFor => self.joined(send, tx),
        }
    }

    fn joined(&mut self, send: Send, tx: &str) {
        if matches!(send, Send::JoinInFor) {
            self.open("for _ in 0..2 {");
            self.line(&format!("tokio::try_join!({tx}.send(\"a\"), {tx}.flush())?;"));
            return self.close("}");
        }
        let (one, two) = (self.name("one"), self.name("two"));
        self.line(&format!("let ({one}, {two}) = tokio::join!({tx}.send(\"a\"), {tx}.feed(\"b\"));"));
        self.line(&format!("{one}?;"));
        self.line(&format!("{two}?;"));
    }

    fn quiet(&mut self, quiet: Quiet) {
        let plain = format!("{}.send(\"perhaps\").await", self.tx());
        match quiet {
            Quiet::Let => self.line(&format!("let _ = {plain};")),
            Quiet::Ok => self.line(&format!("{plain}.ok();")),
            Quiet::Assign => self.line(&format!("_ = {plain};")),
        }
    }

    fn recv(&mut self, recv: Recv) {
        let plain = format!("{}.recv()", self.rx());
        let name = self.name("first");
        match recv {
            Recv::LetElse => {
                self.line(&format!("let Some({name}) = {plain}.await? else {{ return Ok(()) }};"));
            }
            Recv::Match => {
                self.open(&format!("let {name} = match {plain}.await {{"));
                self.line("Ok(Some(message)) => message,");
                self.line("Ok(None) => return Ok(()),");
                self.line("Err(error) => return Err(error),");
                self.close("};");
            }
            Recv::Kept => {
                let receiving = self.name("receiving");
                self.line(&format!("let {receiving} = {plain};"));
                self.line(&format!("let Some({name}) = {receiving}.await? else {{ return Ok(()) }};"));
            }
            Recv::Timeout => {
                self.open(&format!(
                    "let Ok(Ok(Some({name}))) = timeout(Duration::from_secs(5), {plain}).await else {{"
                ));
                self.line("return Err(Error::close(CloseCode::POLICY_VIOLATION, \"too slow\"));");
                self.close("};");
            }
            Recv::IsNone => {
                let next = self.name("next");
                self.line(&format!("let {next} = {plain}.await?;"));
                self.line(&format!("if {next}.is_none() {{ return Ok(()); }}"));
                self.line(&format!("let {name} = {next}.unwrap();"));
            }
            Recv::Flatten => {
                self.line(&format!(
                    "let Some({name}) = {plain}.await.ok().flatten() else {{ return Ok(()) }};"
                ));
            }
            Recv::OkOr => {
                self.line(&format!("let {name} = {plain}.await?.ok_or_else(|| Error::new(\"gone\"))?;"));
            }
        }
        self.line(&format!("count += {name}.len() as u64;"));
    }

    fn leave_if(&mut self, leave: Leave) {
        self.open("if count > 1000 {");
        match (leave, self.whole()) {
            (Leave::Close, Some(socket)) => {
                self.line(&format!("return {socket}.close(CloseCode::NORMAL, \"enough\").await;"));
            }
            (Leave::ErrorQuestion, _) => {
                self.line("Err(Error::close(CloseCode::NORMAL, \"enough\"))?;");
            }
            _ => self.line("return Err(Error::close(CloseCode::NORMAL, \"enough\"));"),
        }
        self.close("}");
    }

    fn jump(&mut self, jump: Jump) {
        let outer = self.around.iter().find_map(|around| match around {
            Around::Loop(label) => label.as_deref(),
            Around::Block => None,
        });
        let in_loop = matches!(self.around.last(), Some(Around::Loop(_)));
        let jump = match (jump, outer) {
            (Jump::BreakOuter, Some(label)) => format!("break {label}"),
            (Jump::ContinueOuter, Some(label)) => format!("continue {label}"),
            (Jump::Break | Jump::BreakOuter, _) if in_loop => "break".to_owned(),
            (Jump::Continue | Jump::ContinueOuter, _) if in_loop => "continue".to_owned(),
            _ => "count += 1".to_owned(),
        };
        self.line(&format!("if count % 4 == 0 {{ {jump}; }}"));
    }

    fn reborrow(&mut self, send: Send) {
        let other = self.name("borrowed");
        self.open("{");
        self.line(&format!("let {other} = &{};", self.tx()));
        self.send(send, &other);
        self.close("}");
    }

    fn rename(&mut self) {
        match self.connection.clone() {
            Connection::Whole(old) => {
                let new = self.name("conn");
                self.line(&format!("let mut {new} = {old};"));
                self.connection = Connection::Whole(new);
            }
            Connection::Halves(tx, rx) => {
                let (to, from) = (self.name("to"), self.name("from"));
                self.line(&format!("let ({to}, mut {from}) = ({tx}, {rx});"));
                self.connection = Connection::Halves(to, from);
            }
        }
    }

    fn split(&mut self) {
        let Some(socket) = self.whole() else { return self.line("count += 1;") };
        let (tx, rx) = (self.name("tx"), self.name("rx"));
        self.line(&format!("let ({tx}, mut {rx}) = {socket}.split();"));
        self.connection = Connection::Halves(tx, rx);
    }

    fn both(&mut self, both: Both) {
        let Connection::Halves(tx, rx) = self.connection.clone() else {
            return self.line("count += 1;");
        };
        let (read, write) = (self.name("read"), self.name("write"));
        self.open(&format!("let {read} = async {{"));
        self.line(&format!("while let Some(message) = {rx}.recv().await? {{ tracing::debug!(?message); }}"));
        match both {
            Both::Select => self.line("Ok::<(), Error>(())"),
            Both::TryJoin => self.line("Err::<(), Error>(Error::close(CloseCode::NORMAL, \"gone\"))"),
        }
        self.close("};");
        self.open(&format!("let {write} = async {{"));
        self.line("let mut ticks = interval(Duration::from_secs(1));");
        self.open("loop {");
        self.line("ticks.tick().await;");
        self.line("if events.receiver_count() > 100 { break; }");
        self.line(&format!("{tx}.send(\"tick\").await?;"));
        self.close("}");
        self.line("Ok::<(), Error>(())");
        self.close("};");
        match both {
            Both::Select => {
                self.open("tokio::select! {");
                self.line(&format!("result = {read} => result?,"));
                self.line(&format!("result = {write} => result?,"));
                self.close("}");
            }
            Both::TryJoin => self.line(&format!("tokio::try_join!({read}, {write})?;")),
        }
    }

    fn task(&mut self) {
        match self.connection.clone() {
            Connection::Whole(socket) => {
                self.line(&format!("{socket}.spawn(async move {{ tracing::debug!(count) }});"));
            }
            Connection::Halves(tx, _) => {
                let (beats, task) = (self.name("beats"), self.name("task"));
                self.line(&format!("let {beats} = {tx}.clone();"));
                self.open(&format!("let {task} = tokio::spawn(async move {{"));
                self.open(&format!("while {beats}.send(\"beat\").await.is_ok() {{"));
                self.line("sleep(Duration::from_secs(1)).await;");
                self.close("}");
                self.close("});");
                self.line(&format!("{task}.abort();"));
            }
        }
    }

    /// Both ends of the channel stay until the function ends.
    fn channel_task(&mut self) {
        let Connection::Halves(tx, _) = self.connection.clone() else { return self.line("count += 1;") };
        let (outbox, inbox, mine) = (self.name("outbox"), self.name("inbox"), self.name("mine"));
        self.line(&format!("let ({outbox}, mut {inbox}) = mpsc::channel::<String>(8);"));
        self.line(&format!("let {mine} = {tx}.clone();"));
        self.open("tokio::spawn(async move {");
        self.open(&format!("while let Some(text) = {inbox}.recv().await {{"));
        self.line(&format!("if {mine}.send(text).await.is_err() {{ break; }}"));
        self.close("}");
        self.close("});");
        self.line(&format!("{outbox}.send(count.to_string()).await?;"));
    }

    fn progress(&mut self, quiet: bool) {
        let tx = self.tx();
        self.open("tokio::select! {");
        self.line("() = sleep(Duration::from_secs(3)) => {}");
        self.open("() = async {");
        self.open("loop {");
        self.line("sleep(Duration::from_millis(500)).await;");
        if quiet {
            self.line(&format!("let _ = {tx}.send(\"working\").await;"));
        } else {
            self.line(&format!("if {tx}.send(\"working\").await.is_err() {{ break; }}"));
        }
        self.close("}");
        self.close("} => {}");
        self.close("}");
    }

    fn last_words(&mut self) {
        let (tx, name) = (self.tx(), self.name("waiting"));
        self.line(&format!("let mut {name} = vec![\"one\", \"two\"];"));
        self.open(&format!("while let Some(text) = {name}.pop() {{"));
        self.line(&format!("let _ = {tx}.send(text).await;"));
        self.close("}");
    }

    /// Around the body of a loop: jumps may leave it, and `message` is there.
    fn in_loop(&mut self, label: Option<String>, hears_message: bool, print: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.hears_message, hears_message);
        self.around.push(Around::Loop(label));
        print(self);
        self.around.pop();
        self.hears_message = before;
    }

    fn talk(&mut self, talk: &Talk) {
        let label = talk.labelled.then(|| self.name("'talk"));
        let prefix = label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
        let exit = match &label {
            _ if talk.returns => "return Ok(())".to_owned(),
            Some(label) => format!("break {label}"),
            None => "break".to_owned(),
        };
        let rx = self.rx();
        self.before_loop(talk.form, &rx);
        self.line(&format!("{prefix}{}", head(talk.form, &rx, self.names)));
        self.depth += 1;
        self.in_loop(label, true, |printer| printer.body(talk, &rx, &exit));
        self.close("}");
    }

    /// What stands before the loop; names that it makes end in the number of names so far.
    fn before_loop(&mut self, form: Form, rx: &str) {
        self.names += 1;
        let number = self.names;
        match form {
            Form::Done => self.line(&format!("let mut done_{number} = false;")),
            Form::Ahead => self.line(&format!("let mut next_{number} = {rx}.recv().await?;")),
            Form::SelectTick | Form::SelectCondition => {
                self.line(&format!("let mut ticks_{number} = interval(Duration::from_secs(1));"));
            }
            Form::SelectEvents => {
                self.line(&format!("let mut feed_{number} = events.subscribe();"));
            }
            Form::SelectElse => {
                let channel = "tokio::sync::mpsc::channel::<String>(1)";
                self.line(&format!("let (_kept_{number}, mut feed_{number}) = {channel};"));
            }
            _ => {}
        }
    }

    fn body(&mut self, talk: &Talk, rx: &str, exit: &str) {
        let number = self.names;
        let body = &talk.body;
        match talk.form {
            Form::WhileSome | Form::OkSome | Form::SelectCondition => self.statements(body),
            Form::Match => {
                self.open(&format!("match {rx}.recv().await? {{"));
                self.nested("Some(message) => {", body, "}");
                self.line(&format!("None => {exit},"));
                self.close("}");
            }
            Form::LetElse => {
                self.line(&format!("let Some(message) = {rx}.recv().await? else {{ {exit} }};"));
                self.statements(body);
            }
            Form::IfLet => {
                self.nested(&format!("if let Some(message) = {rx}.recv().await? {{"), body, "} else {");
                self.depth += 1;
                self.line(&format!("{exit};"));
                self.close("}");
            }
            Form::Lenient => {
                self.open(&format!("match {rx}.recv().await {{"));
                self.nested("Ok(Some(message)) => {", body, "}");
                self.line(&format!("Ok(None) => {exit},"));
                self.line("Err(error) => tracing::debug!(%error),");
                self.close("}");
            }
            Form::Done => {
                self.open(&format!("match {rx}.recv().await? {{"));
                self.nested("Some(message) => {", body, "}");
                self.line(&format!("None => done_{number} = true,"));
                self.close("}");
            }
            Form::IsNone => {
                self.line(&format!("let received = {rx}.recv().await?;"));
                self.line(&format!("if received.is_none() {{ {exit}; }}"));
                self.line("let Some(message) = received else { unreachable!() };");
                self.statements(body);
            }
            _ => self.body_with_other(talk, rx, exit, number),
        }
    }

    fn body_with_other(&mut self, talk: &Talk, rx: &str, exit: &str, number: usize) {
        match talk.form {
            Form::Ahead => {
                // `continue` would skip the receive at the end: the body must not have one.
                let around = std::mem::take(&mut self.around);
                self.statements(&talk.body);
                self.around = around;
                self.line(&format!("next_{number} = {rx}.recv().await?;"));
            }
            Form::Timeout => {
                self.open(&format!("match timeout(Duration::from_secs(9), {rx}.recv()).await {{"));
                self.nested("Ok(Ok(Some(message))) => {", &talk.body, "}");
                self.line(&format!("Ok(Ok(None)) => {exit},"));
                self.line("Ok(Err(error)) => return Err(error),");
                self.other("Err(_) => {", talk, "}");
                self.close("}");
            }
            Form::SelectElse => {
                self.open("tokio::select! {");
                self.nested(&format!("Ok(Some(message)) = {rx}.recv() => {{"), &talk.body, "}");
                self.line(&format!(
                    "Some(event) = feed_{number}.recv() => {}.send(event).await?,",
                    self.tx()
                ));
                self.line(&format!("else => {exit},"));
                self.close("}");
            }
            Form::SelectEvents => {
                self.select(
                    talk,
                    rx,
                    exit,
                    &format!("event = feed_{number}.recv() => {{"),
                    Some("drop(event?);"),
                );
            }
            _ => self.select(talk, rx, exit, &format!("_ = ticks_{number}.tick() => {{"), None),
        }
    }

    fn select(&mut self, talk: &Talk, rx: &str, exit: &str, other: &str, first: Option<&str>) {
        self.open("tokio::select! {");
        self.open(&format!("received = {rx}.recv() => match received? {{"));
        self.nested("Some(message) => {", &talk.body, "}");
        self.line(&format!("None => {exit},"));
        self.close("},");
        self.open(other);
        if let Some(first) = first {
            self.line(first);
        }
        self.hears_message = false;
        self.statements(&talk.other);
        self.close("}");
        self.close("}");
    }

    fn other(&mut self, open: &str, talk: &Talk, close: &str) {
        let before = std::mem::replace(&mut self.hears_message, false);
        self.nested(open, &talk.other, close);
        self.hears_message = before;
    }

    fn end(&mut self, end: &End) {
        match end {
            End::Talk(talk) => {
                self.talk(talk);
                self.line("Ok(())");
            }
            End::TalkClose(talk) => {
                self.talk(talk);
                self.close_or_fail();
            }
            End::Endless(body) => {
                let rx = self.rx();
                self.open("loop {");
                self.line(&format!("let Some(message) = {rx}.recv().await? else {{ return Ok(()) }};"));
                // `break` would make the loop's value `()`.
                self.hears_message = true;
                let around = std::mem::take(&mut self.around);
                self.statements(body);
                self.around = around;
                self.close("}");
            }
            End::Close => self.close_or_fail(),
            End::Error => self.line("Err(Error::close(CloseCode::TRY_AGAIN_LATER, \"later\"))"),
            End::HandOver => match &self.connection {
                Connection::Whole(socket) => self.line(&format!("converse({socket}).await")),
                Connection::Halves(tx, rx) => self.line(&format!("listen({tx}, {rx}).await")),
            },
            End::Both(both) => {
                self.split();
                self.both(*both);
                self.line("Ok(())");
            }
            End::Channel => self.channel(),
            End::Wrong(wrong) => self.wrong(*wrong),
        }
    }

    fn close_or_fail(&mut self) {
        match self.whole() {
            Some(socket) => self.line(&format!("{socket}.close(CloseCode::NORMAL, \"done\").await")),
            None => self.line("Err(Error::close(CloseCode::NORMAL, \"done\"))"),
        }
    }

    fn channel(&mut self) {
        self.split();
        let (tx, rx) = (self.tx(), self.rx());
        self.line("let (outbox, mut inbox) = mpsc::channel(8);");
        self.open("let read = async move {");
        self.line(&format!(
            "while let Some(message) = {rx}.recv().await? {{ outbox.send(message).await?; }}"
        ));
        self.line("Ok::<(), Error>(())");
        self.close("};");
        self.open("let write = async move {");
        self.line(&format!("while let Some(message) = inbox.recv().await {{ {tx}.send(message).await?; }}"));
        self.line("Ok(())");
        self.close("};");
        self.line("tokio::try_join!(read, write).map(drop)");
    }

    fn wrong(&mut self, wrong: Wrong) {
        let (handshake, tx, rx) = (self.handshake.clone(), self.tx(), self.rx());
        match wrong {
            Wrong::SendEarly => self.line(&format!("{handshake}.send(\"early\").await?;")),
            Wrong::ReturnEarly => self.line("if count > 99 { return Ok(()); }"),
            Wrong::AcceptAgain => self.line(&format!("drop({handshake}.accept().await?);")),
            Wrong::Unawaited => self.line(&format!("{tx}.send(\"lost\");")),
            Wrong::UnawaitedLet => self.line(&format!("let _ = {tx}.feed(\"lost\");")),
            Wrong::Unwrap => self.line(&format!("{tx}.send(\"boom\").await.unwrap();")),
            Wrong::ExpectRecv => {
                self.line(&format!("count += {rx}.recv().await?.expect(\"boom\").len() as u64;"));
            }
            Wrong::BlockingSleep => self.line("std::thread::sleep(Duration::from_millis(9));"),
            Wrong::BlockingRead => {
                self.line("count += std::fs::read(\"/etc/hostname\")?.len() as u64;");
            }
            other => self.wrong_end(other, &tx, &rx),
        }
    }

    fn wrong_end(&mut self, wrong: Wrong, tx: &str, rx: &str) {
        match wrong {
            Wrong::Detached => {
                self.split();
                let tx = self.tx();
                self.line(&format!("tokio::spawn(async move {{ while {tx}.send(\"x\").await.is_ok() {{}} }});"));
                self.line(&format!("while {}.recv().await?.is_some() {{}}", self.rx()));
                self.line("Ok(())");
            }
            Wrong::DeafLoop => {
                self.open("loop {");
                self.line("sleep(Duration::from_secs(1)).await;");
                self.line(&format!("{tx}.send(\"tick\").await?;"));
                self.close("}");
            }
            Wrong::SwallowedError => {
                self.open("loop {");
                self.line("sleep(Duration::from_secs(1)).await;");
                self.line(&format!("let _ = {tx}.send(\"tick\").await;"));
                self.close("}");
            }
            Wrong::SpinningLoop => self.line(&format!(
                "loop {{ if let Some(message) = {rx}.recv().await? {{ tracing::debug!(?message); }} }}"
            )),
            Wrong::SpinningMatch => self.line(&format!(
                "loop {{ match {rx}.recv().await {{ Ok(Some(message)) => tracing::debug!(?message), _ => continue }} }}"
            )),
            Wrong::SendLate => {
                self.line(&format!("{tx}.close(CloseCode::NORMAL, \"done\").await?;"));
                self.line(&format!("{tx}.send(\"late\").await"));
            }
            // The loop is gone, or the doc comment.
            _ => self.line("Ok(())"),
        }
    }
}

/// The head of the loop, with its brace.
fn head(form: Form, rx: &str, number: usize) -> String {
    match form {
        Form::WhileSome => format!("while let Some(message) = {rx}.recv().await? {{"),
        Form::OkSome => format!("while let Ok(Some(message)) = {rx}.recv().await {{"),
        Form::Done => format!("while !done_{number} {{"),
        Form::Ahead => format!("while let Some(message) = next_{number} {{"),
        Form::SelectCondition => format!(
            "while let Some(message) = tokio::select! {{ received = {rx}.recv() => received?, _ = ticks_{number}.tick() => None }} {{"
        ),
        _ => "loop {".to_owned(),
    }
}
