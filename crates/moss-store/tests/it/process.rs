//! Tests that run in a process of their own, which is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::random::Random;

/// An ignored test of this binary, to be run in a process of its own.
pub fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--ignored", "--nocapture"]);
    command
}

/// Says a line to whoever runs this process: in one write, so that a kill leaves no half of it, and behind a line break,
/// since the test harness leaves lines without one.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n@{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// What a child has said in a line of its output; none in the lines of the test harness.
pub fn said(line: &str) -> Option<&str> {
    line.strip_prefix('@')
}

/// How long a child may live: until it has written some lines, and some time more. Both are random, up to these.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime {
    pub lines: u64,
    pub then: Duration,
}

/// Runs a child, kills it at a random moment, and gives all that it has said.
pub fn kill(mut command: Command, random: &mut Random, lifetime: Lifetime) -> Vec<String> {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut all = Vec::new();
    for _ in 0..random.below(lifetime.lines) {
        match lines.next() {
            Some(line) => all.push(line.unwrap()),
            None => panic!("the child ended by itself: {}\n{all:#?}", child.wait().unwrap()),
        }
    }
    let then = u64::try_from(lifetime.then.as_micros()).unwrap();
    std::thread::sleep(Duration::from_micros(random.below(then)));
    child.kill().unwrap();
    child.wait().unwrap();
    all.extend(lines.map(Result::unwrap));
    all.iter().filter_map(|line| said(line)).map(str::to_owned).collect()
}
