//! The other commands.

use moss_llm::ProviderProfile;
use moss_protocol::Provider;

use crate::support::{Said, moss, said};

#[test]
fn moss_alone_says_what_it_is_and_what_to_do_next() {
    let said = said([]);
    insta::assert_snapshot!(said.out.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
}

#[test]
fn help() {
    insta::assert_snapshot!("help", said(["--help"]).out);
    insta::assert_snapshot!("help_run", said(["run", "--help"]).out);
    insta::assert_snapshot!("help_graph", said(["graph", "--help"]).out);
    insta::assert_snapshot!("help_models", said(["models", "--help"]).out);
    insta::assert_snapshot!("help_models_ls", said(["models", "ls", "--help"]).out);
    insta::assert_snapshot!("help_models_test", said(["models", "test", "--help"]).out);
}

#[test]
fn a_slip_in_a_command_gets_a_suggestion() {
    for (slip, meant) in
        [("rnu", "run"), ("docter", "doctor"), ("grahp", "graph"), ("compeltion", "completion")]
    {
        let said = said([slip]);
        let tip = format!("tip: a similar subcommand exists: '{meant}'");
        assert!(said.err.contains(&tip), "{}", said.err);
        assert_eq!(said.code, Some(2));
    }
}

#[test]
fn version() {
    let said = said(["--version"]);
    assert_eq!(said.out, concat!("moss ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(said.code, Some(0));
}

#[test]
fn doctor_checks_a_machine_without_keys() {
    let said = said(["doctor"]);
    let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    assert_eq!(
        said.out,
        format!(
            "\
ok      version   moss {} on {platform}
ok      terminal  standard output is no terminal, standard error is no terminal, colours are off
ok      proxies   none: providers are reached directly
warn    keys      none is set, so only the demo model answers. Looked for: {}
ok      tls       ready, root certificates are built in
ok      run       the demo model called the calculator: 37 * 91 is 3367
",
            env!("CARGO_PKG_VERSION"),
            key_variables().join(", "),
        )
    );
    assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
}

/// The variables of all providers that have a client, each once.
fn key_variables() -> Vec<&'static str> {
    let profiles = Provider::ALL.iter().filter_map(|provider| ProviderProfile::of(*provider));
    let mut variables = Vec::new();
    for profile in profiles {
        if !variables.contains(&profile.key_variable) {
            variables.push(profile.key_variable);
        }
    }
    variables
}

#[test]
fn doctor_names_variables_and_never_shows_what_is_in_them() {
    let secrets = [
        ("OPENAI_API_KEY", "sk-secret"),
        ("XAI_API_KEY", ""),
        ("HTTPS_PROXY", "http://user:secret@proxy.invalid:3128"),
        ("no_proxy", "secret.invalid"),
    ];
    let said = Said::of(moss(["doctor"]).envs(secrets).output().unwrap());
    let line = |name: &str| said.out.lines().find(|line| line[8..].starts_with(name)).unwrap();
    assert_eq!(line("keys"), "ok      keys      set: OPENAI_API_KEY");
    assert_eq!(
        line("proxies"),
        "ok      proxies   set: HTTPS_PROXY, no_proxy. They are used for providers that are not on this machine"
    );
    assert!(!said.out.contains("secret"), "{}", said.out);
    assert_eq!(said.code, Some(0));
}

#[test]
fn completion_scripts() {
    for (shell, begins) in [
        ("bash", "_moss() {"),
        ("zsh", "#compdef moss"),
        ("fish", "# Print an optspec"),
        ("elvish", "\nuse builtin;"),
        ("powershell", "\nusing namespace"),
    ] {
        let said = said(["completion", shell]);
        assert!(said.out.starts_with(begins), "{shell}: {}", &said.out[..60]);
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    }
}
