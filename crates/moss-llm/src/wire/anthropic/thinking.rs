//! What the option `thinking` may be, and what may stand beside it.

use moss_protocol::JsonObject;
use serde_json::{Value, json};

use super::models::{self, Claude};
use crate::ModelSetupError;

/// The smallest budget that the provider takes.
const SMALLEST_BUDGET: u64 = 1024;

/// What LibreChat grants where it only says that the model is to think.
const USUAL_BUDGET: u64 = 2000;

/// Lets a model think between its tool calls; a budget may then be larger than one answer.
const INTERLEAVED: &str = "interleaved-thinking-2025-05-14";

/// Checks `thinking` among the fields of a body and what stands beside it, as LangChain's client does, and takes
/// out what the model would refuse. `budget` is the option `thinkingBudget`.
pub(super) fn settle(
    fields: &mut JsonObject,
    budget: Option<u64>,
    model: &str,
    betas: &[String],
) -> Result<(), ModelSetupError> {
    let claude = Claude::of(model);
    let adaptive_only = claude.is_some_and(Claude::is_adaptive_only);
    match fields.get("thinking") {
        Some(Value::Bool(true)) => {
            let thinking = if adaptive_only {
                json!({"type": "adaptive"})
            } else {
                json!({"type": "enabled", "budget_tokens": budget.unwrap_or(USUAL_BUDGET)})
            };
            fields.insert("thinking".to_owned(), thinking);
        }
        Some(Value::Bool(false)) => {
            fields.shift_remove("thinking");
        }
        _ => {}
    }
    let mode = Mode::of(fields.get("thinking"))?;
    match mode {
        Some(Mode::Enabled { .. }) if adaptive_only => {
            return Err(wrong(
                "thinking.type",
                format!(
                    "is `enabled`, and `{model}` decides itself how long it thinks. Use `{{\"type\":\"adaptive\"}}`, and the option `effort`"
                ),
            ));
        }
        Some(Mode::Enabled { budget }) => {
            limit(fields, budget, model, betas.iter().any(|beta| beta == INTERLEAVED))?;
        }
        Some(Mode::Disabled) if claude.is_some_and(|claude| !claude.can_stop_thinking()) => {
            return Err(wrong(
                "thinking.type",
                format!("is `disabled`, and `{model}` always thinks. Leave the option out"),
            ));
        }
        Some(Mode::Adaptive | Mode::Disabled | Mode::Other) | None => {}
    }
    let thinks = matches!(mode, Some(Mode::Enabled { .. } | Mode::Adaptive));
    if thinks || adaptive_only {
        let why = if adaptive_only { format!("`{model}`") } else { "`thinking`".to_owned() };
        sampling(fields, &why, thinks)?;
    }
    Ok(())
}

enum Mode {
    Enabled {
        budget: u64,
    },
    Adaptive,
    Disabled,
    /// A way that this version does not know: the provider judges it.
    Other,
}

impl Mode {
    fn of(thinking: Option<&Value>) -> Result<Option<Self>, ModelSetupError> {
        let Some(thinking) = thinking else { return Ok(None) };
        let Some(kind) = thinking.get("type").and_then(Value::as_str) else {
            let problem = "is not an object with a `type`: `enabled`, `adaptive` or `disabled`";
            return Err(wrong("thinking", problem));
        };
        Ok(Some(match kind {
            "adaptive" => Self::Adaptive,
            "disabled" => Self::Disabled,
            "enabled" => {
                let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
                match budget.filter(|budget| *budget >= SMALLEST_BUDGET) {
                    Some(budget) => Self::Enabled { budget },
                    None => {
                        let problem =
                            format!("is not a whole number of tokens from {SMALLEST_BUDGET}");
                        return Err(wrong("thinking.budget_tokens", problem));
                    }
                }
            }
            _ => Self::Other,
        }))
    }
}

/// The answer has to be longer than what is thought.
fn limit(
    fields: &mut JsonObject,
    budget: u64,
    model: &str,
    interleaved: bool,
) -> Result<(), ModelSetupError> {
    match fields.get("max_tokens").and_then(Value::as_u64) {
        Some(most) if most <= budget && !interleaved => Err(wrong(
            "thinking.budget_tokens",
            format!("is {budget}, and has to be less than `maxTokens`, which is {most}"),
        )),
        Some(_) => Ok(()),
        None => {
            let usual = models::default_max_tokens(model);
            if usual <= budget {
                fields.insert("max_tokens".to_owned(), (budget + usual).into());
            }
            Ok(())
        }
    }
}

/// A thinking model takes no sampling parameters but their defaults, which say nothing.
fn sampling(fields: &mut JsonObject, why: &str, thinks: bool) -> Result<(), ModelSetupError> {
    for (field, option) in [("top_k", "topK"), ("top_p", "topP"), ("temperature", "temperature")] {
        let Some(value) = fields.shift_remove(field) else { continue };
        let is_default = match field {
            "top_k" => false,
            "top_p" => !thinks && value.as_f64() == Some(1.0),
            _ => value.as_f64() == Some(1.0),
        };
        if !is_default {
            let problem =
                format!("cannot be set together with {why}, which takes none. Leave it out");
            return Err(wrong(option, problem));
        }
    }
    Ok(())
}

fn wrong(option: &str, problem: impl Into<String>) -> ModelSetupError {
    ModelSetupError::option(option, problem)
}
