//! The library of a package that has a binary too.

pub mod ws;
