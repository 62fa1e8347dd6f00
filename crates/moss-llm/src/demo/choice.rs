//! Which of the offered tools fits a question.

use moss_protocol::ToolDefinition;
use serde_json::Value;

use super::expression::expressions;
use super::words::{is_telling, related, words};

/// The tool that fits a question best; of equals, the first. `None` where no tool shares a telling word
/// with it.
pub(super) fn best<'a>(tools: &'a [ToolDefinition], question: &str) -> Option<&'a ToolDefinition> {
    let asked: Vec<String> = words(question).into_iter().filter(|word| is_telling(word)).collect();
    let arithmetic = !expressions(question).is_empty();
    let mut best: Option<(usize, &ToolDefinition)> = None;
    for tool in tools {
        let mut score = 3 * shared(&asked, &tool.name) + shared(&asked, &tool.description);
        if arithmetic && calculates(tool) {
            score += 10;
        }
        if score > best.map_or(0, |(score, _)| score) {
            best = Some((score, tool));
        }
    }
    best.map(|(_, tool)| tool)
}

/// Whether the tool is for calculations, by its words.
pub(super) fn calculates(tool: &ToolDefinition) -> bool {
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    is_about_calculation(&tool.name)
        || is_about_calculation(&tool.description)
        || properties.into_iter().flatten().any(|(name, _)| is_about_calculation(name))
}

/// Whether a name or a sentence speaks of calculations.
pub(super) fn is_about_calculation(text: &str) -> bool {
    const CALCULATION: &[&str] =
        &["arithmetic", "calc", "calculate", "evaluate", "expression", "formula", "math"];
    words(text).iter().any(|word| CALCULATION.iter().any(|about| related(word, about)))
}

/// How many of the asked words a text has, in any form.
fn shared(asked: &[String], text: &str) -> usize {
    let offered = words(text);
    asked.iter().filter(|word| offered.iter().any(|offered| related(word, offered))).count()
}
