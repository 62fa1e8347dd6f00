//! Bedrock is asked: where, with which credentials, with which options.

use std::collections::HashMap;
use std::fs;

use futures::StreamExt;
use moss_llm::{ChatModel, LlmClient, ModelErrorKind, ModelEvent, ModelSetupError};
use moss_protocol::Provider;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::asking::{ask, failure, object, question, text, transport};
use crate::aws::{event, exception};
use crate::server::{Act, Seen, Server, end, json as json_answer, piece, raw, response};

/// Variables that no test wants from the machine it runs on.
type Variables<'a> = &'a [(&'a str, &'a str)];

fn try_client(options: Value, variables: Variables<'_>) -> Result<LlmClient, ModelSetupError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let environment = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let mut all =
        object(json!({"model": "amazon.nova-lite-v1:0", "region": "us-east-1", "maxRetries": 0}));
    all.extend(object(options));
    all.retain(|_, value| !value.is_null());
    LlmClient::from_options(Provider::Bedrock, &all, &transport(), environment)
}

fn keys() -> Value {
    json!({"accessKeyId": "AKIDOPTION", "secretAccessKey": "secret-option"})
}

/// A client of a scripted server, with keys of the options.
fn client(server: &Server, options: Value) -> LlmClient {
    let mut all = object(
        json!({"credentials": keys(), "endpointHost": format!("http://{}", server.address)}),
    );
    all.extend(object(options));
    try_client(Value::Object(all), &[]).unwrap()
}

fn stream_head() -> Act {
    raw(
        "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\nx-amzn-requestid: req-1\r\ntransfer-encoding: chunked\r\n\r\n",
    )
}

/// A streamed answer that says `text`.
fn streamed(text: &str) -> Vec<Act> {
    vec![
        stream_head(),
        piece(event("messageStart", &json!({"role": "assistant"}))),
        piece(event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": {"text": text}}),
        )),
        piece(event("contentBlockStop", &json!({"contentBlockIndex": 0}))),
        piece(event("messageStop", &json!({"stopReason": "end_turn"}))),
        piece(event(
            "metadata",
            &json!({"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}),
        )),
        end(),
    ]
}

fn whole(text: &str) -> Vec<Act> {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
    });
    json_answer("200 OK", "x-amzn-requestid: req-1\r\n", &body)
}

/// `Credential=…` of a signed request.
fn credential(seen: &Seen) -> Option<&str> {
    let header = seen.header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
    header.split('/').next()
}

#[tokio::test]
async fn a_streamed_answer() {
    let server = Server::play([streamed("Hello")]).await;
    let (chunks, error) = ask(&client(&server, json!({"temperature": 0}))).await;
    assert!(error.is_none(), "{error:?}");
    let events: Vec<&ModelEvent> = chunks.iter().flat_map(|chunk| &chunk.events).collect();
    assert!(
        matches!(events[..], [
        ModelEvent::Started(_),
        ModelEvent::Text { text, index: None },
        ModelEvent::Finished { .. },
        ModelEvent::Extra { .. },
        ModelEvent::Usage(_),
        ModelEvent::Extra { .. },
    ] if text == "Hello"),
        "{events:?}"
    );

    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /model/amazon.nova-lite-v1%3A0/converse-stream HTTP/1.1");
    assert_eq!(seen.header("accept"), Some("application/vnd.amazon.eventstream"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    let date = seen.header("x-amz-date").unwrap();
    assert!(date.len() == 16 && date.ends_with('Z'), "{date}");
    let signature = seen.header("authorization").unwrap();
    let expected = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDOPTION/{}/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=",
        &date[..8]
    );
    let signature = signature.strip_prefix(&expected).unwrap_or_else(|| panic!("{signature}"));
    assert!(signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        seen.json(),
        json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"temperature": 0}})
    );
}

#[tokio::test]
async fn an_answer_in_one_piece() {
    let server = Server::play([whole("Hello")]).await;
    let client = client(&server, json!({"streaming": false}));
    assert_eq!(text(&client).await.unwrap(), "Hello");
    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /model/amazon.nova-lite-v1%3A0/converse HTTP/1.1");
    assert_eq!(seen.header("accept"), Some("application/json"));
}

