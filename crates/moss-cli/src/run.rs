//! `moss run`.

use std::time::{Duration, Instant};

use moss_agent::{AgentError, AgentRuntime, CallOptions, RunOutcome};
use moss_protocol::{ConfigError, Message, RunId};
use tokio_util::sync::CancellationToken;

use crate::args::RunArgs;
use crate::cli::unwritable;
use crate::exit::{Exit, Failure};
use crate::failure::run_failure;
use crate::input::agent_and_question;
use crate::json_log::{self, ErrorRecord, Header, Outcome, RunResult};
use crate::progress::Progress;
use crate::setup::{Setup, demo_notice};
use crate::terminal::{Style, Terminal};
use crate::view::{Output, SharedView, View, is_closed};
use crate::warnings;

/// Asks an agent and shows what it does.
pub fn run(args: &RunArgs, mut terminal: Terminal) -> Exit {
    let prepared = agent_and_question(args.words.clone())
        .and_then(|(file, question)| Ok((Setup::new(args, file, variable)?, question)));
    let (setup, question) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            failure.show(&mut terminal);
            return failure.exit;
        }
    };
    if setup.fell_back_to_demo && !args.quiet {
        let (note, hint) = demo_notice(variable);
        terminal.label("note", Style::Warning, &note);
        terminal.label("hint", Style::Hint, &hint);
    }
    let progress = (!args.quiet).then(|| Progress::new(setup.model.to_string()));
    let view = SharedView::new(View::new(terminal, progress));
    if !args.quiet {
        warnings::show_in(view.clone());
    }
    followed(args, setup, question, &view).unwrap_or_else(|failure| {
        failure.show(&mut view.lock().terminal);
        failure.exit
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs the agent and shows how it went.
fn followed(
    args: &RunArgs,
    setup: Setup,
    question: String,
    view: &SharedView,
) -> Result<Exit, Failure> {
    let internal = |error: AgentError| Failure::new(Exit::Failed, error);
    let run_id = RunId::new(format!("run_{}", nanoid::nanoid!()))
        .map_err(|error| internal(ConfigError::from(error).into()))?;
    let model = setup.model.to_string();
    if args.json {
        let header = Header::new(&run_id, &setup.agent_name, &model, &setup.tools);
        let mut view = view.lock();
        view.output = Output::Log(run_id.clone());
        if let Err(error) = view.terminal.text(&json_log::line(&header)) {
            return end_of_output(error);
        }
    }
    let run = AgentRuntime::builder(run_id.as_str(), setup.agent).sink(view.clone());
    let run = run.create().map_err(internal)?;
    let options = CallOptions { recursion_limit: args.max_steps, ..CallOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot start the runtime");
        Failure::new(Exit::Failed, error)
    })?;
    let start = Instant::now();
    let result = runtime.block_on(interruptible(&run, question, options));
    // A tool that is stuck in the file system must not keep the command.
    runtime.shutdown_background();
    let mut view = view.lock();
    if let Some(error) = view.failure.take() {
        return end_of_output(error);
    }
    if let Err(error) = conclude(&mut view, &run_id, &result, start.elapsed()) {
        return end_of_output(error);
    }
    match result {
        Ok(_) => Ok(Exit::Done),
        Err(AgentError::Cancelled) => Ok(Exit::Interrupted),
        Err(error) => Err(run_failure(error, &model)),
    }
}

/// Runs until the end or Ctrl-C. The first Ctrl-C ends the run in an orderly way, a second one at once.
async fn interruptible(
    run: &AgentRuntime,
    question: String,
    options: CallOptions,
) -> Result<RunOutcome, AgentError> {
    let cancel: CancellationToken = options.cancel.clone();
    let running = run.process_stream(vec![Message::human(question)], options);
    tokio::pin!(running);
    tokio::select! {
        biased;
        () = interrupt() => cancel.cancel(),
        result = &mut running => return result,
    }
    tokio::select! {
        biased;
        () = interrupt() => Err(AgentError::Cancelled),
        result = &mut running => result,
    }
}

async fn interrupt() {
    // Where the signal cannot be watched, it ends the process as it always did.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Standard output took no more. A reader that has gone, such as `head`, had enough.
fn end_of_output(error: std::io::Error) -> Result<Exit, Failure> {
    if is_closed(&error) { Ok(Exit::Done) } else { Err(unwritable(error)) }
}

/// Ends what standard output got, and tells how the run went.
fn conclude(
    view: &mut View,
    run_id: &RunId,
    result: &Result<RunOutcome, AgentError>,
    duration: Duration,
) -> std::io::Result<()> {
    let answer = result.as_ref().ok().and_then(RunOutcome::answer);
    let outcome = match result {
        Ok(_) => Outcome::Completed,
        Err(AgentError::Cancelled) => Outcome::Cancelled,
        Err(_) => Outcome::Failed,
    };
    match view.output {
        Output::Answer => view.terminal.finish_line()?,
        Output::Log(_) => {
            let error = match result {
                Err(error) if outcome == Outcome::Failed => Some(ErrorRecord::new(error)),
                Ok(_) | Err(_) => None,
            };
            let last = RunResult::new(
                run_id,
                outcome,
                answer.as_deref(),
                &view.tally.usage,
                error,
                duration,
            );
            let line = json_log::line(&last);
            view.terminal.text(&line)?;
        }
    }
    if view.progress.is_none() {
        return Ok(());
    }
    if outcome == Outcome::Completed && answer.is_none_or(|text| text.trim().is_empty()) {
        view.terminal.step("warning", Style::Warning, "the answer is empty");
    }
    let (label, style) = match outcome {
        Outcome::Completed => ("done", Style::Good),
        Outcome::Failed => ("failed", Style::Error),
        Outcome::Cancelled => ("stopped", Style::Warning),
    };
    view.terminal.step(label, style, &view.tally.shown(duration));
    Ok(())
}
