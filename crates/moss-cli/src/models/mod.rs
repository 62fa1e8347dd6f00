//! `moss models`.

mod list;
mod providers;
mod report;
mod test;
mod trial;

use std::future::Future;

use serde::Serialize;

use crate::args::ModelsCommand;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

/// The version of the JSON that these commands write.
const VERSION: u32 = 1;

/// Shows providers or models, or tries a model.
pub fn run(command: &ModelsCommand, terminal: &mut Terminal) -> Result<Exit, Failure> {
    match command {
        ModelsCommand::Ls(args) => match &args.provider {
            None => providers::show(args, terminal),
            Some(provider) => list::show(provider, args, terminal),
        },
        ModelsCommand::Test(args) => test::run(args, terminal),
    }
}

/// What a JSON document begins with.
#[derive(Debug, Serialize)]
struct Document<T> {
    v: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    content: T,
}

impl<T: Serialize> Document<T> {
    /// The document as a line.
    fn line(kind: &'static str, content: T) -> String {
        crate::json_log::line(&Self { v: VERSION, kind, content })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Waits for a future, or for Ctrl-C, which gives `None`.
fn block_on<F: Future>(future: F) -> Result<Option<F::Output>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot start the runtime");
        Failure::new(Exit::Failed, error)
    })?;
    Ok(runtime.block_on(async {
        tokio::select! {
            biased;
            Ok(()) = tokio::signal::ctrl_c() => None,
            output = future => Some(output),
        }
    }))
}
