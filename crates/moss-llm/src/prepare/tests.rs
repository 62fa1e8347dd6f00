//! The rules, one by one and together on random histories.

mod properties;
mod rules;
