//! Drives the real `moss` binary.

// clippy knows test functions as tests, and not their helpers.
#![allow(clippy::panic, clippy::unwrap_used)]

mod agent_files;
mod commands;
mod configuration;
mod endings;
mod graph;
mod json_log;
mod models;
mod providers;
mod questions;
mod support;
