//! Runs on threads: what is stored, gone on with, and looked at.

mod busy;
mod commands;
mod crashes;
mod durability;
mod effects;
mod forks;
mod interrupts;
mod state_api;
pub(crate) mod support;
mod typed;
