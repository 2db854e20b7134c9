//! The right handlers of the corpus are right for rustc too: they compile, and `#[ws_endpoint]` accepts them.
//!
//! What they do when they run is not looked at here, so most of it is never called.

#![allow(
    dead_code,
    unused_imports,
    clippy::all,
    clippy::pedantic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::todo,
    clippy::unimplemented,
    for_loops_over_fallibles,
    missing_docs,
    unused_doc_comments,
    unexpected_cfgs,
    reason = "the corpus is written in every style there is, also in those that lints mend"
)]

mod right;
mod right_axum;
