//! What hosts write in `llmConfig` and `clientOptions`.

use std::time::Duration;

use moss_llm::{
    ChatModel, ClientOptions, ModelInfo, Secret, available_providers, model_from_options,
};
use moss_protocol::{JsonObject, Provider};
use serde_json::{Value, json};

use crate::asking::{nothing, object, question, transport, try_client};

fn read(options: Value) -> ClientOptions {
    ClientOptions::from_json(&object(options)).unwrap()
}

#[test]
fn options_are_known_by_all_their_names() {
    let expected = ClientOptions {
        model: Some("gpt-x".to_owned()),
        api_key: Some(Secret::new("sk-1")),
        base_url: Some(Secret::new("http://localhost:1/v1")),
        max_retries: 5,
        timeout: Some(Duration::from_millis(1500)),
        ..ClientOptions::default()
    };
    for options in [
        json!({
            "model": "gpt-x", "apiKey": "sk-1", "maxRetries": 5, "timeout": 1500,
            "configuration": {"baseURL": "http://localhost:1/v1"},
        }),
        json!({
            "modelName": "gpt-x", "openAIApiKey": "sk-1", "maxRetries": 5, "timeout": 1500.0,
            "baseURL": "http://localhost:1/v1",
        }),
        json!({
            "model": null, "model_name": "gpt-x",
            "configuration": {
                "apiKey": " sk-1 ", "basePath": "http://localhost:1/v1", "maxRetries": 5, "timeout": 1500,
            },
        }),
    ] {
        assert_eq!(read(options), expected);
    }
}

#[test]
fn nothing_set_means_the_defaults() {
    assert_eq!(read(json!({})), ClientOptions::default());
    let unset = json!({"model": "", "apiKey": null, "temperature": null, "configuration": null});
    assert_eq!(read(unset), ClientOptions::default());
    let defaults = ClientOptions::default();
    assert_eq!((defaults.max_retries, defaults.streaming, defaults.stream_usage), (2, true, true));
}

