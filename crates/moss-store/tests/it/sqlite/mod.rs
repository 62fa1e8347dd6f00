//! The store in a file.

mod conformance;
