//! The benchmarks are beside this file; this library is empty.
