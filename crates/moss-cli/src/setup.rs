//! From arguments and agent file to an agent that can run.

use std::path::PathBuf;
use std::sync::Arc;

use moss_agent::builtin::{self, Access, BuiltinError};
use moss_agent::{Agent, Tool};
use moss_llm::{DemoModel, DemoVariant, ModelSetupError, Transport, model_from_options};
use moss_protocol::{JsonObject, Provider};

use crate::agent_file::{AgentFile, Located};
use crate::args::RunArgs;
use crate::exit::{Exit, Failure};
use crate::model_name::{ModelName, example, key_variables};
use crate::terminal::one_line;

/// The agent of `moss run` without an agent file.
const DEFAULT_NAME: &str = "moss";
const DEFAULT_INSTRUCTIONS: &str =
    "You are a helpful assistant. Answer briefly. Use your tools where they help.";
const DEFAULT_TOOLS: &[&str] = &["calculator", "clock"];

/// An agent that can run, and what there is to say of it.
pub struct Setup {
    pub agent: Agent,
    pub agent_name: String,
    pub model: ModelName,
    pub tools: Vec<String>,
    /// Whether nobody chose the model.
    pub fell_back_to_demo: bool,
}

impl Setup {
    /// Reads the agent file, if there is one, and makes the agent. Connects to nothing.
    pub fn new(
        args: &RunArgs,
        agent_file: Option<PathBuf>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let defaults = if agent_file.is_none() { DEFAULT_TOOLS } else { &[] };
        let file = match agent_file {
            Some(path) => AgentFile::read(&path)?,
            None => default_agent(),
        };
        let chosen = match (&args.model, &file.model) {
            (Some(model), _) => Some(ModelName::parse(model)?),
            (None, Some(model)) => Some(ModelName::parse(&model.value).map_err(at(model))?),
            (None, None) => None,
        };
        let fell_back_to_demo = chosen.is_none();
        let model = chosen.unwrap_or_else(ModelName::demo);
        if model.provider == Provider::Demo && args.base_url.is_some() {
            let failure = Failure::usage("--base-url is given, and no model of a provider");
            return Err(failure.hint("add one, such as -m openai/MODEL"));
        }
        let mut options = JsonObject::new();
        options.insert("model".to_owned(), model.model.clone().into());
        if let Some(url) = &args.base_url {
            options.insert("baseURL".to_owned(), url.clone().into());
        }
        if let Some(limit) = args.max_tokens {
            options.insert("maxTokens".to_owned(), limit.into());
        }
        let client = model_from_options(model.provider, &options, Transport::shared(), environment)
            .map_err(|error| model_failure(error, args.base_url.is_some(), "moss run …"))?;
        let tools = tools(args, &file, defaults)?;
        let names = tools.iter().map(|tool| tool.definition().name.clone()).collect();
        let agent = Agent::new(file.name.clone(), client)
            .instructions(file.instructions)
            .tool_timeout(Some(args.tool_timeout))
            .tools(tools)
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        Ok(Self { agent, agent_name: file.name, model, tools: names, fell_back_to_demo })
    }
}

/// The agent of a file as far as its graph goes: nothing is asked, so the demo model stands in for its own, and no file is
/// read.
pub fn drawn_agent(file: AgentFile) -> Result<Agent, Failure> {
    if let Some(model) = &file.model {
        ModelName::parse(&model.value).map_err(at(model))?;
    }
    let mut tools = Vec::new();
    for tool in &file.tools {
        match builtin::by_name(&tool.value, &Access { read: None }) {
            Ok(found) => tools.push(found),
            Err(BuiltinError::NoFolder { .. }) => {}
            Err(error) => return Err(at(tool)(tool_failure(error))),
        }
    }
    Agent::new(file.name, Arc::new(DemoModel::new(DemoVariant::Plain)))
        .instructions(file.instructions)
        .tools(tools)
        .map_err(|error| Failure::new(Exit::Usage, error))
}

fn default_agent() -> AgentFile {
    AgentFile {
        name: DEFAULT_NAME.to_owned(),
        model: None,
        tools: Vec::new(),
        instructions: DEFAULT_INSTRUCTIONS.to_owned(),
    }
}

