//! OpenAI's models on Azure: addresses, credentials, and both of OpenAI's protocols.

use std::collections::HashMap;

use moss_llm::{ChatModel, LlmClient, ModelRequest, ModelSetupError};
use moss_protocol::{JsonObject, Provider};
use serde_json::{Value, json};

use crate::asking::{ask, failure, nothing, object, question, text_of, transport, try_client};
use crate::server::{Seen, Server, answer, error, json as json_answer};

/// A client of Azure at a server on loopback: the server's address stands for `@` in the options.
fn client(
    server: &Server,
    options: Value,
    environment: &HashMap<&str, &str>,
) -> Result<LlmClient, ModelSetupError> {
    let at = |text: &str| text.replace('@', &format!("http://{}", server.address));
    let options = at(&options.to_string());
    let environment: HashMap<&str, String> =
        environment.iter().map(|(name, value)| (*name, at(value))).collect();
    let options: JsonObject = serde_json::from_str(&options).unwrap();
    LlmClient::from_options(Provider::AzureOpenAi, &options, &transport(), |name| {
        environment.get(name).cloned()
    })
}

/// The request that a client makes.
async fn seen(options: Value, environment: &[(&str, &str)]) -> Seen {
    let server = Server::play([answer("Hello")]).await;
    let environment = environment.iter().copied().collect();
    let client = client(&server, options, &environment).unwrap();
    // The script answers chat completions; of Responses only the request counts here.
    drop(ask(&client).await);
    server.seen().remove(0)
}

async fn line(options: Value) -> String {
    let mut all = object(
        json!({"model": "gpt-x", "azureOpenAIApiKey": "key", "azureOpenAIApiVersion": "2024-10-21",
        "azureOpenAIApiDeploymentName": "dep"}),
    );
    all.extend(object(options));
    seen(Value::Object(all), &[]).await.line.replace(" HTTP/1.1", "")
}

#[tokio::test]
async fn chat_completions_are_at_the_deployment() {
    let expected = "POST /openai/deployments/dep/chat/completions?api-version=2024-10-21";
    for options in [
        json!({"azureOpenAIEndpoint": "@"}),
        json!({"azureOpenAIEndpoint": "@/"}),
        json!({"azureOpenAIBasePath": "@/openai/deployments"}),
        json!({"azureOpenAIBasePath": "@/openai/deployments/"}),
        json!({"azureOpenAIBasePath": "@/openai/deployments", "baseURL": "http://localhost:1"}),
        json!({"baseURL": "@/openai/deployments/${DEPLOYMENT_NAME}"}),
        json!({"baseURL": "@/openai/deployments"}),
        json!({"baseURL": "@/openai"}),
        json!({"baseURL": "@"}),
        json!({"configuration": {"baseURL": "@/openai/deployments/dep"}}),
        json!({"azureOpenAIApiDeploymentName": null, "model": "dep", "azureOpenAIEndpoint": "@"}),
        json!({"azureOpenAIApiDeploymentName": null, "deploymentName": "dep", "azureOpenAIEndpoint": "@"}),
        json!({"azureOpenAIApiVersion": null, "openAIApiVersion": "2024-10-21", "azureOpenAIEndpoint": "@"}),
        json!({"azureOpenAIApiVersion": null, "azureOpenAIEndpoint": "@",
            "configuration": {"defaultQuery": {"api-version": "2024-10-21"}}}),
    ] {
        assert_eq!(line(options.clone()).await, expected, "{options}");
    }
    for (options, expected) in [
        (json!({"baseURL": "@/openai/v1"}), "POST /openai/v1/chat/completions"),
        (
            json!({"baseURL": "@/openai/v1", "azureOpenAIApiVersion": "preview"}),
            "POST /openai/v1/chat/completions?api-version=preview",
        ),
        (
            json!({"azureOpenAIBasePath": "@/gateway"}),
            "POST /gateway/dep/chat/completions?api-version=2024-10-21",
        ),
        (
            json!({"baseURL": "@/gateway?team=a"}),
            "POST /gateway/chat/completions?team=a&api-version=2024-10-21",
        ),
        (json!({"baseURL": "@/a%20b?api-version=7"}), "POST /a%20b/chat/completions?api-version=7"),
    ] {
        assert_eq!(line(options.clone()).await, expected, "{options}");
    }
}

