//! How runs end.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::support::{Said, moss, said};

#[test]
fn a_failed_run() {
    let said = said(["run", "-m", "demo-fail", "Hi"]);
    assert_eq!(
        said.err,
        "\
model    demo/demo-fail
failed   TIME, 1 model call
error: demo/demo-fail failed: 503 the demo model `demo-fail` fails on purpose
"
    );
    assert_eq!((said.out.as_str(), said.code), ("", Some(1)));
}

#[test]
fn a_run_that_fails_in_the_middle_ends_its_line() {
    let said = said(["run", "-q", "-m", "demo-fail-midstream", "Hi"]);
    assert!(said.out.ends_with("This answer breaks off in the\n"), "{:?}", said.out);
    let error = "error: demo/demo-fail-midstream failed: the demo model `demo-fail-midstream` breaks off on purpose\n";
    assert_eq!((said.err.as_str(), said.code), (error, Some(1)));
}

#[test]
fn a_run_that_takes_too_many_steps() {
    let said = said(["run", "-q", "--max-steps", "1", "What is 37 * 91?"]);
    assert_eq!(
        said.err,
        "\
error: the run came to no end within 1 step
hint: allow more with --max-steps, or tell the agent when to stop
"
    );
    assert_eq!(said.code, Some(1));
}

#[test]
fn ctrl_c_stops_the_run() {
    for json in [false, true] {
        let mut command = moss(["run", "-m", "demo-slow"]);
        command.args(json.then_some("--json")).arg("What is 37 * 91?");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The model has been asked: the run is under way.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert_eq!(line, "model    demo/demo-slow\n");
        let kill = Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(rest.starts_with("stopped  "), "{rest}");
        assert_eq!(output.status.code(), Some(130));
        let out = String::from_utf8(output.stdout).unwrap();
        if json {
            let last = out.lines().last().unwrap();
            assert!(last.contains(r#""type":"result""#), "{last}");
            assert!(last.contains(r#""outcome":"cancelled""#), "{last}");
        }
    }
}

#[test]
fn a_reader_that_has_gone_ends_the_command_quietly() {
    for args in [
        &["run", "-q", "What is 37 * 91?"][..],
        &["run", "-q", "--json", "What is 37 * 91?"],
        &["doctor"],
        &["completion", "bash"],
        &["--help"],
        &[],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = Said::of(moss(args).stdout(writer).output().unwrap());
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)), "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let said = Said::of(moss(["run", "-q", "What is 37 * 91?"]).stdout(full).output().unwrap());
    let error = "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!((said.err.as_str(), said.code), (error, Some(1)));
}

#[test]
fn colours_follow_the_environment() {
    let colored = |variables: &[(&str, &str)]| {
        let mut command = moss(["run", "-m", "demo-fail", "Hi"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap().contains('\x1b')
    };
    assert!(!colored(&[]), "standard error is no terminal");
    assert!(colored(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}
