//! Errors of a run in the words of the command line.

use moss_agent::AgentError;
use moss_llm::{ModelError, ModelErrorKind, ProviderProfile};

use crate::exit::{Exit, Failure};

/// A run's error, with what to do about it.
pub fn run_failure(error: AgentError, model: &str) -> Failure {
    match error {
        AgentError::Model(error) => model_failure(*error, model),
        AgentError::RecursionLimit { limit } => {
            let steps = if limit == 1 { "1 step".to_owned() } else { format!("{limit} steps") };
            let message = format!("the run came to no end within {steps}");
            Failure::new(Exit::Failed, anyhow::Error::msg(message))
                .hint("allow more with --max-steps, or tell the agent when to stop")
        }
        other => Failure::new(Exit::Failed, other),
    }
}

/// A model's error, with what to do about it. `model` is who failed.
pub fn model_failure(error: ModelError, model: &str) -> Failure {
    let hint = hint(&error);
    let error = anyhow::Error::new(error).context(format!("{model} failed"));
    Failure { exit: Exit::Failed, error, hint }
}

fn hint(error: &ModelError) -> Option<String> {
    let variable = ProviderProfile::of(error.provider).map(|profile| profile.key_variable);
    match (error.kind, variable) {
        (ModelErrorKind::Auth, Some(variable)) => {
            Some(format!("check the key in the environment variable {variable}"))
        }
        (ModelErrorKind::RateLimit | ModelErrorKind::Overloaded, Some(_)) => {
            Some("try again in a while, or with another model".to_owned())
        }
        (ModelErrorKind::Quota, Some(_)) => {
            Some("look at the account's plan and billing, or use another model".to_owned())
        }
        (ModelErrorKind::ContextOverflow, _) => {
            Some("ask with less text, or with a model that has a larger window".to_owned())
        }
        (ModelErrorKind::Network, _) => Some(
            "`moss doctor` shows which proxies are set; --base-url sets another address".to_owned(),
        ),
        _ => None,
    }
}