#[tokio::test]
async fn responses_are_at_the_resource() {
    let preview = "POST /openai/v1/responses?api-version=preview";
    let dated = "POST /openai/responses?api-version=2025-04-01-preview";
    let new = "2025-04-01-preview";
    for (options, expected) in [
        (json!({"azureOpenAIEndpoint": "@"}), preview),
        (json!({"azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": null}), preview),
        (json!({"azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": "preview"}), preview),
        (
            json!({"azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": "latest"}),
            "POST /openai/v1/responses?api-version=latest",
        ),
        (json!({"azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": new}), dated),
        (
            json!({"azureOpenAIBasePath": "@/openai/deployments", "azureOpenAIApiVersion": new}),
            dated,
        ),
        (json!({"baseURL": "@/openai/deployments/${DEPLOYMENT_NAME}"}), preview),
        (json!({"baseURL": "@/openai/v1", "azureOpenAIApiVersion": new}), preview),
        // As LibreChat writes it.
        (
            json!({"apiKey": "key", "configuration": {"baseURL": "@/openai/v1",
                "defaultHeaders": {"api-key": "key"}, "defaultQuery": {"api-version": "preview"}}}),
            preview,
        ),
    ] {
        let mut all = object(options.clone());
        all.insert("useResponsesApi".to_owned(), json!(true));
        assert_eq!(line(Value::Object(all)).await, expected, "{options}");
    }
}

#[test]
fn names_make_the_address() {
    let host = |options: Value| {
        let mut all = object(
            json!({"model": "gpt-x", "apiKey": "key", "azureOpenAIApiVersion": "2024-10-21"}),
        );
        all.extend(object(options));
        format!("{:?}", try_client(Provider::AzureOpenAi, Value::Object(all)).unwrap())
    };
    for options in [
        json!({"azureOpenAIApiInstanceName": "inst"}),
        json!({"azureOpenAIApiInstanceName": "inst", "configuration": {
            "baseURL": "https://${INSTANCE_NAME}.openai.azure.com/openai/deployments/${DEPLOYMENT_NAME}"}}),
    ] {
        let shown = host(options.clone());
        assert!(shown.contains("\"inst.openai.azure.com\""), "{options}: {shown}");
    }
}

#[tokio::test]
async fn the_environment_serves_where_options_are_silent() {
    let environment = [
        ("AZURE_OPENAI_API_KEY", "env-key"),
        ("AZURE_OPENAI_ENDPOINT", "@"),
        ("AZURE_OPENAI_API_DEPLOYMENT_NAME", "env-dep"),
        ("AZURE_OPENAI_API_VERSION", "2024-02-01"),
    ];
    let request = seen(json!({}), &environment).await;
    assert_eq!(
        request.line,
        "POST /openai/deployments/env-dep/chat/completions?api-version=2024-02-01 HTTP/1.1"
    );
    assert_eq!(request.header("api-key"), Some("env-key"));
    // Without a model, the deployment is its name.
    assert_eq!(request.json()["model"], "env-dep");
    let options = json!({"model": "m", "azureOpenAIApiKey": "own", "deploymentName": "own", "azureOpenAIApiVersion": "v",
        "azureOpenAIBasePath": "@/own"});
    let request = seen(options, &environment).await;
    assert_eq!(request.line, "POST /own/own/chat/completions?api-version=v HTTP/1.1");
    assert_eq!(request.header("api-key"), Some("own"));
    assert_eq!(request.json()["model"], "m");
}

#[tokio::test]
async fn a_key_or_a_token_proves_who_asks() {
    for (options, environment, key, bearer) in [
        (json!({"azureOpenAIApiKey": "a"}), &[][..], Some("a"), None),
        (json!({"apiKey": "b"}), &[], Some("b"), None),
        (json!({"openAIApiKey": "c"}), &[], Some("c"), None),
        (json!({"azureOpenAIApiKey": "a", "apiKey": "b"}), &[], Some("a"), None),
        (json!({"azureADToken": "t"}), &[("AZURE_OPENAI_API_KEY", "k")], None, Some("Bearer t")),
        (json!({"azureOpenAIADToken": "t", "apiKey": "b"}), &[], None, Some("Bearer t")),
        (json!({}), &[("AZURE_OPENAI_AD_TOKEN", "t")], None, Some("Bearer t")),
        (
            json!({}),
            &[("AZURE_OPENAI_AD_TOKEN", "t"), ("AZURE_OPENAI_API_KEY", "k")],
            Some("k"),
            None,
        ),
    ] {
        let mut all =
            object(json!({"model": "m", "azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": "v"}));
        all.extend(object(options.clone()));
        let request = seen(Value::Object(all), environment).await;
        assert_eq!(request.header("api-key"), key, "{options}");
        assert_eq!(request.header("authorization"), bearer, "{options}");
    }
}

