//! Real programs that may have few file descriptors.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader, Lines, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStderr, Command, Stdio},
    time::Duration,
};

use sockeye_tests::raw::HEAD;

/// The program, until the end of the test.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with these arguments, after the shell has set its limits.
fn start(ulimit: &str, arguments: &str) -> Program {
    let script = format!("ulimit {ulimit} && exec {} {arguments}", env!("CARGO_BIN_EXE_crowded"));
    let mut child = Command::new("sh").args(["-c", &script]).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    Program { child, lines }
}

impl Program {
    /// What it says until it listens, and where.
    fn listening(&mut self) -> (String, SocketAddr) {
        let mut said = String::new();
        loop {
            let line = self.lines.next().expect("it listens").unwrap();
            if let Some((_, address)) = line.split_once("ws://") {
                return (said, address.parse().unwrap());
            }
            said += &line;
            said.push('\n');
        }
    }
}

/// The status line of a handshake; whoever is let in stays for as long as the stream lives.
fn shake_hands(address: SocketAddr) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(format!("GET /echo HTTP/1.1\r\n{HEAD}\r\n").as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    (String::from_utf8(status.to_vec()).unwrap(), stream)
}

#[test]
fn defaults_that_do_not_fit_are_lowered_and_said() {
    let mut program = start("-n 1024", "- -");
    let (said, address) = program.listening();
    for words in [
        "warning[few_descriptors]: the process can open only 1024 file descriptors, but the limits need 20000",
        "lowered to 448 WebSockets, 448 other HTTP connections and 112 per client",
        "`Limits::new().max_connections(448).max_http_connections(448).max_connections_per_client(112)`",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let open: Vec<_> = (0..112).map(|_| shake_hands(address)).collect();
    assert!(open.iter().all(|(status, _)| status == "HTTP/1.1 101"));
    assert_eq!(shake_hands(address).0, "HTTP/1.1 429", "one client cannot take everything");
}

/// Its author does not know how few the process may open.
#[test]
fn a_limit_per_client_above_a_lowered_default_is_right() {
    let mut program = start("-n 1024", "- - 9000");
    let (said, address) = program.listening();
    assert!(said.contains("warning[few_descriptors]") && !said.contains("error"), "{said}");
    assert_eq!(shake_hands(address).0, "HTTP/1.1 101");
}

#[test]
fn the_soft_limit_is_raised() {
    let mut program = start("-Sn 64", "200 200");
    let (said, address) = program.listening();
    assert_eq!(said, "");
    let open: Vec<_> = (0..100).map(|_| shake_hands(address)).collect();
    assert!(open.iter().all(|(status, _)| status == "HTTP/1.1 101"));
}

#[test]
fn limits_that_do_not_fit_are_refused_with_the_figures() {
    let mut program = start("-n 1024", "1000 500");
    let said: Vec<_> = program.lines.by_ref().map(Result::unwrap).collect();
    let said = said.join("\n");
    let message = "error[invalid_limits]: the server's limits allow 1000 WebSockets and 500 other HTTP connections, \
                   which need 1500 file descriptors, but the process can open only 1024";
    assert!(said.contains(message), "{said}");
    assert!(!program.child.wait().unwrap().success());
}

#[test]
fn a_connection_that_cannot_be_accepted_is_said_on_stderr() {
    let mut program = start("-n 200", "20 20 greedy");
    let (_, address) = program.listening();
    let _waiting = TcpStream::connect(address).unwrap();
    let line = program.lines.next().unwrap().unwrap();
    for words in [
        "ERROR: a connection could not be accepted",
        "rule=accept_failed",
        "Too many open files",
        "ulimit -n",
    ] {
        assert!(line.contains(words), "{line}");
    }
}
