//! Tools that need nothing.
