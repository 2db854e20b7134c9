//! What a function is given by the caller who waits for it.

use quote::ToTokens;
use syn::{Expr, Ident};

use super::Walk;
use crate::{
    flow::each_word,
    reading::{base_ident, plain},
};

/// Words of code that closes the queue of a client that has left.
const LEAVES: [&str; 20] = [
    "leave",
    "remove",
    "unregister",
    "unsub",
    "dereg",
    "disconnect",
    "close",
    "drop",
    "detach",
    "release",
    "quit",
    "part",
    "delete",
    "clear",
    "logout",
    "cancel",
    "stop",
    "shutdown",
    "forget",
    "retain",
];

impl Walk<'_> {
    /// Whether an argument comes from a method of the state, and nothing that runs at the same time can take it back.
    pub(super) fn is_from_state(&self, given: &[&Expr]) -> bool {
        given.iter().any(|one| self.asked(one).is_some_and(|state| !self.takes_back(state)))
    }

    /// The variable whose method has given it: `kitchen` of `kitchen.orders().await`.
    fn asked<'e>(&'e self, given: &'e Expr) -> Option<&'e Ident> {
        let made = match plain(given) {
            Expr::Path(path) => {
                let name = path.path.get_ident().and_then(|ident| self.names.find(ident))?;
                name.made.filter(|_| name.together == 1)?
            }
            other => other,
        };
        is_asked_for(made).then(|| base_ident(made)).flatten()
    }

    fn takes_back(&self, state: &Ident) -> bool {
        let leaves = |word: &str| LEAVES.iter().any(|one| word.starts_with(one));
        let Some(beside) = &self.beside else {
            return self.found.function.words().iter().any(|word| leaves(word));
        };
        let state = state.to_string();
        let mut may = false;
        for one in beside {
            self.each_word_of(one, 0, &mut |word| may |= leaves(word) || word == state);
        }
        may
    }

    /// The words of the code, of the expressions behind its names, and of the functions that it calls.
    fn each_word_of(&self, code: &Expr, depth: usize, found: &mut dyn FnMut(&str)) {
        each_word(code.to_token_stream(), &mut |word| {
            let text = word.to_string();
            for called in self.all.named(&text) {
                called.function.words().iter().for_each(|word| found(word));
            }
            let made = self.names.find(word).and_then(|name| name.made);
            if let Some(made) = made.filter(|_| depth < 3) {
                self.each_word_of(made, depth + 1, found);
            }
            found(&text);
        });
    }
}

/// Whether the value comes from a method of something else: `kitchen.orders().await`.
fn is_asked_for(made: &Expr) -> bool {
    match plain(made) {
        Expr::Await(inner) => is_asked_for(&inner.base),
        Expr::Try(inner) => is_asked_for(&inner.expr),
        Expr::MethodCall(call) => {
            !matches!(call.method.to_string().as_str(), "clone" | "split" | "id" | "as_ref")
        }
        _ => false,
    }
}
