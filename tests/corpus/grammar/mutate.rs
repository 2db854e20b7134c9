//! Breaks a right handler in one place, so that it is surely wrong.
//!
//! A rule is silent where a value has gone somewhere unknown, and it is right to be. So whatever gives the connection away
//! is taken out first.

use super::tree::{Accept, Before, End, Handler, Send, Stmt, Wrong};

/// The handler with this mistake, at one of the places where it can be made.
pub(crate) fn with(wrong: Wrong, mut handler: Handler, place: usize) -> Handler {
    known(&mut handler);
    match wrong {
        Wrong::SendEarly | Wrong::ReturnEarly => {
            let place = place % (handler.before.len() + 1);
            handler.before.insert(place, Before::Wrong(wrong));
        }
        Wrong::AcceptAgain => {
            let place = place % (handler.middle.len() + 1);
            handler.middle.insert(place, Stmt::Wrong(wrong));
        }
        Wrong::Undocumented => handler.documented = false,
        Wrong::NoLoop | Wrong::DeafLoop | Wrong::SwallowedError => {
            deafen(&mut handler.middle);
            handler.end = End::Wrong(wrong);
        }
        Wrong::SendLate => {
            whole(&mut handler);
            handler.end = End::Wrong(wrong);
        }
        Wrong::Detached | Wrong::SpinningLoop | Wrong::SpinningMatch => handler.end = End::Wrong(wrong),
        _ => insert(&mut handler, wrong, place),
    }
    handler
}

/// Nothing is given to functions any more.
fn known(handler: &mut Handler) {
    handler.before.retain(|before| !matches!(before, Before::Enter));
    if handler.accept == Accept::Helper {
        handler.accept = Accept::Plain;
    }
    retain(&mut handler.middle, &stays_known);
    reach(&mut handler.middle);
    match &mut handler.end {
        End::HandOver => handler.end = End::Close,
        End::Talk(talk) | End::TalkClose(talk) => {
            for body in [&mut talk.body, &mut talk.other] {
                retain(body, &stays_known);
            }
        }
        End::Endless(body) => retain(body, &stays_known),
        _ => {}
    }
}

/// Of a future that is one of two it is not known which; a macro may do anything.
fn stays_known(statement: &Stmt) -> bool {
    let unknown = |send: &Send| matches!(send, Send::Chosen | Send::Macro);
    match statement {
        Stmt::Call => false,
        Stmt::Send(send) | Stmt::Reborrow(send) => !unknown(send),
        _ => true,
    }
}

/// Nothing receives any more, and no task sends on.
fn deafen(statements: &mut Vec<Stmt>) {
    let deaf = |statement: &Stmt| {
        let speaks_on = matches!(statement, Stmt::Task | Stmt::ChannelTask | Stmt::Progress(_));
        !speaks_on && !matches!(statement, Stmt::Talk(_) | Stmt::Recv(_) | Stmt::Both(_))
    };
    retain(statements, &deaf);
}

/// The connection stays one.
fn whole(handler: &mut Handler) {
    if handler.accept == Accept::Split {
        handler.accept = Accept::Plain;
    }
    retain(&mut handler.middle, &|statement| !matches!(statement, Stmt::Split));
}

/// Keeps the statements that pass, everywhere.
fn retain(statements: &mut Vec<Stmt>, keep: &dyn Fn(&Stmt) -> bool) {
    statements.retain(|statement| keep(statement));
    for statement in statements {
        if let Stmt::Talk(talk) = statement {
            retain(&mut talk.other, keep);
        }
        for list in lists(statement) {
            retain(list, keep);
        }
    }
}

/// What follows a loop that only `return` leaves is never reached, and no rule speaks of it.
fn reach(statements: &mut [Stmt]) {
    for statement in statements {
        if let Stmt::Talk(talk) = statement {
            talk.returns = false;
            reach(&mut talk.other);
        }
        for list in lists(statement) {
            reach(list);
        }
    }
}

/// The lists of statements inside of a statement, apart from those that not every form prints.
fn lists(statement: &mut Stmt) -> Vec<&mut Vec<Stmt>> {
    match statement {
        Stmt::If(one, other) | Stmt::Match(one, other) | Stmt::Labelled(one, other) => vec![one, other],
        Stmt::For(body) => vec![body],
        Stmt::Talk(talk) => vec![&mut talk.body],
        _ => Vec::new(),
    }
}

/// Puts the mistake at one of all the places where a statement can stand.
fn insert(handler: &mut Handler, wrong: Wrong, place: usize) {
    let all = places(&mut handler.middle.clone());
    let mut left = place % all;
    insert_into(&mut handler.middle, wrong, &mut left);
}

fn places(statements: &mut [Stmt]) -> usize {
    let inner: usize = statements.iter_mut().flat_map(lists).map(|list| places(list.as_mut_slice())).sum();
    statements.len() + 1 + inner
}

/// Counts `left` down from place to place; at none left the mistake is put there.
fn insert_into(statements: &mut Vec<Stmt>, wrong: Wrong, left: &mut usize) -> bool {
    if *left <= statements.len() {
        statements.insert(*left, Stmt::Wrong(wrong));
        return true;
    }
    *left -= statements.len() + 1;
    statements.iter_mut().flat_map(lists).any(|list| insert_into(list, wrong, left))
}
