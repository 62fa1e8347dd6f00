//! Runs on threads: what is stored, gone on with, and looked at.

mod busy;
mod commands;
mod crashes;
mod durability;
mod effects;
mod footprint;
mod forks;
mod interrupts;
mod loads;
mod state_api;
mod subgraph_states;
pub(crate) mod support;
mod typed;
mod versions;
