//! A program that is built and run as a check: what it is, and what it prints.

mod cargo;
mod documents;
mod need;
mod options;
mod quote;
mod run;
mod silence;

pub(crate) use cargo::{ask, cargo, metadata};
pub(crate) use documents::documents;
pub(crate) use options::Program;
pub(crate) use quote::quoted;
pub(crate) use run::{Ran, run};
pub(crate) use silence::{explain, shows_all, with_errors};
