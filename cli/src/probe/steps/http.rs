//! The response to an opening handshake.

use super::super::{
    advice::{breakage, page, refusal, status, status::Case},
    answer::Answer,
    broken::Broken,
    clean,
    finding::Finding,
    head::Head,
    line::Line,
    request::Ask,
    session::Session,
};

const NAME: &str = "http";

/// The response for the later steps, if the server accepted, with the origin that was sent.
pub(in crate::probe) struct Accepted {
    pub(in crate::probe) answer: Answer,
    pub(in crate::probe) ask: Ask,
}

/// Sends the handshake, and once more with a different origin if the origin may be the reason for a refusal.
pub(in crate::probe) async fn check(line: &Line, ask: Ask) -> (Option<Accepted>, Finding) {
    let answer = match line.ask(&ask).await {
        Ok(answer) => answer,
        Err(broken) => return (None, breakage::explain(NAME, &broken, &line.target)),
    };
    if answer.head.switched() {
        let finding = Finding::ok(NAME, status_line(&answer.head));
        return (Some(Accepted { answer, ask }), finding);
    }
    let other = other_origin(line, &ask);
    match again(line, &answer.head, &other).await {
        Some(Ok(second)) if second.head.switched() => because_of_origin(&answer, second, &ask, other).await,
        _ => (None, refused(line, &answer, &ask)),
    }
}

/// The same request with the server's own origin instead of none, or with none instead of another.
fn other_origin(line: &Line, ask: &Ask) -> Ask {
    let origin = if ask.origin.is_some() { None } else { Some(line.own_origin()) };
    Ask { origin, ..ask.clone() }
}

/// Only if the status, or the server itself, suggests that it may help.
async fn again(line: &Line, head: &Head, other: &Ask) -> Option<Result<Answer, Broken>> {
    let by_origin = match refusal::rule(head) {
        Some(rule) => rule.name == "origin_refused",
        // Some frameworks answer 404 to an unknown origin.
        None => matches!(head.status, 400 | 403 | 404),
    };
    if by_origin { Some(line.ask(other).await) } else { None }
}

/// The first response is a refusal, the second one, to `other`, is not.
async fn because_of_origin(
    first: &Answer,
    second: Answer,
    ask: &Ask,
    other: Ask,
) -> (Option<Accepted>, Finding) {
    let before = status_line(&first.head);
    if let Some(own) = &other.origin {
        let after = status_line(&second.head);
        let words = format!("{after} with `Origin: {own}`; {before} without an origin");
        return (Some(Accepted { answer: second, ask: other }), Finding::ok(NAME, words));
    }
    Session::of(second).close().await;
    (None, origin_refused(first, ask))
}

fn origin_refused(answer: &Answer, ask: &Ask) -> Finding {
    let (status, origin) = (status_line(&answer.head), ask.origin.as_deref().unwrap_or_default());
    let words = format!("{status} for a page of `{origin}`; without an origin the server accepts");
    let finding = with_words(Finding::fail(NAME, words), answer);
    match refusal::rule(&answer.head) {
        Some(rule) => refusal::explain(finding, rule, Some(origin)),
        None => finding.help(format!("add `{origin}` to the origins that the server allows")),
    }
}

/// The finding for a response that is not a 101.
fn refused(line: &Line, answer: &Answer, ask: &Ask) -> Finding {
    let finding = with_words(Finding::fail(NAME, status_line(&answer.head)), answer);
    if let Some(rule) = refusal::rule(&answer.head) {
        return refusal::explain(finding, rule, ask.origin.as_deref());
    }
    let body = clean::text(&answer.body);
    let case = Case { head: &answer.head, body: &body, target: &line.target, origin: ask.origin.as_deref() };
    finding.helps(status::help(&case))
}

/// With the target of a redirect, and the server's text.
fn with_words(mut finding: Finding, answer: &Answer) -> Finding {
    if (300..400).contains(&answer.head.status) {
        let location =
            answer.head.get("location").map_or("no address: the response has no `Location`", before_query);
        finding = finding.detail("leads to", location);
    }
    finding.details.extend(page::show(&answer.head, &answer.body));
    finding
}

/// The target of a redirect often contains a token.
fn before_query(location: &str) -> &str {
    location.split(['?', '#']).next().unwrap_or_default()
}

/// The status with its reason phrase, and the sender.
pub(in crate::probe) fn status_line(head: &Head) -> String {
    let reason = if head.reason.is_empty() { usual_reason(head.status) } else { &head.reason };
    let from =
        head.get("server").filter(|server| !server.is_empty()).map(|server| format!(" from `{server}`"));
    format!("{} {reason}{}", head.status, from.unwrap_or_default()).replace("  ", " ")
}

/// A server may omit the phrase.
fn usual_reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
