//! The guide's examples that need a store on disk print what the guide shows.

#[path = "../../../../moss-graph/tests/it/guide/pages.rs"]
#[allow(dead_code, reason = "shared with the tests of moss-graph, which look at more of the guide")]
mod pages;

use std::cell::RefCell;

// In place of the standard one, for the examples below: the tests read what they print.
macro_rules! println {
    ($($argument:tt)*) => { $crate::sqlite::guide::print(&(format!($($argument)*) + "\n")) };
}

#[path = "../../../examples/retention.rs"]
mod retention;
#[path = "../../../examples/sqlite.rs"]
mod sqlite;

thread_local! {
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

fn print(text: &str) {
    PRINTED.with_borrow_mut(|printed| printed.push_str(text));
}

#[test]
fn a_thread_survives_reopening_as_the_guide_shows() {
    sqlite::main().unwrap();
    assert_eq!(PRINTED.take(), pages::printed_by("cargo run -p moss-store --example sqlite"));
}

#[test]
fn checkpoints_are_kept_as_long_as_the_guide_shows() {
    retention::main().unwrap();
    assert_eq!(PRINTED.take(), pages::printed_by("cargo run -p moss-store --example retention"));
}