#[tokio::test]
async fn errors_have_their_class_and_the_request_s_id() {
    let server = Server::play([
        json_answer(
            "400 Bad Request",
            "x-amzn-errortype: ValidationException:http://x\r\nx-amzn-requestid: req-2\r\n",
            &json!({"message": "Input is too long for requested model."}),
        ),
        vec![
            stream_head(),
            piece(exception("throttlingException", &json!({"message": "Slow down"}))),
            end(),
        ],
        vec![
            stream_head(),
            piece(&event("messageStart", &json!({"role": "assistant"}))[..40]),
            end(),
        ],
        vec![stream_head(), piece(b"data: {}\n\n        "), end()],
        response("200 OK", "content-type: text/html\r\n", "<html></html>"),
    ])
    .await;
    let client = client(&server, json!({}));
    let overflow = failure(&client).await;
    assert_eq!((overflow.kind, overflow.status), (ModelErrorKind::ContextOverflow, Some(400)));
    assert_eq!(overflow.request_id.as_deref(), Some("req-2"));
    let throttled = failure(&client).await;
    assert_eq!(
        (throttled.kind, throttled.request_id.as_deref()),
        (ModelErrorKind::RateLimit, Some("req-1"))
    );
    assert_eq!(failure(&client).await.kind, ModelErrorKind::Truncated);
    assert_eq!(failure(&client).await.kind, ModelErrorKind::Protocol);
    assert_eq!(failure(&client).await.kind, ModelErrorKind::Protocol);
}

#[tokio::test]
async fn models_of_every_kind_have_an_address() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/fm16bt65tzgx";
    let encoded = "arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Ffm16bt65tzgx";
    for (options, path) in [
        (
            json!({"model": "us.anthropic.claude-sonnet-4-20250514-v1:0"}),
            "us.anthropic.claude-sonnet-4-20250514-v1%3A0",
        ),
        (json!({"model": arn}), encoded),
        (json!({"model": "anthropic.claude-x", "applicationInferenceProfile": arn}), encoded),
    ] {
        let server = Server::play([whole("a")]).await;
        let client = client(&server, {
            let mut all = object(options);
            all.insert("streaming".to_owned(), json!(false));
            Value::Object(all)
        });
        text(&client).await.unwrap();
        assert_eq!(server.seen()[0].line, format!("POST /model/{path}/converse HTTP/1.1"));
    }
    // A base URL with a path of its own, and a gateway's query.
    let server = Server::play([whole("a")]).await;
    let url = format!("http://{}/bedrock/?tenant=1", server.address);
    text(&client(&server, json!({"streaming": false, "baseURL": url}))).await.unwrap();
    assert_eq!(
        server.seen()[0].line,
        "POST /bedrock/model/amazon.nova-lite-v1%3A0/converse?tenant=1 HTTP/1.1"
    );
}

/// Who asked, by the request that came: the id of the keys, or `Bearer …`; or why nobody could.
async fn asker(options: Value, variables: Variables<'_>) -> Result<String, String> {
    let server = Server::play([whole("a")]).await;
    let mut all =
        object(json!({"streaming": false, "endpointHost": format!("http://{}", server.address)}));
    all.extend(object(options));
    let mut all_variables = vec![("AWS_EC2_METADATA_DISABLED", "true")];
    all_variables.extend(variables);
    let client =
        try_client(Value::Object(all), &all_variables).map_err(|error| error.to_string())?;
    text(&client).await.map_err(|error| error.to_string())?;
    let seen = &server.seen()[0];
    let token = seen.header("x-amz-security-token").map(|token| format!(" with {token}"));
    let who = credential(seen).or(seen.header("authorization")).unwrap();
    Ok(format!("{who}{}", token.unwrap_or_default()))
}