#[test]
fn what_is_missing_is_told() {
    let told = |options: Value| try_client(Provider::AzureOpenAi, options).unwrap_err().to_string();
    assert_eq!(
        told(json!({"apiKey": "k"})),
        "no model is named for provider `azureOpenAI`. Set the option `model` to a model of this provider"
    );
    assert_eq!(
        told(json!({"model": "m", "azureOpenAIEndpoint": "http://localhost:1"})),
        "no API key for provider `azureOpenAI`. Set the environment variable `AZURE_OPENAI_API_KEY`, or the option `apiKey`"
    );
    assert_eq!(
        told(json!({"model": "m", "apiKey": "k"})),
        "option `azureOpenAIApiInstanceName` is not set. Set it to the name of the Azure OpenAI resource, or the environment variable `AZURE_OPENAI_API_INSTANCE_NAME`"
    );
    assert_eq!(
        told(
            json!({"model": "m", "apiKey": "k", "baseURL": "https://${INSTANCE_NAME}.openai.azure.com"})
        ),
        "option `azureOpenAIApiInstanceName` is not set, and `baseURL` holds `${INSTANCE_NAME}`"
    );
    assert_eq!(
        told(json!({"model": "m", "apiKey": "k", "azureOpenAIApiInstanceName": "i"})),
        "option `azureOpenAIApiVersion` is not set. Set it to a version of Azure OpenAI's API such as `2024-10-21`, or the environment variable `AZURE_OPENAI_API_VERSION`"
    );
    // Responses have an address without one.
    let responses = json!({"model": "m", "apiKey": "k", "azureOpenAIApiInstanceName": "i", "useResponsesApi": true});
    assert!(try_client(Provider::AzureOpenAi, responses).is_ok());
}

#[test]
fn all_options_of_azure_are_followed() {
    let options = json!({
        "model": "gpt-5-nano", "azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "i",
        "azureOpenAIApiDeploymentName": "d", "azureOpenAIApiVersion": "2025-04-01-preview",
        "azureOpenAIBasePath": "https://i.openai.azure.com/openai/deployments", "maxTokens": 5, "user": "u",
        "streaming": false,
    });
    let client = try_client(Provider::AzureOpenAi, options).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let body = |request: &ModelRequest| -> Value {
        serde_json::from_slice(&client.encode(request).unwrap()).unwrap()
    };
    assert_eq!(
        body(&question("Hi")),
        json!({"model": "gpt-5-nano", "messages": [{"role": "user", "content": "Hi"}],
            "max_completion_tokens": 5, "user": "u"})
    );
    let search = ModelRequest {
        server_tools: [object(json!({"type": "web_search"}))].into(),
        ..question("Hi")
    };
    assert_eq!(
        body(&search),
        json!({"model": "gpt-5-nano", "input": [{"type": "message", "role": "user", "content": "Hi"}],
            "tools": [{"type": "web_search"}], "max_output_tokens": 5, "user": "u"})
    );
}

#[tokio::test]
async fn both_protocols_answer() {
    let response = json!({"id": "resp_1", "status": "completed", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}]});
    let server = Server::play([answer("Hello"), json_answer("200 OK", "", &response)]).await;
    for options in [json!({}), json!({"useResponsesApi": true, "streaming": false})] {
        let mut all = object(
            json!({"model": "m", "apiKey": "k", "azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": "v"}),
        );
        all.extend(object(options));
        let client = client(&server, Value::Object(all), &HashMap::new()).unwrap();
        let (chunks, error) = ask(&client).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(text_of(&chunks), "Hello");
    }
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    for credentials in
        [json!({"azureOpenAIApiKey": "KEYCANARY"}), json!({"azureADToken": "KEYCANARY"})]
    {
        let server = Server::play([error("401 Unauthorized", "", "KEYCANARY is no key")]).await;
        let mut all = object(
            json!({"model": "m", "azureOpenAIEndpoint": "@", "azureOpenAIApiVersion": "v", "maxRetries": 0}),
        );
        all.extend(object(credentials));
        let client = client(&server, Value::Object(all), &HashMap::new()).unwrap();
        let error = failure(&client).await;
        let shown = format!("{client:?} {client:#?} {error} {error:?}");
        assert!(!shown.contains("KEYCANARY"), "{shown}");
        assert!(error.message.contains("[redacted]"), "{error}");
    }
    for (options, named) in [
        (json!({"azureOpenAIApiKey": "KEYCANARY\u{7f}"}), "`azureOpenAIApiKey`"),
        (json!({"azureOpenAIApiKey": ["KEYCANARY"]}), "`azureOpenAIApiKey`"),
        (json!({"apiKey": "k", "azureOpenAIBasePath": "KEYCANARY"}), "`azureOpenAIBasePath`"),
        (json!({"apiKey": "k", "azureOpenAIEndpoint": "ftp://KEYCANARY"}), "`azureOpenAIEndpoint`"),
    ] {
        let mut all = object(
            json!({"model": "m", "azureOpenAIApiInstanceName": "i", "azureOpenAIApiVersion": "v"}),
        );
        all.extend(object(options));
        let error = LlmClient::from_options(Provider::AzureOpenAi, &all, &transport(), nothing)
            .unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(named) && !shown.contains("KEYCANARY"), "{shown}");
    }
}
