//! Vertex AI: addresses, credentials, tokens, and calls from end to end.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::join_all;
use moss_llm::{ChatModel, LlmClient, ModelErrorKind};
use moss_protocol::Provider;
use serde_json::{Value, json};

use crate::asking::{failure, object, text};
use crate::google::{answers, client_in, shown};
use crate::server::{Act, Seen, Server, json as reply};

/// Made for these tests: it opens nothing anywhere.
const KEY: &str = include_str!("data/test_only_rsa_key.pem");

fn service_account(server: &Server) -> Value {
    json!({
        "type": "service_account",
        "project_id": "proj-1",
        "private_key_id": "kid-1",
        "private_key": KEY,
        "client_email": "moss@proj-1.iam.gserviceaccount.com",
        "token_uri": format!("http://{}/token", server.address),
    })
}

/// A client of a scripted server, which gives tokens and answers. `options` come on top.
fn client(server: &Server, options: Value) -> LlmClient {
    client_with(server, options, &[])
}

fn client_with(server: &Server, options: Value, environment: &[(&str, &str)]) -> LlmClient {
    let mut all = object(json!({
        "model": "gemini-2.5-pro", "maxRetries": 0, "streaming": false,
        "baseURL": format!("http://{}", server.address),
    }));
    all.extend(object(options));
    client_in(Provider::VertexAi, all.into(), environment).unwrap()
}

