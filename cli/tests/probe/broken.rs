//! Servers that give no answer in HTTP.

use std::{io::Write as _, net::TcpListener, time::Duration};

use super::{
    canned::{finish, read_request, serve, wait},
    probe::{probe, report, steady},
};

/// What the probe says about a server that answers these bytes and ends.
fn about(bytes: &'static [u8]) -> String {
    let address = serve(move |mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(bytes);
        finish(&stream);
    });
    report(address, &[])
}

#[test]
fn nobody_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    insta::assert_snapshot!(report(address, &[]));
}

#[test]
fn the_name_is_not_known() {
    let seen = probe(&["ws://does-not-exist.invalid/ws"]);
    assert_eq!((seen.status, seen.err.as_str()), (1, ""));
    assert!(seen.out.starts_with("  fail  dns  "), "{}", seen.out);
    assert!(seen.out.contains("`does-not-exist.invalid`") && seen.out.contains("help: "), "{}", seen.out);
}

#[test]
fn the_server_never_answers() {
    let address = serve(|stream| wait(&stream));
    insta::assert_snapshot!(report(address, &["--timeout", "1"]));
}

#[test]
fn the_server_answers_drop_by_drop() {
    let address = serve(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let report = report(address, &["--timeout", "1"]);
    assert!(report.contains("fail  http      the response did not end within 1s"), "{report}");
}

#[test]
fn the_server_closes_without_an_answer() {
    insta::assert_snapshot!(about(b""));
}

#[test]
fn the_server_closes_in_the_middle() {
    insta::assert_snapshot!(about(b"HTTP/1.1 101 Switching Protocols\r\nUpgra"));
}

#[test]
fn the_server_resets() {
    let address = serve(|stream| {
        // Bytes that nobody read turn the end into a reset.
        let _ = stream.peek(&mut [0]);
        drop(stream);
    });
    let report = report(address, &[]);
    assert!(
        report.contains("fail  http      the connection was reset before a response arrived"),
        "{report}"
    );
    assert!(report.contains("help: the port may expect TLS: try `wss://`"), "{report}");
}

#[test]
fn not_http_at_all() {
    for (bytes, said, help) in [
        (
            &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
            "not an HTTP server: it is an SSH server",
            "the port belongs to another service",
        ),
        (
            b"220 mail.example.com ESMTP\r\n",
            "not an HTTP server: it is a mail or FTP server",
            "the port belongs to another service",
        ),
        (
            b"-ERR unknown command 'GET'\r\n",
            "not an HTTP server: it looks like Redis",
            "the port belongs to another service",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            "not an HTTP server: it expects TLS",
            "write `wss://127.0.0.1:PORT/ws`",
        ),
        (
            b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
            "one that speaks only HTTP/2",
            "enable it along with HTTP/2",
        ),
        (b"hello\r\n", "what listens there is not an HTTP server\n", "the port belongs to another service"),
        (b"HTTP/1.1 banana\r\n\r\n", "not an HTTP server that follows RFC 9112", "check what writes it"),
    ] {
        let report = about(bytes);
        assert!(report.contains(said) && report.contains(help), "{report}");
        assert!(report.ends_with("exit status 1"), "{report}");
    }
}

#[test]
fn a_banner_is_shown_without_waiting_for_its_end() {
    let address = serve(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-dropbear\r\n");
        wait(&stream);
    });
    let report = report(address, &[]);
    assert!(report.contains("says: SSH-2.0-dropbear\n"), "{report}");
}

#[test]
fn every_address_of_a_name_is_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let seen = probe(&[&format!("ws://localhost:{}/", address.port()), "--timeout", "1"]);
    let report = steady(&seen, address);
    assert!(report.starts_with("  ok    dns       localhost is "), "{report}");
    assert!(report.contains("  ok    tcp       connected to 127.0.0.1:PORT in N ms\n"), "{report}");
}