#[tokio::test]
async fn credentials_are_found_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let aws = folder.path().join(".aws");
    fs::create_dir(&aws).unwrap();
    let credentials = "# Keys\n[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = s\n\n\
        [ work ]\naws_access_key_id=AKIDWORK\nAWS_SECRET_ACCESS_KEY = a=b/c+d\naws_session_token = TOKEN\n";
    fs::write(aws.join("credentials"), credentials).unwrap();
    let config = "[default]\nregion = eu-north-1\n[profile work]\nregion = eu-south-1\ns3 =\n  region = nowhere\n\
        [profile plain]\naws_access_key_id = AKIDPLAIN\naws_secret_access_key = s\n\
        [profile login]\nsso_session = corp\n[profile role]\nrole_arn = arn:x\nsource_profile = work\n\
        [profile tool]\ncredential_process = /bin/keys\n[profile empty]\nregion = us-east-1\n[sso-session corp]\nsso_start_url = https://x\n";
    fs::write(aws.join("config"), config).unwrap();
    let home = folder.path().to_str().unwrap();
    let file = aws.join("credentials");
    let file = file.to_str().unwrap();

    let explicit = json!({"credentials": {"accessKeyId": "AKIDOPTION", "secretAccessKey": "s", "sessionToken": "T"}});
    let mut both = object(explicit.clone());
    both.insert("apiKey".to_owned(), json!("bedrock-key"));
    let librechat = [
        ("BEDROCK_AWS_ACCESS_KEY_ID", "AKIDCHAT"),
        ("BEDROCK_AWS_SECRET_ACCESS_KEY", "s"),
        ("BEDROCK_AWS_SESSION_TOKEN", "C"),
    ];
    let amazon = [
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "E"),
    ];
    let all: Vec<(&str, &str)> = librechat
        .into_iter()
        .chain(amazon)
        .chain([("AWS_BEARER_TOKEN_BEDROCK", "env-key"), ("HOME", home)])
        .collect();
    for (options, variables, who) in [
        (Value::Object(both), &all[..], "Bearer bedrock-key"),
        (json!({"bearerToken": "option-key"}), &all, "Bearer option-key"),
        (explicit, &all, "AKIDOPTION with T"),
        (json!({"profile": "work"}), &all, "AKIDWORK with TOKEN"),
        (json!({"profile": "plain"}), &all, "AKIDPLAIN"),
        (json!({}), &all, "AKIDCHAT with C"),
        (
            json!({}),
            &[("BEDROCK_AWS_BEARER_TOKEN", "chat-key"), ("AWS_BEARER_TOKEN_BEDROCK", "env-key")],
            "Bearer chat-key",
        ),
        (
            json!({}),
            &[("BEDROCK_AWS_PROFILE", "work"), ("HOME", home), amazon[0], amazon[1]],
            "AKIDWORK with TOKEN",
        ),
        (
            json!({}),
            &[amazon[0], amazon[1], ("AWS_BEARER_TOKEN_BEDROCK", "env-key")],
            "Bearer env-key",
        ),
        // LibreChat's mark for keys that its users bring.
        (
            json!({}),
            &[
                ("BEDROCK_AWS_ACCESS_KEY_ID", "user_provided"),
                ("BEDROCK_AWS_SECRET_ACCESS_KEY", "user_provided"),
                amazon[0],
                amazon[1],
                amazon[2],
            ],
            "AKIDENV with E",
        ),
        (json!({}), &[("AWS_PROFILE", "work"), ("HOME", home)], "AKIDWORK with TOKEN"),
        (json!({}), &[("HOME", home)], "AKIDDEFAULT"),
        (json!({}), &[("AWS_SHARED_CREDENTIALS_FILE", file)], "AKIDDEFAULT"),
    ] {
        assert_eq!(asker(options.clone(), variables).await.as_deref(), Ok(who), "{options}");
    }
    for (options, variables, words) in [
        (
            json!({"credentials": {"accessKeyId": "AKID"}}),
            &[][..],
            "option `credentials.secretAccessKey` is not set",
        ),
        (json!({"credentials": "AKID"}), &[], "option `credentials` is not an object"),
        (
            json!({"profile": "nobody"}),
            &[("HOME", home)],
            "option `profile` names the profile `nobody`, which is not in AWS' shared files",
        ),
        (
            json!({"profile": "empty"}),
            &[("HOME", home)],
            "option `profile` names the profile `empty`, which has no keys",
        ),
        (
            json!({}),
            &[("AWS_PROFILE", "login"), ("HOME", home)],
            "option `AWS_PROFILE` names the profile `login`, which gets its keys from single sign-on; that is not supported. Set the variables that `aws configure export-credentials --profile login --format env` prints",
        ),
        (
            json!({"profile": "role"}),
            &[("HOME", home)],
            "which gets its keys from a role that is to be assumed",
        ),
        (
            json!({"profile": "tool"}),
            &[("HOME", home)],
            "which gets its keys from `credential_process`",
        ),
        (
            json!({}),
            &[],
            "there are no AWS credentials: neither options, environment nor shared files have them, and the metadata service gives none (the instance metadata service is switched off). Set `credentials`, `profile` or `apiKey`, or the environment variables `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`",
        ),
    ] {
        let error = asker(options.clone(), variables).await.unwrap_err();
        assert!(error.contains(words), "{options}: {error}");
    }

    // The region of whoever is named.
    for (options, variables, region) in [
        (json!({"region": "us-west-2", "profile": "work"}), &[("HOME", home)][..], "us-west-2"),
        (json!({"region": null, "profile": "work"}), &[("HOME", home)], "eu-south-1"),
        (json!({"region": null}), &[("HOME", home)], "eu-north-1"),
        (
            json!({"region": null}),
            &[
                ("HOME", home),
                ("AWS_DEFAULT_REGION", "c"),
                ("AWS_REGION", "b"),
                ("BEDROCK_AWS_DEFAULT_REGION", "a"),
            ],
            "a",
        ),
        (
            json!({"region": null}),
            &[("HOME", home), ("AWS_DEFAULT_REGION", "c"), ("AWS_REGION", "b")],
            "b",
        ),
        (json!({"region": null}), &[("HOME", home), ("AWS_DEFAULT_REGION", "c")], "c"),
    ] {
        let server = Server::play([whole("a")]).await;
        let mut all = object(
            json!({"streaming": false, "endpointHost": format!("http://{}", server.address)}),
        );
        all.extend(object(options));
        text(&try_client(Value::Object(all), variables).unwrap()).await.unwrap();
        let seen = &server.seen()[0];
        let signature = seen.header("authorization").unwrap();
        assert_eq!(signature.split('/').nth(2), Some(region), "{signature}");
    }
}