fn token(token: &str, lifetime: u32) -> Vec<Act> {
    reply(
        "200 OK",
        "",
        &json!({"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}),
    )
}

fn hello() -> Vec<Act> {
    reply("200 OK", "", &answers("Hello"))
}

/// The fields of a form.
fn form(seen: &Seen) -> Vec<(String, String)> {
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    let query = str::from_utf8(&seen.body).unwrap();
    let url = reqwest::Url::parse(&format!("http://x?{query}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[tokio::test]
async fn a_service_account_asks_with_a_token() {
    let server = Server::play([token("tok-123456789", 3600), hello(), hello()]).await;
    let options = json!({
        "authOptions": {"credentials": service_account(&server)}, "location": "europe-west1",
    });
    let client = client(&server, options);
    assert_eq!(client.unknown_options(), Vec::<String>::new());
    assert_eq!(text(&client).await.unwrap(), "Hello");
    assert_eq!(text(&client).await.unwrap(), "Hello");
    let seen = server.seen();
    assert_eq!(seen[0].line, "POST /token HTTP/1.1");
    for asked in &seen[1..] {
        assert_eq!(
            asked.line,
            "POST /v1/projects/proj-1/locations/europe-west1/publishers/google/models/gemini-2.5-pro:generateContent HTTP/1.1"
        );
        assert_eq!(asked.header("authorization"), Some("Bearer tok-123456789"));
    }
    assert_eq!(seen.len(), 3, "the token is kept");

    let fields = form(&seen[0]);
    assert_eq!(fields[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (signed, signature) = fields[1].1.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(read(header), json!({"alg": "RS256", "typ": "JWT", "kid": "kid-1"}));
    let claims = read(claims);
    assert_eq!(claims["iss"], "moss@proj-1.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], format!("http://{}/token", server.address));
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    assert!(is_signed(signed, &URL_SAFE_NO_PAD.decode(signature).unwrap()));
    assert!(!is_signed("other", &URL_SAFE_NO_PAD.decode(signature).unwrap()));
}

fn is_signed(message: &str, signature: &[u8]) -> bool {
    use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    let body: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(message.as_bytes(), signature)
        .is_ok()
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let server =
        Server::play([token("first-12345", 0), hello(), token("second-1234", 3600), hello()]).await;
    let client = client(&server, json!({"credentials": service_account(&server)}));
    text(&client).await.unwrap();
    text(&client).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].header("authorization"), Some("Bearer first-12345"));
    assert_eq!(seen[3].header("authorization"), Some("Bearer second-1234"));
}

#[tokio::test]
async fn calls_side_by_side_fetch_one_token() {
    let server =
        Server::play([token("tok-123456789", 3600), hello(), hello(), hello(), hello()]).await;
    let client = client(&server, json!({"credentials": service_account(&server)}));
    for answer in join_all((0..4).map(|_| text(&client))).await {
        assert_eq!(answer.unwrap(), "Hello");
    }
    let fetched = server.seen().iter().filter(|seen| seen.line.starts_with("POST /token")).count();
    assert_eq!(fetched, 1);
}

#[tokio::test]
async fn a_token_that_is_refused_is_an_error_of_the_credentials() {
    let body = json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature."});
    let server =
        Server::play([reply("400 Bad Request", "", &body), token("tok-123456789", 3600), hello()])
            .await;
    let client = client(&server, json!({"credentials": service_account(&server)}));
    let error = failure(&client).await;
    assert_eq!(error.kind, ModelErrorKind::Auth);
    let words = error.to_string();
    assert!(words.contains("gave no token for Google Cloud"), "{words}");
    assert!(words.contains("Invalid JWT Signature."), "{words}");
    // The next call tries again.
    assert_eq!(text(&client).await.unwrap(), "Hello");
}

#[tokio::test]
async fn a_token_server_that_is_overloaded_is_asked_again() {
    let server = Server::play([
        reply("503 Service Unavailable", "", &json!({"error": "busy"})),
        token("tok-123456789", 3600),
        hello(),
    ])
    .await;
    let client = client(&server, json!({"credentials": service_account(&server), "maxRetries": 1}));
    assert_eq!(text(&client).await.unwrap(), "Hello");
    for script in [vec![Act::Close], reply("200 OK", "", &json!({"token": 1}))] {
        let server = Server::play([script]).await;
        let client = self::client(&server, json!({"credentials": service_account(&server)}));
        let kind = failure(&client).await.kind;
        assert!(matches!(kind, ModelErrorKind::Network | ModelErrorKind::Protocol), "{kind:?}");
    }
}

#[tokio::test]
async fn a_person_signed_in_with_gcloud() {
    let server = Server::play([token("tok-123456789", 3600), hello()]).await;
    let credentials = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "se cret",
        "refresh_token": "1//refresh", "quota_project_id": "quota-1",
        "token_uri": format!("http://{}/token", server.address),
    });
    let folder = folder("gcloud");
    let path = folder.join("application_default_credentials.json");
    fs::write(path, credentials.to_string()).unwrap();
    let variables = [("CLOUDSDK_CONFIG", folder.to_str().unwrap())];
    let client = client_with(&server, json!({"projectId": "proj-2"}), &variables);
    text(&client).await.unwrap();
    let seen = server.seen();
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        form(&seen[0]),
        [
            field("grant_type", "refresh_token"),
            field("client_id", "id"),
            field("client_secret", "se cret"),
            field("refresh_token", "1//refresh"),
        ]
    );
    assert!(seen[1].line.starts_with("POST /v1/projects/proj-2/locations/us-central1/"));
    assert_eq!(seen[1].header("x-goog-user-project"), Some("quota-1"));
}

#[tokio::test]
async fn a_machine_of_googles() {
    let server = Server::play([token("tok-123456789", 3600), hello()]).await;
    let host = server.address.to_string();
    let variables = [("GCE_METADATA_HOST", host.as_str()), ("GOOGLE_CLOUD_PROJECT", "proj-3")];
    text(&client_with(&server, json!({}), &variables)).await.unwrap();
    let seen = server.seen();
    assert_eq!(
        seen[0].line,
        "GET /computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform HTTP/1.1"
    );
    assert_eq!(seen[0].header("metadata-flavor"), Some("Google"));
    assert_eq!(seen[1].header("authorization"), Some("Bearer tok-123456789"));

    // Port 9 discards; nothing listens there.
    let variables = [("GCE_METADATA_HOST", "127.0.0.1:9"), ("GOOGLE_CLOUD_PROJECT", "proj-3")];
    let error = failure(&client_with(&server, json!({}), &variables)).await;
    assert_eq!(error.kind, ModelErrorKind::Auth);
    assert!(error.to_string().starts_with("no credentials for Google Cloud"), "{error}");
}

#[tokio::test]
async fn a_key_alone_needs_no_project() {
    let server = Server::play([hello(), hello()]).await;
    text(&client(&server, json!({"apiKey": "key-12345678", "streaming": true}))).await.unwrap();
    text(&client_with(&server, json!({}), &[("GOOGLE_API_KEY", "key-87654321")])).await.unwrap();
    let seen = server.seen();
    assert_eq!(
        seen[0].line,
        "POST /v1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse HTTP/1.1"
    );
    assert_eq!(seen[0].header("x-goog-api-key"), Some("key-12345678"));
    assert_eq!(seen[1].header("x-goog-api-key"), Some("key-87654321"));
}

/// Options and a variable that hold the JSON of a credentials file, or its path.
type Place = fn(&str, &str) -> (Value, Option<(&'static str, String)>);

const PLACES: &[Place] = &[
    |json, _| (json!({"credentials": json}), None),
    |json, _| (json!({"authOptions": {"credentials": json}}), None),
    |_, path| (json!({"authOptions": {"keyFilename": path}}), None),
    |_, path| (json!({"authOptions": {"keyFile": path}}), None),
    |_, path| (json!({"keyFilename": path}), None),
    |_, path| (json!({}), Some(("GOOGLE_APPLICATION_CREDENTIALS", path.to_owned()))),
    |json, _| (json!({}), Some(("GOOGLE_APPLICATION_CREDENTIALS", json.to_owned()))),
    |_, path| (json!({}), Some(("GOOGLE_SERVICE_KEY_FILE", path.to_owned()))),
    |json, _| (json!({}), Some(("GOOGLE_SERVICE_KEY_FILE", STANDARD.encode(json)))),
    |json, _| (json!({}), Some(("GOOGLE_VERTEX_AI_WEB_CREDENTIALS", json.to_owned()))),
];

#[tokio::test]
async fn credentials_are_found_wherever_hosts_keep_them() {
    let path = folder("keys").join("key.json");
    for (number, place) in PLACES.iter().enumerate() {
        let server = Server::play([token("tok-123456789", 3600), hello()]).await;
        let json = service_account(&server).to_string();
        fs::write(&path, &json).unwrap();
        let (options, variable) = place(&json, path.to_str().unwrap());
        let variables: Vec<_> =
            variable.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text(&client_with(&server, options, &variables)).await.unwrap();
        assert!(server.seen()[1].line.contains("/projects/proj-1/"), "place {number}");
    }
}

#[test]
fn hosts_are_those_of_the_location() {
    for (options, variables, host) in [
        (json!({}), vec![], "us-central1-aiplatform.googleapis.com"),
        (json!({"location": "global"}), vec![], "\"aiplatform.googleapis.com"),
        (json!({"location": "eu"}), vec![], "aiplatform.eu.rep.googleapis.com"),
        (
            json!({}),
            vec![("GOOGLE_CLOUD_LOCATION", "asia-east1")],
            "asia-east1-aiplatform.googleapis.com",
        ),
        (
            json!({"region": "us-east5"}),
            vec![("GOOGLE_LOC", "asia-east1")],
            "us-east5-aiplatform.googleapis.com",
        ),
    ] {
        let mut all = object(json!({"model": "m", "projectId": "p"}));
        all.extend(object(options));
        let client = client_in(Provider::VertexAi, all.into(), &variables).unwrap();
        assert!(format!("{client:?}").contains(host), "{client:?}");
    }
}

#[tokio::test]
async fn claude_is_asked_over_its_own_wire() {
    let answer = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    });
    let server = Server::play([token("tok-123456789", 3600), reply("200 OK", "", &answer)]).await;
    let options = json!({
        "model": "claude-sonnet-4-5@20250929", "credentials": service_account(&server),
        "location": "global", "maxTokens": 9,
    });
    let client = client(&server, options);
    assert_eq!(text(&client).await.unwrap(), "Hello");
    let seen = &server.seen()[1];
    assert_eq!(
        seen.line,
        "POST /v1/projects/proj-1/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict HTTP/1.1"
    );
    assert_eq!(seen.header("authorization"), Some("Bearer tok-123456789"));
    let body = seen.json();
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
    assert_eq!(body["max_tokens"], 9);
    assert_eq!(body.get("model"), None);
}

#[test]
fn a_wrong_option_is_named_and_not_quoted() {
    let canary = "KEYCANARY";
    let account = |member: &str, value: Value| {
        let mut account = object(json!({
            "type": "service_account", "project_id": "p", "client_email": "e", "private_key": KEY,
        }));
        account.insert(member.to_owned(), value);
        json!({"model": "m", "authOptions": {"credentials": account}})
    };
    for (options, named) in [
        (
            json!({"model": "m", "authOptions": {"credentials": canary}}),
            "`authOptions.credentials` is not the JSON",
        ),
        (
            json!({"model": "m", "authOptions": {"credentials": 7}}),
            "`authOptions.credentials` is neither",
        ),
        (
            json!({"model": "m", "authOptions": {"keyFilename": "/nowhere/at.all"}}),
            "`authOptions.keyFilename` names a file",
        ),
        (account("private_key", canary.into()), "`private_key` that is no RSA key"),
        (account("private_key", Value::Null), "without `private_key`"),
        (account("token_uri", canary.into()), "whose `token_uri` is no URL"),
        (account("type", "external_account".into()), "of a kind that is not supported"),
        (json!({"model": "m", "location": "a.evil.host/"}), "`location`"),
        (json!({"model": "m"}), "`projectId` is not set"),
    ] {
        let error = client_in(Provider::VertexAi, options, &[]).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(named), "{named}: {text}");
        assert!(!text.contains(canary), "{text}");
        assert_eq!(error.code().as_str(), "INVALID_CONFIG");
    }
}

#[tokio::test]
async fn nothing_shows_the_credentials_or_the_token() {
    let echo = |words: &str| json!({"error": {"code": 401, "message": words, "status": "UNAUTHENTICATED"}});
    // The API quotes the token.
    let server = Server::play([
        token("TOKENCANARY-1", 3600),
        reply(
            "401 Unauthorized",
            "x-request-id: TOKENCANARY-1\r\n",
            &echo("Bearer TOKENCANARY-1 is wrong"),
        ),
    ])
    .await;
    let client = client(&server, json!({"credentials": service_account(&server)}));
    let text = format!("{client:?} {client:#?} {}", shown(&failure(&client).await));
    for secret in ["TOKENCANARY", "PRIVATE KEY", "kid-1"] {
        assert!(!text.contains(secret), "{secret} shows in: {text}");
    }
    // The token server quotes what it was sent.
    let credentials = |server: &Server| {
        json!({
            "type": "authorized_user", "client_id": "id", "client_secret": "SECRETCANARY",
            "refresh_token": "REFRESHCANARY", "quota_project_id": "q",
            "token_uri": format!("http://{}/token", server.address),
        })
    };
    let body =
        json!({"error": "invalid_grant", "error_description": "SECRETCANARY, REFRESHCANARY"});
    for script in [reply("400 Bad Request", "", &body), vec![Act::Reset]] {
        let server = Server::play([script]).await;
        let client = self::client(&server, json!({"credentials": credentials(&server)}));
        let text = format!("{client:?} {}", shown(&failure(&client).await));
        assert!(!text.contains("CANARY"), "{text}");
    }
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("moss-vertex-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
