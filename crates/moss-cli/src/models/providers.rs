//! `moss models ls`: what each provider needs and has.

use moss_llm::{
    ModelSetupError, Need, ProviderFacts, ProviderProfile, Transport, model_from_options,
};
use moss_protocol::{JsonObject, Provider};
use serde::Serialize;

use super::{Document, variable};
use crate::args::ListArgs;
use crate::cli::written;
use crate::exit::{Exit, Failure};
use crate::model_name;
use crate::terminal::Terminal;

/// A provider, what it needs, and which of it is there. Names of variables, never values.
#[derive(Debug, Serialize)]
struct Row {
    provider: Provider,
    state: State,
    wire: &'static str,
    base_url: Option<&'static str>,
    needs: Vec<NeedRow>,
    /// Whether `moss models ls PROVIDER` can ask it.
    lists_models: bool,
}

#[derive(Debug, Serialize)]
struct NeedRow {
    what: &'static str,
    optional: bool,
    /// In alternatives.
    variables: &'static [&'static [&'static str]],
    option: &'static str,
    /// The variables by which it is met.
    set: &'static [&'static str],
}

/// Whether a provider can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It has what it needs.
    Ready,
    /// Something that it needs is not set.
    Incomplete,
    /// This version has no client for it.
    Unavailable,
}

pub(super) fn show(args: &ListArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let rows: Vec<Row> = Provider::ALL.iter().copied().map(row).collect();
    if args.json {
        let content = serde_json::json!({ "providers": rows });
        return written(terminal.text(&Document::line("providers", content)));
    }
    let text: String = rows.iter().map(lines).collect();
    written(terminal.text(&text))
}

fn row(provider: Provider) -> Row {
    let facts = ProviderFacts::of(provider);
    let needs: Vec<NeedRow> = facts.needs.iter().map(need).collect();
    let lacks = needs.iter().any(|need| !need.optional && need.set.is_empty());
    let state = match (is_available(provider), lacks) {
        (false, _) => State::Unavailable,
        (true, true) => State::Incomplete,
        (true, false) => State::Ready,
    };
    Row {
        provider,
        state,
        wire: facts.wire.as_str(),
        base_url: ProviderProfile::of(provider).map(|profile| profile.base_url),
        needs,
        lists_models: provider == Provider::Demo
            || (state != State::Unavailable && facts.list.is_some()),
    }
}

fn need(need: &'static Need) -> NeedRow {
    let Need { what, variables, option, optional } = *need;
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.trim().is_empty());
    NeedRow { what, optional, variables, option, set: need.met_by(is_set) }
}

/// Whether this version has a client for the provider: making one says so before it looks for anything else.
fn is_available(provider: Provider) -> bool {
    let options = JsonObject::from_iter([("model".to_owned(), "demo".into())]);
    let client = model_from_options(provider, &options, Transport::shared(), |_| None);
    !matches!(client, Err(ModelSetupError::ProviderUnavailable { .. }))
}

/// A line for the provider, and one for each need.
fn lines(row: &Row) -> String {
    let state = match row.state {
        State::Ready => "ready",
        State::Incomplete => "not set",
        State::Unavailable => "no client",
    };
    let name = model_name::written(row.provider);
    let url = row.base_url.unwrap_or_default();
    let line = format!("{name:<13}{state:<11}{:<20}{url}", row.wire);
    let mut lines = format!("{}\n", line.trim_end());
    for need in &row.needs {
        let alternatives: Vec<String> =
            need.variables.iter().map(|all| all.join(" and ")).collect();
        let what =
            if need.optional { format!("{} (optional)", need.what) } else { need.what.to_owned() };
        let set = match need.set {
            [] => "not set".to_owned(),
            variables if need.variables.len() == 1 && variables.len() == 1 => "set".to_owned(),
            variables => format!("{} set", variables.join(" and ")),
        };
        lines.push_str(&format!("             {what}: {}; {set}\n", alternatives.join(", or ")));
    }
    lines
}