#[test]
fn the_host_is_amazons_unless_another_is_named() {
    let host = |options: Value, variables: Variables<'_>| {
        let mut all = object(json!({"credentials": keys()}));
        all.extend(object(options));
        try_client(Value::Object(all), variables).map(|client| {
            let shown = format!("{client:?}");
            let (_, host) = shown.split_once("host: \"").unwrap();
            host.split('"').next().unwrap().to_owned()
        })
    };
    for (options, variables, expected) in [
        (json!({}), &[][..], "bedrock-runtime.us-east-1.amazonaws.com"),
        (json!({"region": "cn-north-1"}), &[], "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
        (json!({"endpointHost": "proxy.example:8443"}), &[], "proxy.example:8443"),
        (json!({}), &[("BEDROCK_REVERSE_PROXY", "chat.example")], "chat.example"),
        (
            json!({}),
            &[("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://own.example/x")],
            "own.example",
        ),
        (
            json!({"baseURL": "https://base.example", "endpointHost": "proxy.example"}),
            &[],
            "base.example",
        ),
        // Only a key of Bedrock's own, sent elsewhere, does without a region.
        (
            json!({"region": null, "apiKey": "k", "endpointHost": "proxy.example"}),
            &[],
            "proxy.example",
        ),
    ] {
        assert_eq!(host(options.clone(), variables).unwrap(), expected, "{options}");
    }
    for (options, words) in [
        (
            json!({"region": null}),
            "option `region` is not set. Set it, or the environment variable `AWS_REGION`",
        ),
        (json!({"region": null, "apiKey": "k"}), "option `region` is not set"),
        (json!({"region": "evil.example/"}), "option `region` does not make the address of a host"),
        (
            json!({"endpointHost": "a b"}),
            "option `endpointHost` does not make the address of a host",
        ),
    ] {
        let error = host(options.clone(), &[]).unwrap_err();
        assert_eq!(error.code().as_str(), "INVALID_CONFIG");
        assert!(error.to_string().contains(words), "{options}: {error}");
    }
}

/// What of the options stands in the body of a request, beside the conversation.
fn body(options: Value) -> Value {
    let mut all = object(json!({"credentials": keys(), "streaming": false}));
    all.extend(object(options));
    let client = try_client(Value::Object(all), &[]).unwrap();
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    let mut body: Value = serde_json::from_slice(&client.encode(&question("Hi")).unwrap()).unwrap();
    body.as_object_mut().unwrap().shift_remove("messages");
    body
}

