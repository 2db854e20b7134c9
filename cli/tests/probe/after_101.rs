//! Servers that accept, and go wrong then.

use std::io::Write as _;

use super::{
    canned::{accepting, close, finish, frame, polite, read_frame, wait},
    probe::report,
};

/// What the probe says about a server that accepts and then sends these bytes and ends.
fn about(bytes: Vec<u8>) -> String {
    let address = accepting(move |mut stream| {
        let _ = stream.write_all(&bytes);
        finish(&stream);
    });
    report(address, &["--any-origin"])
}

#[test]
fn a_server_as_it_should_be() {
    insta::assert_snapshot!(report(accepting(polite), &["--any-origin"]));
}

#[test]
fn messages_before_the_pong_are_no_fault() {
    let address = accepting(|mut stream| {
        let _ = stream.write_all(
            &[
                frame(0x89, b"are you there"),
                frame(0x81, b"welcome"),
                frame(0x8a, b"unasked"),
                frame(0x82, b"\0"),
            ]
            .concat(),
        );
        polite(stream);
    });
    let report = report(address, &["--any-origin"]);
    assert!(
        report.contains(
            "ok    ping      answered in N ms; the server sent 2 messages before\n        text: welcome\n        binary: 1 byte: 00\n"
        ),
        "{report}"
    );
    assert!(report.ends_with("exit status 0"), "{report}");
}

#[test]
fn closed_at_once_by_policy() {
    insta::assert_snapshot!(about(close(1008, "log in\x1b[1m first")));
}

#[test]
fn closed_at_once() {
    for (bytes, said) in [
        (
            close(1000, ""),
            "warn  ping      the server closed the connection right after the handshake with 1000 (normal closure)\n",
        ),
        (
            close(1011, "internal error"),
            "fail  ping      the server closed the connection right after the handshake with 1011 (internal error, `internal error`)\n",
        ),
        (
            close(4401, ""),
            "fail  ping      the server closed the connection right after the handshake with 4401 (application code)\n",
        ),
        (
            frame(0x88, b""),
            "fail  ping      the server closed the connection right after the handshake with 1005 (no code)\n",
        ),
        (
            Vec::new(),
            "fail  ping      the connection ended right after the handshake, without a close frame\n",
        ),
    ] {
        let report = about(bytes);
        assert!(report.contains(said), "{report}");
        assert!(report.contains("        help: "), "{report}");
        assert!(report.ends_with("exit status 1"), "{report}");
    }
}

#[test]
fn what_is_no_frame() {
    for bytes in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        // Masked, which a server must not do; compressed, which was not agreed on; a reserved opcode.
        vec![0x81, 0x81, 1, 2, 3, 4, 5],
        vec![0xc1, 1, b'x'],
        vec![0x83, 0],
    ] {
        let report = about(bytes);
        assert!(report.contains("fail  ping      the server sent an invalid WebSocket frame: "), "{report}");
    }
}

#[test]
fn a_message_without_end() {
    let report = about(vec![0x82, 127, 0, 0, 0, 0xff, 0, 0, 0, 0]);
    assert!(report.contains("warn  ping      the server sent a message of more than 16 MiB"), "{report}");
}

#[test]
fn nobody_reads() {
    let report = report(accepting(|stream| wait(&stream)), &["--any-origin", "--timeout", "1"]);
    assert!(report.contains("fail  ping      no pong within 1s: the server does not read\n"), "{report}");
    assert!(report.contains("warn  close     1000 was not answered within 1s\n"), "{report}");
}

#[test]
fn a_close_that_is_answered_otherwise() {
    for (answer, said) in [
        (close(1002, "no"), "warn  close     1000 was answered with 1002 (protocol error, `no`)\n"),
        (frame(0x88, b""), "ok    close     1000 was answered without a code in N ms\n"),
        (Vec::new(), "warn  close     1000 was answered by closing the connection without a close frame\n"),
    ] {
        let address = accepting(move |mut stream| {
            while let Some((opcode, payload)) = read_frame(&mut stream) {
                let answer = if opcode == 9 { frame(0x8a, &payload) } else { answer.clone() };
                let _ = stream.write_all(&answer);
                if opcode == 8 {
                    break;
                }
            }
            finish(&stream);
        });
        let report = report(address, &["--any-origin"]);
        assert!(report.contains(said), "{report}");
    }
}

#[test]
fn a_flood_is_not_read_for_ever() {
    let address = accepting(|mut stream| {
        let flood = frame(0x89, &[b'x'; 125]).repeat(100);
        while stream.write_all(&flood).is_ok() {}
    });
    let report = report(address, &["--any-origin"]);
    assert!(
        report.contains("the server sent 100000 messages and no pong; the probe stopped reading\n"),
        "{report}"
    );
}
