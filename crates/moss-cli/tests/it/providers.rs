//! Runs against a scripted provider.

use crate::support::{Provider, Said, http, moss, sse};

fn ask(provider: &Provider) -> Said {
    let args = ["run", "-m", "openai/test", "--base-url", &provider.base_url, "Hi"];
    Said::of(moss(args).env("OPENAI_API_KEY", "sk-secret").output().unwrap())
}

#[test]
fn an_answer_with_reasoning_and_usage() {
    let provider = Provider::answering(&[&sse(&[
        r#"{"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"They greet me.\n"}}]}"#,
        r#"{"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"I greet back."}}]}"#,
        r#"{"id":"c1","choices":[{"index":0,"delta":{"content":"Hello"}}]}"#,
        r#"{"id":"c1","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":"stop"}]}"#,
        r#"{"id":"c1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}}"#,
        "[DONE]",
    ])]);
    let said = ask(&provider);
    assert_eq!(said.out, "Hello there\n");
    assert_eq!(
        said.err,
        "\
model    openai/test
thought  They greet me. I greet back.
done     TIME, 1 model call, 17 tokens (12 in, 5 out)
"
    );
    assert_eq!(said.code, Some(0));
    let [request] = &provider.asked()[..] else { panic!("one request") };
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer sk-secret"), "{request}");
    assert!(request.contains(r#""model":"test""#), "{request}");
}

#[test]
fn a_refused_request_is_told_in_the_provider_s_words() {
    let body = r#"{"error":{"message":"max_tokens is too large","type":"invalid_request_error"}}"#;
    let provider = Provider::answering(&[&http("400 Bad Request", "application/json", body)]);
    let said = ask(&provider);
    assert_eq!(
        said.err,
        "\
model    openai/test
failed   TIME, 1 model call
error: openai/test failed: 400 max_tokens is too large
"
    );
    assert_eq!((said.out.as_str(), said.code), ("", Some(1)));
}

#[test]
fn a_refused_key_is_not_shown_and_its_variable_is() {
    let body =
        r#"{"error":{"message":"Incorrect API key provided: sk-secret","code":"invalid_api_key"}}"#;
    let provider = Provider::answering(&[&http("401 Unauthorized", "application/json", body)]);
    let said = ask(&provider);
    assert!(!said.err.contains("sk-secret"), "{}", said.err);
    let hint = "hint: check the key in the environment variable OPENAI_API_KEY\n";
    assert!(said.err.ends_with(hint), "{}", said.err);
    assert_eq!(said.code, Some(1));
}

#[test]
fn a_page_in_place_of_an_answer_is_one_line() {
    let body = "<html>\n<head><title>404 Not Found</title></head>\n<body>\x1b[2J</body></html>";
    let provider = Provider::answering(&[&http("404 Not Found", "text/html", body)]);
    let said = ask(&provider);
    let error = said.err.lines().last().unwrap();
    assert!(error.starts_with("error: openai/test failed: 404 "), "{error}");
    assert!(!said.err.contains('\x1b'), "{}", said.err);
    assert_eq!((said.out.as_str(), said.code), ("", Some(1)));
}

#[test]
fn an_answer_that_breaks_off_is_shown_as_far_as_it_came() {
    let frame = r#"{"id":"c1","choices":[{"index":0,"delta":{"content":"Half an"}}]}"#;
    let provider = Provider::answering(&[&sse(&[frame])]);
    let said = ask(&provider);
    assert_eq!(said.out, "Half an\n");
    let error = said.err.lines().last().unwrap();
    assert!(error.starts_with("error: openai/test failed: "), "{error}");
    assert_eq!(said.code, Some(1));
}

#[test]
fn a_repeated_call_is_told() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nretry-after-ms: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let frame =
        r#"{"id":"c1","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}"#;
    let provider = Provider::answering(&[busy, &sse(&[frame, "[DONE]"])]);
    let said = ask(&provider);
    let warning = "warning  the model call failed and is repeated, ";
    assert!(said.err.contains(warning), "{}", said.err);
    assert_eq!((said.out.as_str(), said.code), ("Hello\n", Some(0)));
}
