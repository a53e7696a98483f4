//! The hook server.
fn main() {}