#[test]
fn options_of_one_provider_reach_it() {
    assert_eq!(
        body(Provider::OpenRouter, json!({"reasoningEffort": "low", "includeReasoning": true})),
        json!({"include_reasoning": true, "reasoning": {"effort": "low"}})
    );
    let reasoning = json!({"max_tokens": 100, "exclude": true});
    assert_eq!(
        body(Provider::OpenRouter, json!({"reasoning": reasoning, "usage": true})),
        json!({"reasoning": reasoning, "usage": {"include": true}})
    );
    let search = json!({"mode": "auto", "return_citations": true});
    assert_eq!(
        body(Provider::Xai, json!({"searchParameters": search})),
        json!({"search_parameters": search})
    );
    assert_eq!(
        body(
            Provider::Mistral,
            json!({"safePrompt": true, "randomSeed": 1, "numCompletions": 2, "promptMode": "reasoning"})
        ),
        json!({"safe_prompt": true, "random_seed": 1, "n": 2, "prompt_mode": "reasoning"})
    );
    let spoken =
        json!({"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}});
    assert_eq!(body(Provider::OpenAi, spoken.clone()), spoken);
    assert_eq!(
        body(
            Provider::OpenAi,
            json!({
                "promptCache": true, "promptCacheKey": "k", "promptCacheRetention": "24h",
                "safetyIdentifier": "s", "prediction": {"type": "content", "content": "x"},
                "verbosity": "low", "store": true, "webSearchOptions": {},
            })
        ),
        json!({
            "prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "s",
            "prediction": {"type": "content", "content": "x"}, "verbosity": "low", "store": true,
            "web_search_options": {},
        })
    );
}

#[test]
fn answers_stream_unless_the_host_says_no() {
    for (options, streaming) in [
        (json!({}), true),
        (json!({"streaming": true}), true),
        (json!({"streaming": false}), false),
        (json!({"disableStreaming": true}), false),
        (json!({"streaming": true, "disableStreaming": true}), false),
        (json!({"disableStreaming": false}), true),
    ] {
        assert_eq!(read(options.clone()).streaming, streaming, "{options}");
    }
    assert!(!read(json!({"streamUsage": false})).stream_usage);
}

/// What of the options stands in the body of a request, beside what is in every one.
fn body(provider: Provider, options: Value) -> Value {
    let mut all = object(json!({"model": "m", "apiKey": "k", "streaming": false}));
    all.extend(object(options));
    let client = try_client(provider, Value::Object(all)).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let mut body: JsonObject =
        serde_json::from_slice(&client.encode(&question("Hi")).unwrap()).unwrap();
    body.shift_remove("model");
    body.shift_remove("messages");
    Value::Object(body)
}

#[test]
fn parameters_travel_under_the_providers_names() {
    assert_eq!(
        body(
            Provider::OpenAi,
            json!({
                "temperature": 0, "topP": 0.9, "maxTokens": 10, "frequencyPenalty": 1,
                "presence_penalty": 2, "n": 1, "seed": 7, "stopSequences": ["x"], "logprobs": true,
                "topLogprobs": 3, "user": "u", "service_tier": "flex",
                "modelKwargs": {"web_search": true},
            })
        ),
        json!({
            "temperature": 0, "top_p": 0.9, "max_tokens": 10, "frequency_penalty": 1,
            "presence_penalty": 2, "n": 1, "seed": 7, "stop": ["x"], "logprobs": true,
            "top_logprobs": 3, "user": "u", "service_tier": "flex", "web_search": true,
        })
    );
    assert_eq!(body(Provider::OpenAi, json!({"maxTokens": -1})), json!({}));
}

#[test]
fn parameters_fit_the_provider_and_the_model() {
    let options = |model: &str| {
        json!({
            "model": model, "maxTokens": 5, "reasoning": {"effort": "low", "summary": "auto"},
            "useResponsesApi": false,
        })
    };
    assert_eq!(
        body(Provider::OpenAi, options("o3")),
        json!({"max_completion_tokens": 5, "reasoning_effort": "low"})
    );
    assert_eq!(
        body(Provider::OpenAi, options("gpt-4o")),
        json!({"max_tokens": 5, "reasoning_effort": "low"})
    );
    assert_eq!(
        body(Provider::OpenRouter, options("o3")),
        json!({"max_tokens": 5, "reasoning": {"effort": "low", "summary": "auto"}})
    );
    assert_eq!(
        body(Provider::Xai, json!({"reasoning_effort": "high", "reasoning": {"effort": "low"}})),
        json!({"reasoning_effort": "high"})
    );
    let usage = json!({"usage": true, "streamUsage": false});
    assert_eq!(body(Provider::OpenRouter, usage.clone()), json!({"usage": {"include": true}}));
    assert_eq!(body(Provider::DeepSeek, usage), json!({}));
}

#[test]
fn what_is_not_followed_is_named() {
    let options = json!({
        "model": "m", "apiKey": "k", "verbose": true, "callbacks": [], "cache": true, "_lc_stream_delay": 1, "streamUsage": true,
        "fallbacks": [], "brandNew": 1, "unset": null,
        "configuration": {"fetchOptions": {}, "baseURL": "http://localhost"},
    });
    let client = try_client(Provider::OpenAi, options).unwrap();
    assert_eq!(client.unknown_options(), ["brandNew", "configuration.fetchOptions"]);
}

#[test]
fn a_missing_key_is_told_with_both_ways_to_set_it() {
    for (provider, variable) in [
        (Provider::OpenAi, "OPENAI_API_KEY"),
        (Provider::Anthropic, "ANTHROPIC_API_KEY"),
        (Provider::Google, "GOOGLE_API_KEY"),
        (Provider::DeepSeek, "DEEPSEEK_API_KEY"),
        (Provider::Mistral, "MISTRAL_API_KEY"),
        (Provider::MistralAi, "MISTRAL_API_KEY"),
        (Provider::OpenRouter, "OPENROUTER_API_KEY"),
        (Provider::Xai, "XAI_API_KEY"),
        (Provider::Moonshot, "MOONSHOT_API_KEY"),
    ] {
        let error = try_client(provider, json!({"model": "m"})).unwrap_err();
        assert_eq!(error.code().as_str(), "MISSING_API_KEY");
        assert_eq!(
            error.to_string(),
            format!(
                "no API key for provider `{provider}`. Set the environment variable `{variable}`, or the option `apiKey`"
            )
        );
    }
    // Another address makes it optional for OpenAI's protocol alone, but at home nobody asks for one.
    let elsewhere = json!({"model": "m", "baseURL": "http://10.0.0.1:1/v1"});
    assert!(try_client(Provider::OpenAi, elsewhere.clone()).is_ok());
    assert!(try_client(Provider::DeepSeek, elsewhere).is_err());
    for host in ["localhost:1", "127.0.0.1", "[::1]:8080"] {
        let at_home = json!({"model": "m", "baseURL": format!("http://{host}/v1")});
        assert!(try_client(Provider::DeepSeek, at_home).is_ok(), "{host}");
    }
    let lookalike = json!({"model": "m", "baseURL": "http://localhost.example.com/v1"});
    assert!(try_client(Provider::DeepSeek, lookalike).is_err());
}

#[test]
fn a_missing_model_is_told() {
    let error = try_client(Provider::OpenAi, json!({"apiKey": "k"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no model is named for provider `openAI`. Set the option `model` to a model of this provider"
    );
}

#[test]
fn a_provider_without_a_client_is_told_with_those_that_have_one() {
    let available = available_providers();
    assert!(available.starts_with("openAI, ") && available.ends_with(", demo"), "{available}");
    for provider in Provider::ALL {
        let options = object(json!({"model": "m", "apiKey": "k"}));
        let error = model_from_options(*provider, &options, &transport(), nothing).err();
        let error = error.filter(|error| error.code().as_str() == "PROVIDER_UNAVAILABLE");
        let works = available.split(", ").any(|name| name == provider.as_str());
        assert_eq!(
            error.map(|error| error.to_string()),
            (!works).then(|| format!(
                "provider `{provider}` is not available in this version. Available: {available}"
            ))
        );
    }
}

#[test]
fn a_model_says_who_it_is() {
    let options = object(json!({"model": "grok", "apiKey": "k", "streaming": false}));
    let model = model_from_options(Provider::Xai, &options, &transport(), nothing).unwrap();
    let info = ModelInfo { provider: Provider::Xai, model: "grok".to_owned(), streaming: false };
    assert_eq!(*model.info(), info);
    let demo =
        model_from_options(Provider::Demo, &object(json!({})), &transport(), nothing).unwrap();
    let info = ModelInfo { provider: Provider::Demo, model: "demo".to_owned(), streaming: true };
    assert_eq!(*demo.info(), info);
}
