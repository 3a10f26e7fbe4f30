//! Clients against a server that the test starts on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "remote/chat.rs"]
mod chat;
#[path = "remote/files.rs"]
mod files;
#[path = "remote/hub.rs"]
mod hub;
#[path = "remote/server.rs"]
mod server;
