//! From what a model says to the run steps that a host sees.

mod answer;
mod answer_content;
mod answer_extras;
mod call;
mod ids;
mod reasoning_details;
mod run_steps;
mod smooth;
mod think_tags;
mod tool_calls;

pub(crate) use answer::Answer;
pub(crate) use call::ModelCallSteps;
pub(crate) use run_steps::RunSteps;
