//! `moss models`.

use serde_json::{Value, json};

use crate::support::{Provider, Said, http, moss, said, sse};

const KEY: &str = "sk-secret-key";

fn asked(command: &[&str], provider: &Provider) -> Said {
    let mut moss = moss(["models"].iter().chain(command));
    moss.args(["--base-url", &provider.base_url]).env("OPENAI_API_KEY", KEY);
    Said::of(moss.output().unwrap())
}

/// The lines with `TIME` for how long it took.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once(" after ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before} after TIME{}", rest.strip_prefix(" s").unwrap_or(rest))
        }
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

mod providers {
    use super::{KEY, Said, Value, json, moss, said};

    #[test]
    fn each_provider_is_shown_with_what_it_needs() {
        let said = said(["models", "ls"]);
        let names: Vec<&str> = said
            .out
            .lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let all = moss_protocol::Provider::ALL.iter();
        assert_eq!(names, all.map(|provider| provider.as_str().to_lowercase()).collect::<Vec<_>>());
        let openai = "\
openai       not set    openai_chat         https://api.openai.com/v1
             key: OPENAI_API_KEY; not set
             base URL (optional): OPENAI_BASE_URL; not set
";
        assert!(said.out.starts_with(openai), "{}", said.out);
        assert!(said.out.ends_with("demo         ready      built_in\n"), "{}", said.out);
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    }

    #[test]
    fn variables_that_are_set_are_named_and_never_shown() {
        let variables = [
            ("OPENAI_API_KEY", KEY),
            ("ANTHROPIC_AUTH_TOKEN", KEY),
            ("XAI_API_KEY", " "),
            ("AWS_ACCESS_KEY_ID", KEY),
        ];
        let said = Said::of(moss(["models", "list"]).envs(variables).output().unwrap());
        for line in [
            "openai       ready      openai_chat         https://api.openai.com/v1\n             key: OPENAI_API_KEY; set\n",
            "             key: ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN; ANTHROPIC_AUTH_TOKEN set\n",
            "             key: XAI_API_KEY; not set\n",
            // A key id without its secret is half of what is needed.
            "             credentials: AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or BEDROCK_AWS_BEARER_TOKEN, or BEDROCK_AWS_ACCESS_KEY_ID and BEDROCK_AWS_SECRET_ACCESS_KEY, or BEDROCK_AWS_PROFILE; not set\n",
        ] {
            assert!(said.out.contains(line), "{line}{}", said.out);
        }
        assert!(!said.out.contains(KEY), "{}", said.out);
    }

    #[test]
    fn as_json() {
        let said =
            Said::of(moss(["models", "ls", "--json"]).env("OPENAI_API_KEY", KEY).output().unwrap());
        let document: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((&document["v"], &document["type"]), (&json!(1), &json!("providers")));
        assert_eq!(
            document["providers"][0],
            json!({
                "provider": "openAI",
                "state": "ready",
                "wire": "openai_chat",
                "base_url": "https://api.openai.com/v1",
                "needs": [
                    {"what": "key", "optional": false, "variables": [["OPENAI_API_KEY"]], "option": "apiKey", "set": ["OPENAI_API_KEY"]},
                    {"what": "base URL", "optional": true, "variables": [["OPENAI_BASE_URL"]], "option": "baseURL", "set": []},
                ],
                "lists_models": true,
            })
        );
        assert!(!said.out.contains(KEY), "{}", said.out);
    }
}

mod lists {
    use super::{KEY, Provider, Said, Value, asked, http, json, moss, said};

    const LIST: &str = r#"{"object":"list","data":[{"id":"small","object":"model"},{"id":"team/large","name":"Large\u001b[2J","context_length":131072}]}"#;

