//! The store on a server.

mod conformance;
mod opening;
pub mod server;
mod tls;
