//! Graphs as data.

mod build;
mod form;
mod host;
mod sharing;