/// The agent's own tools, then those of the command line.
fn tools(
    args: &RunArgs,
    file: &AgentFile,
    defaults: &[&str],
) -> Result<Vec<Arc<dyn Tool>>, Failure> {
    let access = Access { read: args.allow_read.clone() };
    let allowed = args.allow_read.iter().map(|_| builtin::ReadFile::NAME);
    let own = file.tools.iter().map(|tool| (tool.value.as_str(), Some(tool)));
    let given = defaults.iter().copied().chain(args.tools.iter().map(String::as_str));
    let mut tools: Vec<Arc<dyn Tool>> = Vec::new();
    for (name, place) in own.chain(given.chain(allowed).map(|name| (name, None))) {
        if tools.iter().any(|tool| tool.definition().name == name) {
            continue;
        }
        let tool = builtin::by_name(name, &access).map_err(tool_failure);
        tools.push(tool.map_err(|failure| match place {
            Some(place) => at(place)(failure),
            None => failure,
        })?);
    }
    Ok(tools)
}

/// A failure with its place in an agent file.
fn at(located: &Located) -> impl Fn(Failure) -> Failure {
    let place = located.place.clone();
    move |failure| {
        let error = anyhow::anyhow!("{place}: {}", crate::exit::chain(failure.error.as_ref()));
        Failure { error, ..failure }
    }
}

fn tool_failure(error: BuiltinError) -> Failure {
    let hint = match &error {
        BuiltinError::Unknown { suggestion: Some(near), .. } => {
            Some(format!("did you mean `{near}`? Built-in tools: {}", builtin::NAMES.join(", ")))
        }
        BuiltinError::Unknown { .. } => {
            Some(format!("built-in tools: {}", builtin::NAMES.join(", ")))
        }
        BuiltinError::NoFolder { .. } => {
            Some("name the folder whose files it may read: --allow-read DIR".to_owned())
        }
        _ => None,
    };
    let error = match error {
        BuiltinError::Unknown { name, .. } => {
            anyhow::anyhow!("there is no built-in tool `{}`", one_line(&name))
        }
        other => other.into(),
    };
    Failure { exit: Exit::Usage, error, hint }
}

/// A model cannot be made of what is configured. `command` is what was asked for, for the hint.
pub fn model_failure(error: ModelSetupError, base_url_given: bool, command: &str) -> Failure {
    match error {
        ModelSetupError::MissingApiKey { provider, variable } => {
            let failure = Failure::usage(format!(
                "no API key for provider `{provider}`: the environment variable {variable} is not set"
            ));
            let own_server = match provider {
                Provider::OpenAi => ". A server of your own is named with --base-url",
                _ => "",
            };
            failure.hint(format!(
                "set it for this shell with `export {variable}=…`, or for one command with `{variable}=… {command}`{own_server}"
            ))
        }
        ModelSetupError::InvalidOption { option, problem } if option == "baseURL" => {
            let given =
                if base_url_given { "--base-url" } else { "the base URL of the environment" };
            Failure::usage(format!("{given} {problem}"))
                .hint("a base URL looks like this: http://localhost:11434/v1")
        }
        other => Failure::new(Exit::Usage, other),
    }
}

/// What to say when nobody chose a model: what answers instead, and how to choose one.
pub fn demo_notice(environment: impl Fn(&str) -> Option<String>) -> (String, String) {
    let note = "no model is configured: the built-in demo model answers, a script and not a language model";
    let is_set = |variable: &str| environment(variable).is_some_and(|key| !key.trim().is_empty());
    let hint = match key_variables().into_iter().find(|(_, variable)| is_set(variable)) {
        Some((provider, variable)) => format!(
            "{variable} is set. To ask a real model with it, which costs money, add: -m {}",
            example(provider)
        ),
        None => format!(
            "to ask a real model, set its key (such as OPENAI_API_KEY) and add: -m {}",
            example(Provider::OpenAi)
        ),
    };
    (note.to_owned(), hint)
}

/// The agent of a check: the demo model with a calculator.
pub fn demo_agent() -> anyhow::Result<Agent> {
    let model = Arc::new(DemoModel::new(DemoVariant::Plain));
    Ok(Agent::new(DEFAULT_NAME, model).tools(vec![Arc::new(builtin::Calculator::new())])?)
}
