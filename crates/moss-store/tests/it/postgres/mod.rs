//! The store on a server.

mod conformance;
mod opening;
mod server;
