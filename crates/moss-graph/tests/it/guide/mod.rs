//! The guide in `docs/state-graph` tells the truth: its examples print what it shows, and are the code it shows.

mod pages;

use std::cell::RefCell;

// In place of the standard ones, for the examples below: the tests read what they print.
macro_rules! print {
    ($($argument:tt)*) => { $crate::guide::print(&format!($($argument)*)) };
}
macro_rules! println {
    ($($argument:tt)*) => { $crate::guide::print(&(format!($($argument)*) + "\n")) };
}

#[path = "../../../examples/guide/main.rs"]
#[allow(dead_code, reason = "its `main` is the example's")]
mod examples;

thread_local! {
    static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
}

fn print(text: &str) {
    PRINTED.with_borrow_mut(|printed| printed.push_str(text));
}

/// With a clock that stands still while something is done: waiting takes no time and is never too short.
#[tokio::test(start_paused = true)]
async fn examples_print_what_the_guide_shows() {
    for (name, run) in examples::EXAMPLES {
        PRINTED.take();
        run().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let command = format!("cargo run -p moss-graph --example guide -- {name}");
        assert_eq!(PRINTED.take(), pages::printed_by(&command), "{name}");
    }
}

#[test]
fn the_guides_code_is_that_of_the_examples() {
    let mut files = pages::texts_in("crates/moss-graph/examples/guide", "rs");
    files.extend(pages::texts_in("crates/moss-store/examples", "rs"));
    for block in pages::blocks() {
        if let Some(piece) = block.piece_in_none_of(&files) {
            panic!("{} shows code that no example has:\n{piece}", block.page);
        }
    }
}

#[test]
fn the_guides_links_lead_to_files_and_headings() {
    let pages = pages::pages();
    for (page, text) in &pages {
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.starts_with("http") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = pages::repository().join("docs/state-graph").join(file);
            assert!(target.exists(), "{page} links to {link}");
            let target = pages.get(if file.is_empty() { page.as_str() } else { file });
            if let (Some(target), false) = (target, heading.is_empty()) {
                let headings: Vec<String> = pages::headings(target).collect();
                assert!(headings.iter().any(|is| is == heading), "{page} links to {link}");
            }
        }
    }
}

/// The last column of the table of features names tests, by path, or by module with a star behind.
#[test]
fn the_table_of_features_names_tests_that_are_there() {
    let table = pages::repository().join("docs/state-graph-features.md");
    let table = std::fs::read_to_string(table).unwrap();
    let mut named = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let tests = row.trim_end_matches('|').rsplit(" | ").next().unwrap();
        for test in tests.split('`').skip(1).step_by(2).filter(|name| name.contains("::")) {
            let mut path: Vec<&str> = test.split("::").collect();
            let name = path.pop().unwrap();
            assert!(is_there(&path, name), "no test `{test}`");
            named += 1;
        }
    }
    assert!(named > 50, "the table is read: {named}");
}

fn is_there(module: &[&str], name: &str) -> bool {
    let module = pages::repository().join("crates/moss-graph/tests/it").join(module.join("/"));
    let texts = [module.with_extension("rs"), module.join("mod.rs")].map(std::fs::read_to_string);
    let mut texts = texts.into_iter().flatten();
    if name == "*" {
        texts.next().is_some()
    } else {
        texts.any(|text| text.contains(&format!("fn {name}(")))
    }
}
