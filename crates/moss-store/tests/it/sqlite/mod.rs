//! The store in a file.

mod conformance;
mod crash;
mod damage;
mod fixtures;
mod guide;
mod opening;
mod places;
mod writer;
