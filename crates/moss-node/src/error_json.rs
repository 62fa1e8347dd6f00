//! Errors as JavaScript gets them.

use std::error::Error;

use moss_agent::AgentError;
use moss_llm::ModelError;
use moss_protocol::ErrorCode;
use serde::Serialize;

/// An error as JavaScript gets it. Holds what the error itself shows, which is no secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorJson {
    name: &'static str,
    message: String,
    code: ErrorCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// The error is the one that a handler threw; JavaScript has the object.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    handler: bool,
}

impl ErrorJson {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            name: "Error",
            message: message.into(),
            code,
            status: None,
            request_id: None,
            retry_after_ms: None,
            causes: Vec::new(),
            handler: false,
        }
    }

    pub(crate) fn dropped() -> Self {
        Self::new(ErrorCode::InvalidConfig, "the run was dropped. Create another one")
    }

    pub(crate) fn panicked() -> Self {
        Self::new(ErrorCode::Internal, "the runtime failed unexpectedly; this is a defect of MOSS")
    }

    /// The whole answer to a call that failed.
    pub(crate) fn into_answer(self) -> String {
        #[derive(Serialize)]
        struct Answer {
            ok: bool,
            error: ErrorJson,
            messages: [(); 0],
        }
        serde_json::to_string(&Answer { ok: false, error: self, messages: [] }).unwrap_or_default()
    }

    fn of_model(mut self, error: &ModelError) -> Self {
        self.status = error.status;
        self.request_id.clone_from(&error.request_id);
        self.retry_after_ms = error.retry_after.map(|wait| wait.as_millis());
        self
    }
}

impl From<AgentError> for ErrorJson {
    fn from(error: AgentError) -> Self {
        let mut json = Self::new(error.code(), error.to_string());
        let mut cause = error.source();
        while let Some(error) = cause {
            json.causes.push(error.to_string());
            cause = error.source();
        }
        match &error {
            AgentError::Model(error) => json.of_model(error),
            AgentError::Cancelled => Self { name: "AbortError", ..json },
            AgentError::RecursionLimit { .. } => Self { name: "GraphRecursionError", ..json },
            AgentError::Handler(error) => {
                Self { handler: error.is::<crate::sink::HandlerThrew>(), ..json }
            }
            _ => json,
        }
    }
}