#[test]
fn options_travel_under_converses_names() {
    assert_eq!(body(json!({})), json!({}));
    assert_eq!(
        body(json!({
            "maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stop": "x", "topK": 5,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "additionalModelRequestFields": {"anthropic_beta": ["a"], "top_k": 6},
            "additionalModelResponseFieldPaths": ["/stop_sequence"],
            "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled", "streamProcessingMode": "sync"},
            "performanceConfig": {"latency": "optimized"}, "serviceTier": "flex", "requestMetadata": {"a": "b"},
            "outputConfig": {"effort": "low"}, "promptVariables": {"v": {"text": "t"}},
            "modelKwargs": {"new": 1}, "supportsToolChoiceValues": ["auto"], "applicationInferenceProfile": "arn:x",
            "promptCache": false, "promptCacheTtl": "5m",
        })),
        json!({
            "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]},
            "additionalModelRequestFields": {
                "thinking": {"type": "enabled", "budget_tokens": 1024}, "top_k": 6, "anthropic_beta": ["a"],
            },
            "additionalModelResponseFieldPaths": ["/stop_sequence"],
            "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"},
            "performanceConfig": {"latency": "optimized"}, "serviceTier": {"type": "flex"},
            "requestMetadata": {"a": "b"}, "outputConfig": {"effort": "low"},
            "promptVariables": {"v": {"text": "t"}}, "new": 1,
        })
    );
    assert_eq!(
        body(json!({"maxTokens": -1, "serviceTier": {"type": "priority"}})),
        json!({"serviceTier": {"type": "priority"}})
    );
    assert_eq!(
        body(json!({"stopSequences": ["a", "b"], "max_tokens": 3})),
        json!({"inferenceConfig": {"maxTokens": 3, "stopSequences": ["a", "b"]}})
    );
}

#[test]
fn the_wire_follows_options_of_its_own() {
    let encode = |options: Value| {
        let mut all = object(json!({"credentials": keys(), "model": "anthropic.claude-x"}));
        all.extend(object(options));
        let client = try_client(Value::Object(all), &[]).unwrap();
        let mut request = question("Hi");
        let tool = moss_protocol::ToolDefinition::new("f", "", json!({"type": "object"}));
        request.tools = [tool].into();
        serde_json::from_slice::<Value>(&client.encode(&request).unwrap()).unwrap()
    };
    let hour = json!({"cachePoint": {"type": "default", "ttl": "1h"}});
    assert_eq!(
        encode(json!({"promptCache": true}))["messages"][0]["content"],
        json!([{"text": "Hi"}, hour])
    );
    let minutes = json!({"cachePoint": {"type": "default"}});
    assert_eq!(
        encode(json!({"promptCache": true, "promptCacheTtl": "5m"}))["toolConfig"]["tools"][1],
        minutes
    );
    for (choice, expected) in [
        (json!("auto"), Value::Null),
        (json!("any"), json!({"any": {}})),
        (json!("required"), json!({"any": {}})),
        (json!("f"), json!({"tool": {"name": "f"}})),
        (json!({"tool": {"name": "f"}}), json!({"tool": {"name": "f"}})),
        (json!({"any": {}}), json!({"any": {}})),
        (json!({"auto": {}}), Value::Null),
        (json!({"type": "function", "function": {"name": "f"}}), json!({"tool": {"name": "f"}})),
        (json!({"type": "tool", "name": "f"}), json!({"tool": {"name": "f"}})),
        (json!({"type": "any"}), json!({"any": {}})),
    ] {
        assert_eq!(
            encode(json!({"toolChoice": choice}))["toolConfig"]["toolChoice"],
            expected,
            "{choice}"
        );
    }
    assert_eq!(encode(json!({"tool_choice": "none"})).get("toolConfig"), None);
    for (options, words) in [
        (
            json!({"toolChoice": 5}),
            "option `toolChoice` is neither `auto`, `any`, `none` nor a tool's name",
        ),
        (json!({"promptCacheTtl": "2h"}), "option `promptCacheTtl` is neither `5m` nor `1h`"),
        (json!({"promptCache": "yes"}), "option `promptCache` is neither `true` nor `false`"),
    ] {
        let mut all = object(json!({"credentials": keys()}));
        all.extend(object(options));
        assert_eq!(try_client(Value::Object(all), &[]).unwrap_err().to_string(), words);
    }
    let unknown =
        try_client(json!({"credentials": keys(), "client": {}, "brandNew": 1}), &[]).unwrap();
    assert_eq!(unknown.unknown_options(), ["client", "brandNew"]);
}

