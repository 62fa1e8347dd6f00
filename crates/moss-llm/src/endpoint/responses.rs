//! Which of OpenAI's two protocols a client speaks.

use std::sync::Arc;

use moss_protocol::Provider;
use reqwest::Url;

use super::{Endpoint, Endpoints, Instead, Setup};
use crate::ModelSetupError;
use crate::wire::Wire;
use crate::wire::responses::{Responses, ResponsesDialect, forces, needed, parameters};

/// Which protocol a host wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Chat,
    Responses,
    /// Chat completions, and Responses for requests that need them.
    AsNeeded,
}

impl Protocol {
    /// By the rules of LangChain's client: as the host says; else Responses where an option or the model needs
    /// them. Elsewhere than at OpenAI and Azure only the host's word counts.
    pub(super) fn of(setup: &mut Setup<'_, '_>) -> Result<Self, ModelSetupError> {
        if ResponsesDialect::of(setup.provider).is_none() {
            return Ok(Self::Chat);
        }
        let top = &mut setup.options.top;
        let says = top.flag(&["useResponsesApi", "use_responses_api"])?;
        let decides = matches!(setup.provider, Provider::OpenAi | Provider::AzureOpenAi);
        Ok(match says {
            Some(true) => Self::Responses,
            Some(false) => Self::Chat,
            None if !decides => Self::Chat,
            None if forces(top, setup.model) => Self::Responses,
            None => Self::AsNeeded,
        })
    }
}

/// Speaks Responses at an endpoint, at the address that is made for them.
pub(super) fn over(
    setup: &mut Setup<'_, '_>,
    chat: Endpoint,
    protocol: Protocol,
    address: impl FnOnce() -> Result<Url, ModelSetupError>,
) -> Result<Endpoints, ModelSetupError> {
    let Some(dialect) = ResponsesDialect::of(setup.provider) else { return Ok(chat.into()) };
    let wire: Arc<dyn Wire> = Arc::new(Responses(dialect));
    let top = &mut setup.options.top;
    match protocol {
        Protocol::Chat => Ok(chat.into()),
        Protocol::Responses => {
            let parameters = parameters(top);
            Ok(Endpoint { wire, url: address()?, parameters, ..chat }.into())
        }
        Protocol::AsNeeded => {
            // What only Responses follow is not followed by this client as a rule.
            let parameters = parameters(&mut top.aside());
            let endpoint = Endpoint { wire, url: address()?, parameters, ..chat.clone() };
            Ok(Endpoints { usual: chat, instead: Some(Instead { when: needed, endpoint }) })
        }
    }
}
