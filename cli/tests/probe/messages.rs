//! `--send` and `--expect`.

use std::{io::Write as _, net::SocketAddr};

use serde_json::{Value, json};

use super::{
    canned::{accepting, close, finish, frame, polite, read_frame},
    probe::{probe, report},
    sockeye_server::{report_on, server},
};

/// A server that sends these frames at once, and then is as it should be.
fn saying(frames: &[Vec<u8>]) -> SocketAddr {
    let bytes = frames.concat();
    accepting(move |mut stream| {
        let _ = stream.write_all(&bytes);
        polite(stream);
    })
}

fn text(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

/// A server that answers the first message with these frames, and ends.
fn answering_with(answer: Vec<u8>) -> SocketAddr {
    accepting(move |mut stream| {
        while let Some((opcode, payload)) = read_frame(&mut stream) {
            let answer = match opcode {
                8 => frame(0x88, &payload),
                9 => frame(0x8a, &payload),
                _ => answer.clone(),
            };
            let _ = stream.write_all(&answer);
            if opcode != 9 {
                break;
            }
        }
        finish(&stream);
    })
}

#[test]
fn what_is_sent_comes_back() {
    insta::assert_snapshot!(report(
        server(),
        &["--send", "hello", "--send", "-1", "--expect", "ell", "--expect", "-1"]
    ));
}

#[test]
fn what_is_expected_may_come_among_other_messages() {
    let other: Vec<Vec<u8>> = (0..9).map(|number| text(&format!("other {number}"))).collect();
    let frames = [
        vec![text("welcome\x1b[1m"), frame(0x82, &[7; 20]), frame(0x82, b""), text("")],
        other,
        vec![text("at last")],
    ];
    let report =
        report(saying(&frames.concat()), &["--any-origin", "--expect", "welcome", "--expect", "last"]);
    let said = "  ok    messages  all 2 expected messages came in N ms
        text: welcome\\u{1b}[1m
        binary: 20 bytes: 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 ..
        binary: 0 bytes
        text: (empty)
        text: other 0
        text: at last
  ok    ping      answered in N ms
";
    assert!(report.contains(said), "{report}");
    assert!(report.ends_with("exit status 0"), "{report}");
}

#[test]
fn what_is_expected_does_not_come() {
    let quick = ["--any-origin", "--timeout", "1"];
    for (frames, expected, said) in [
        (
            vec![],
            &["--expect", "hello"][..],
            "  fail  messages  no message with `hello` came within 1s; no message came
        help: if the endpoint waits for a message, send it with `--send`; `--timeout` sets how long to wait
",
        ),
        (
            vec![text("second"), text("first")],
            &["--expect", "first", "--expect", "second"],
            "  fail  messages  no message with `second` came within 1s; 2 messages came
        text: second
        text: first
        help: each `--expect` is a part of a text message, and comes after the one before; compare it with the messages that came
",
        ),
        (
            vec![frame(0x82, b"a hello")],
            &["--expect", "hello"],
            "        help: a binary message has this text: `--expect` compares text messages only\n",
        ),
    ] {
        let report = report(saying(&frames), &[&quick[..], expected].concat());
        assert!(report.contains(said), "{report}");
        assert!(report.contains("  ok    close     "), "the other checks are made anyway: {report}");
        assert!(report.ends_with("1 failure\nexit status 1"), "{report}");
    }
}

#[test]
fn one_message_is_no_two() {
    let expected = ["--expect", "hello", "--expect", "hello", "--any-origin", "--timeout", "1"];
    let report = report(saying(&[text("hello")]), &expected);
    assert!(report.contains("no message with `hello` came within 1s; 1 message came\n"), "{report}");
}

#[test]
fn the_server_closes_instead() {
    for (answer, said) in [
        (
            close(1007, "not JSON"),
            "  fail  messages  the server closed the connection before the expected `ok` with 1007 (invalid data, `not JSON`)
        help: the server could not decode the message
",
        ),
        (
            [text("wait"), close(1000, "")].concat(),
            "  fail  messages  the server closed the connection before the expected `ok` with 1000 (normal closure)
        text: wait
        help: ",
        ),
        (vec![], "  fail  messages  the connection ended before the expected `ok`, without a close frame\n"),
    ] {
        let report = report(answering_with(answer), &["--any-origin", "--send", "x", "--expect", "ok"]);
        assert!(report.contains(said), "{report}");
        assert!(!report.contains(" ping "), "the connection is over: {report}");
        assert!(report.ends_with("exit status 1"), "{report}");
    }
}

#[test]
fn the_server_may_close_after_its_answer() {
    let answer = [text("ok"), close(1000, "")].concat();
    let report = report(answering_with(answer), &["--any-origin", "--send", "x", "--expect", "ok"]);
    assert!(
        report.contains("  ok    ping      the server closed the connection after the messages with 1000 (normal closure)\n"),
        "{report}"
    );
    assert!(report.ends_with("exit status 0"), "{report}");
}

#[test]
fn without_expectation_the_answers_are_shown() {
    let sent = report(server(), &["--send", "one", "--send", "two"]);
    assert!(
        sent.contains("  ok    messages  the server sent 2 messages\n        text: one\n        text: two\n"),
        "{sent}"
    );
    let many: Vec<&str> = ["--send", "x"].repeat(6);
    let many = report(server(), &many);
    assert!(
        many.contains("  ok    messages  the server sent 5 messages; the probe stopped reading\n"),
        "{many}"
    );
    let silent = report(accepting(polite), &["--any-origin", "--send", "x", "--timeout", "1"]);
    assert!(silent.contains("  ok    messages  the server sent nothing within 1s\n"), "{silent}");
    let closing = [text("bye"), close(1000, "")].concat();
    let closed = report(answering_with(closing), &["--any-origin", "--send", "x"]);
    assert!(
        closed.contains("  ok    messages  the server sent 1 message, and closed the connection with 1000 (normal closure)\n        text: bye\n"),
        "{closed}"
    );
}

#[test]
fn a_refusal_is_told_as_without_them() {
    let plain = report_on("/private", &[]);
    assert_eq!(report_on("/private", &["--send", "hello", "--expect", "hello"]), plain);
    assert!(plain.contains("401"), "{plain}");
    assert!(plain.ends_with("exit status 1"), "{plain}");
}

#[test]
fn json_has_the_messages() {
    let address = saying(&[text("hello"), frame(0x82, b"\x01")]);
    let seen = probe(&[&format!("ws://{address}/"), "--any-origin", "--send", "x", "--format", "json"]);
    let document: Value = serde_json::from_str(&seen.out).unwrap();
    let checks = document["checks"].as_array().unwrap();
    let messages = checks.iter().find(|check| check["name"] == "messages").unwrap();
    assert_eq!(
        messages["details"],
        json!([{ "label": "text", "text": "hello" }, { "label": "binary", "text": "1 byte: 01" }])
    );
}