fn given(id: &str, expires: &str) -> Vec<Act> {
    let body = json!({
        "Code": "Success", "AccessKeyId": id, "SecretAccessKey": "s", "Token": format!("token-{id}"), "Expiration": expires,
    });
    json_answer("200 OK", "", &body)
}

fn words(text: &str) -> Vec<Act> {
    response("200 OK", "content-type: text/plain\r\n", text)
}

/// Asks as often as there are answers; gives who asked each time.
async fn askers(variables: Variables<'_>, answers: [Vec<Act>; 2]) -> Vec<Result<String, String>> {
    let bedrock = Server::play(answers).await;
    let options =
        json!({"streaming": false, "endpointHost": format!("http://{}", bedrock.address)});
    let client = try_client(options, variables).unwrap();
    let mut who = Vec::new();
    for _ in 0..2 {
        who.push(match text(&client).await {
            Ok(_) => {
                let seen = bedrock.seen();
                let seen = seen.last().unwrap();
                Ok(format!(
                    "{} with {}",
                    credential(seen).unwrap(),
                    seen.header("x-amz-security-token").unwrap()
                ))
            }
            Err(error) => Err(error.to_string()),
        });
    }
    who
}

const LATE: &str = "2999-01-01T00:00:00Z";

#[tokio::test]
async fn an_instance_gives_keys_which_are_kept() {
    let metadata =
        Server::play([words("imds-token"), words("my-role\n"), given("AKIDROLE", LATE)]).await;
    let url = format!("http://{}", metadata.address);
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    let who = askers(&variables, [whole("a"), whole("b")]).await;
    let role = || Ok("AKIDROLE with token-AKIDROLE".to_owned());
    assert_eq!(who, [role(), role()]);
    let seen = metadata.seen();
    let lines: Vec<&str> = seen.iter().map(|seen| seen.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "PUT /latest/api/token HTTP/1.1",
            "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1",
            "GET /latest/meta-data/iam/security-credentials/my-role HTTP/1.1",
        ]
    );
    assert_eq!(seen[0].header("x-aws-ec2-metadata-token-ttl-seconds"), Some("21600"));
    assert_eq!(seen[2].header("x-aws-ec2-metadata-token"), Some("imds-token"));
}

#[tokio::test]
async fn a_container_gives_keys_which_are_renewed_before_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "container-token\n").unwrap();
    let file = file.to_str().unwrap();
    // The first pair ended long ago; the second is not needed by then.
    let metadata =
        Server::play([given("AKIDONE", "2020-01-01T00:00:00Z"), given("AKIDTWO", LATE)]).await;
    let url = format!("http://{}/creds?id=1", metadata.address);
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "unused"),
    ];
    let who = askers(&variables, [whole("a"), whole("b")]).await;
    let pair = |id: &str| Ok(format!("{id} with token-{id}"));
    assert_eq!(who, [pair("AKIDONE"), pair("AKIDTWO")]);
    let seen = metadata.seen();
    assert_eq!(seen[0].line, "GET /creds?id=1 HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), Some("container-token"));
}

#[tokio::test]
async fn a_service_that_gives_no_keys_is_told_without_what_it_said() {
    for (script, why) in [
        (response("404 Not Found", "", "CANARY"), "it answered with status 404"),
        (
            words("{\"AccessKeyId\": \"CANARY\", \"SecretAccessKey\": 5}"),
            "its answer cannot be read",
        ),
        (words(&"CANARY".repeat(20_000)), "its answer cannot be read"),
        (vec![Act::Close], "error sending request"),
    ] {
        let metadata = Server::play([script]).await;
        let url = format!("http://{}/CANARY", metadata.address);
        let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())];
        let client = try_client(json!({"endpointHost": "http://127.0.0.1:9"}), &variables).unwrap();
        let error = failure(&client).await;
        assert_eq!(error.kind, ModelErrorKind::Auth);
        let shown = format!("{error} {error:?} {client:?}");
        assert!(shown.contains(why), "{shown}");
        assert!(!shown.contains("CANARY"), "{shown}");
    }
    for url in ["http://keys.example/", "ftp://localhost/", "no URL"] {
        let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)];
        let error = try_client(json!({}), &variables).unwrap_err().to_string();
        assert!(error.starts_with("option `AWS_CONTAINER_CREDENTIALS_FULL_URI` is "), "{error}");
    }
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense")];
    assert!(try_client(json!({}), &variables).is_err());
}