    #[test]
    fn the_models_of_a_provider() {
        let provider = Provider::answering(&[&http("200 OK", "application/json", LIST)]);
        let said = asked(&["ls", "openai"], &provider);
        assert_eq!(said.out, "openai/small\nopenai/team/large  Large [2J  131072 tokens\n");
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
        let [request] = &provider.asked()[..] else { panic!("one request") };
        assert!(request.starts_with("GET /v1/models HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("authorization: Bearer {KEY}\r\n")), "{request}");
    }

    #[test]
    fn as_json() {
        let provider = Provider::answering(&[&http("200 OK", "application/json", LIST)]);
        let said = asked(&["ls", "openAI", "--json"], &provider);
        assert_eq!(
            serde_json::from_str::<Value>(&said.out).unwrap(),
            json!({
                "v": 1,
                "type": "models",
                "provider": "openAI",
                "models": [
                    {"id": "small", "name": null, "context_window": null},
                    {"id": "team/large", "name": "Large\u{1b}[2J", "context_window": 131_072},
                ],
            })
        );
    }

    #[test]
    fn a_list_in_pages() {
        let pages = [
            r#"{"data":[{"id":"claude-a","display_name":"Claude A"}],"has_more":true,"last_id":"claude-a"}"#,
            r#"{"data":[{"id":"claude-b","display_name":"Claude B"}],"has_more":false,"last_id":"claude-b"}"#,
        ];
        let [first, second] = pages.map(|page| http("200 OK", "application/json", page));
        let provider = Provider::answering(&[&first, &second]);
        let url = provider.base_url.trim_end_matches("/v1").to_owned();
        let mut moss = moss(["models", "ls", "anthropic", "--base-url", &url]);
        let said = Said::of(moss.env("ANTHROPIC_API_KEY", KEY).output().unwrap());
        assert_eq!(
            said.out, "anthropic/claude-a  Claude A\nanthropic/claude-b  Claude B\n",
            "{}",
            said.err
        );
        let [first, second] = &provider.asked()[..] else { panic!("two requests") };
        assert!(first.starts_with("GET /v1/models?limit=1000 HTTP/1.1\r\n"), "{first}");
        assert!(first.contains(&format!("x-api-key: {KEY}\r\n")), "{first}");
        assert!(
            second.starts_with("GET /v1/models?limit=1000&after_id=claude-a HTTP/1.1\r\n"),
            "{second}"
        );
    }

    #[test]
    fn a_refused_key_is_not_shown_and_its_variable_is() {
        let body = format!(
            r#"{{"error":{{"message":"Incorrect API key: {KEY}","code":"invalid_api_key"}}}}"#
        );
        let provider = Provider::answering(&[&http("401 Unauthorized", "application/json", &body)]);
        let said = asked(&["ls", "openai"], &provider);
        assert_eq!(
            said.err,
            "\
error: openai failed: 401 Incorrect API key: [redacted]
hint: check the key in the environment variable OPENAI_API_KEY
"
        );
        assert_eq!((said.out.as_str(), said.code), ("", Some(1)));
    }

    #[test]
    fn an_answer_that_is_no_list() {
        let provider = Provider::answering(&[&http("200 OK", "text/html", "<html></html>")]);
        let address =
            provider.base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let said = asked(&["ls", "openai"], &provider);
        let error = format!(
            "error: openai failed: {address} answered with something that is no list of models\n"
        );
        assert_eq!((said.err.as_str(), said.code), (error.as_str(), Some(1)));
    }

    #[test]
    fn what_cannot_be_asked() {
        for (args, message) in [
            (&["openia"][..], "error: unknown provider `openia`\nhint: did you mean `openai`?\n"),
            (
                &["bedrock"],
                "error: provider `bedrock` has no list of models that a client's credentials can ask for. Look into its console, and name a model of it\n",
            ),
            (
                &["deepseek"],
                "error: no API key for provider `deepseek`: the environment variable DEEPSEEK_API_KEY is not set\nhint: set it for this shell with `export DEEPSEEK_API_KEY=…`, or for one command with `DEEPSEEK_API_KEY=… moss models ls deepseek`\n",
            ),
            (
                &["openai", "--base-url", "localhost"],
                "error: --base-url is not a URL: relative URL without a base\nhint: a base URL looks like this: http://localhost:11434/v1\n",
            ),
        ] {
            let said = said(["models", "ls"].iter().chain(args).copied());
            assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
        }
    }

    #[test]
    fn the_demo_models() {
        let said = said(["models", "ls", "demo"]);
        assert!(said.out.starts_with("demo/demo\ndemo/demo-parallel\n"), "{}", said.out);
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    }
}

mod tests {
    use super::{KEY, Provider, Value, asked, http, json, said, sse, timeless};

    fn calling() -> String {
        sse(&[
            r#"{"id":"c1","model":"test-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":""}}]}}]}"#,
            r#"{"id":"c1","model":"test-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":2,"}}]}}]}"#,
            r#"{"id":"c1","model":"test-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"b\":3}"}}]},"finish_reason":"tool_calls"}]}"#,
            r#"{"id":"c1","model":"test-1","choices":[],"usage":{"prompt_tokens":60,"completion_tokens":20,"total_tokens":80}}"#,
            "[DONE]",
        ])
    }

    #[test]
    fn a_model_that_does_all() {
        let provider = Provider::answering(&[&calling()]);
        let said = asked(&["test", "openai/test"], &provider);
        assert_eq!(
            timeless(&said.out),
            "\
ok      connects  an answer began after TIME by test-1
ok      streams   the answer came in 3 pieces
ok      tools     the model called add {\"a\":2,\"b\":3}
ok      usage     80 tokens (60 in, 20 out)
ok      ends      the answer ended after TIME
"
        );
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
        let [request] = &provider.asked()[..] else { panic!("one request") };
        assert!(request.contains(r#""stream":true"#), "{request}");
        assert!(request.contains(r#""name":"add""#), "{request}");
    }

    #[test]
    fn as_json() {
        let provider = Provider::answering(&[&calling()]);
        let said = asked(&["test", "openai/test", "--json"], &provider);
        let mut document: Value = serde_json::from_str(&said.out).unwrap();
        let checks = document["checks"].take();
        let results: Vec<_> =
            checks.as_array().unwrap().iter().map(|check| &check["result"]).collect();
        assert_eq!(results, ["ok"; 5]);
        for time in ["first_ms", "duration_ms"] {
            assert!(document[time].take().is_u64());
        }
        assert_eq!(
            document,
            json!({
                "v": 1,
                "type": "model_test",
                "model": "openai/test",
                "answered_by": "test-1",
                "checks": null,
                "chunks": 3,
                "tool_call": {"name": "add", "args": r#"{"a":2,"b":3}"#},
                "text": "",
                "usage": {
                    "input_tokens": 60,
                    "output_tokens": 20,
                    "total_tokens": 80,
                    "input_token_details": {},
                    "output_token_details": {},
                },
                "first_ms": null,
                "duration_ms": null,
                "error": null,
            })
        );
    }

    #[test]
    fn a_model_that_talks_instead() {
        let frame = r#"{"id":"c1","choices":[{"index":0,"delta":{"content":"It is 5."},"finish_reason":"stop"}]}"#;
        let provider = Provider::answering(&[&sse(&[frame, "[DONE]"])]);
        let said = asked(&["test", "openai/test"], &provider);
        assert_eq!(
            timeless(&said.out),
            "\
ok      connects  an answer began after TIME
warn    streams   the answer came in one piece
warn    tools     no tool was called. The model said: It is 5.
warn    usage     the provider did not say what the call took
ok      ends      the answer ended after TIME
"
        );
        assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    }

    #[test]
    fn a_call_that_cannot_be_made_is_a_failure() {
        let frame = r#"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"add","arguments":"{\"a\":2"}}]},"finish_reason":"tool_calls"}]}"#;
        let provider = Provider::answering(&[&sse(&[frame, "[DONE]"])]);
        let said = asked(&["test", "openai/test"], &provider);
        let line = "FAILED  tools     the model called add {\"a\":2, which is no JSON object\n";
        assert!(said.out.contains(line), "{}", said.out);
        assert_eq!((said.err.as_str(), said.code), ("", Some(1)));
    }

    #[test]
    fn a_call_of_something_else_is_a_failure() {
        let frame = r#"{"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"sum","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#;
        let provider = Provider::answering(&[&sse(&[frame, "[DONE]"])]);
        let said = asked(&["test", "openai/test"], &provider);
        let line = "FAILED  tools     the model called `sum`, which was not offered\n";
        assert!(said.out.contains(line), "{}", said.out);
        assert_eq!((said.err.as_str(), said.code), ("", Some(1)));
    }

    #[test]
    fn a_refused_key_is_not_shown_and_its_variable_is() {
        let body = format!(
            r#"{{"error":{{"message":"Incorrect API key: {KEY}","code":"invalid_api_key"}}}}"#
        );
        let provider = Provider::answering(&[&http("401 Unauthorized", "application/json", &body)]);
        let said = asked(&["test", "openai/test"], &provider);
        assert_eq!(said.out, "FAILED  connects  401 Incorrect API key: [redacted]\n");
        assert_eq!(
            said.err,
            "\
error: openai/test failed: 401 Incorrect API key: [redacted]
hint: check the key in the environment variable OPENAI_API_KEY
"
        );
        assert_eq!(said.code, Some(1));
    }

    /// A busy provider is told at once: a run would ask again.
    #[test]
    fn nothing_is_repeated() {
        let busy =
            http("503 Service Unavailable", "application/json", r#"{"error":{"message":"busy"}}"#);
        let provider = Provider::answering(&[&busy]);
        let said = asked(&["test", "openai/test"], &provider);
        assert_eq!(said.out, "FAILED  connects  503 busy\n");
        assert_eq!((provider.asked().len(), said.code), (1, Some(1)));
    }

    #[test]
    fn an_answer_that_breaks_off() {
        let said = said(["models", "test", "demo-fail-midstream"]);
        let line = "FAILED  ends      the demo model `demo-fail-midstream` breaks off on purpose\n";
        assert!(said.out.ends_with(line), "{}", said.out);
        assert_eq!(said.code, Some(1));
    }

    #[test]
    fn what_cannot_be_tried() {
        for (args, message) in [
            (
                &["gpt-4"][..],
                "error: the model `gpt-4` is named without its provider\nhint: did you mean `openai/gpt-4`?\n",
            ),
            (
                &["demo", "--base-url", "http://127.0.0.1:9/v1"],
                "error: --base-url is given, and no model of a provider\nhint: name one, such as openai/MODEL\n",
            ),
            (
                &["xai/grok-4"],
                "error: no API key for provider `xai`: the environment variable XAI_API_KEY is not set\nhint: set it for this shell with `export XAI_API_KEY=…`, or for one command with `XAI_API_KEY=… moss models test xai/grok-4`\n",
            ),
        ] {
            let said = said(["models", "test"].iter().chain(args).copied());
            assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", message, Some(2)));
        }
    }
}