#[tokio::test]
async fn a_call_that_waits_for_keys_can_be_cancelled() {
    let metadata = Server::play([vec![Act::Hold]]).await;
    let url = format!("http://{}/", metadata.address);
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())];
    let client = try_client(json!({"endpointHost": "http://127.0.0.1:9"}), &variables).unwrap();
    let cancel = CancellationToken::new();
    let mut answer = client.stream(question("Hi"), cancel.clone());
    let (item, ()) = tokio::join!(answer.next(), async {
        metadata.arrived().await;
        cancel.cancel();
    });
    assert_eq!(item.unwrap().unwrap_err().kind, ModelErrorKind::Cancelled);
    metadata.closed().await;
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    const CANARIES: [&str; 4] = ["SECRETCANARY", "TOKENCANARY", "BEARERCANARY", "FIELDCANARY"];
    let clean = |text: &str| {
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} shows in: {text}");
        }
    };
    let echo = "x-amz-security-token:TOKENCANARY; Bearer BEARERCANARY; SECRETCANARY; TOKENCANARY";
    for proof in [
        json!({"credentials": {"accessKeyId": "AKID", "secretAccessKey": "SECRETCANARY", "sessionToken": "TOKENCANARY"}}),
        json!({"apiKey": "BEARERCANARY"}),
    ] {
        for script in [
            json_answer(
                "403 Forbidden",
                "x-amzn-errortype: TOKENCANARY\r\nx-amzn-requestid: BEARERCANARY\r\n",
                &json!({"message": echo}),
            ),
            vec![
                stream_head(),
                piece(exception("validationException", &json!({"message": echo}))),
                end(),
            ],
            vec![stream_head(), Act::Reset],
        ] {
            let server = Server::play([script]).await;
            let mut options = object(json!({
                "endpointHost": format!("http://{}", server.address),
                "additionalModelRequestFields": {"key": "FIELDCANARY"},
            }));
            options.extend(object(proof.clone()));
            let client = try_client(Value::Object(options), &[]).unwrap();
            clean(&format!("{client:?} {client:#?}"));
            let error = failure(&client).await;
            // What the other way to ask would have been, the server cannot know.
            let mut shown = format!("{error} {error:?}");
            let own = if proof.get("apiKey").is_some() {
                "BEARERCANARY"
            } else {
                "SECRETCANARY TOKENCANARY"
            };
            for canary in CANARIES.iter().filter(|canary| !own.contains(**canary)) {
                shown = shown.replace(canary, "");
            }
            clean(&shown);
        }
    }
    // Keys that were fetched are as secret.
    let keys =
        json!({"AccessKeyId": "AKID", "SecretAccessKey": "SECRETCANARY", "Token": "TOKENCANARY"});
    let metadata = Server::play([json_answer("200 OK", "", &keys)]).await;
    let server = Server::play([json_answer("403 Forbidden", "", &json!({"message": echo}))]).await;
    let url = format!("http://{}/", metadata.address);
    let options = json!({"endpointHost": format!("http://{}", server.address)});
    let client =
        try_client(options, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())]).unwrap();
    let error = failure(&client).await;
    clean(&format!("{error} {error:?} {client:?}").replace("BEARERCANARY", ""));
    for options in [
        json!({"credentials": {"accessKeyId": ["SECRETCANARY"], "secretAccessKey": "x"}}),
        json!({"credentials": ["SECRETCANARY"]}),
        json!({"apiKey": "BEARERCANARY\u{7f}"}),
        json!({"bearerToken": ["BEARERCANARY"]}),
    ] {
        let error = try_client(options, &[]).unwrap_err();
        clean(&format!("{error} {error:?}"));
    }
}
