//! Lists of models in their several forms.

use serde_json::Value;

use super::ListedModel;
use crate::ListForm;

/// A page of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) models: Vec<ListedModel>,
    /// What the next page is asked for with.
    pub(super) next: Option<String>,
}

/// The query that asks for a page.
pub(super) fn query(form: ListForm, page: Option<&str>) -> Vec<(&'static str, &str)> {
    let (size, cursor) = match form {
        ListForm::OpenAi | ListForm::Ollama => return Vec::new(),
        ListForm::Anthropic => (("limit", "1000"), "after_id"),
        ListForm::Google => (("pageSize", "1000"), "pageToken"),
    };
    [Some(size), page.map(|page| (cursor, page))].into_iter().flatten().collect()
}

/// Reads a page; `None` where it is no list. An entry without a name is left out.
pub(super) fn page(form: ListForm, body: &[u8]) -> Option<Page> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let list = match form {
        ListForm::OpenAi | ListForm::Anthropic => "data",
        ListForm::Google | ListForm::Ollama => "models",
    };
    // Some that imitate OpenAI give the bare list.
    let entries = answer.get(list).unwrap_or(&answer).as_array()?;
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let number =
        |value: &Value, names: &[&str]| names.iter().find_map(|name| value.get(*name)?.as_u64());
    let models = entries.iter().filter_map(|entry| {
        Some(match form {
            ListForm::OpenAi => ListedModel {
                id: text(entry, "id")?,
                name: text(entry, "name").filter(|name| Some(name) != text(entry, "id").as_ref()),
                context_window: number(
                    entry,
                    &["context_length", "max_context_length", "context_window"],
                ),
            },
            ListForm::Anthropic => ListedModel {
                id: text(entry, "id")?,
                name: text(entry, "display_name"),
                context_window: number(entry, &["max_input_tokens"]),
            },
            ListForm::Google => ListedModel {
                id: text(entry, "name")?.trim_start_matches("models/").to_owned(),
                name: text(entry, "displayName"),
                context_window: number(entry, &["inputTokenLimit"]),
            },
            ListForm::Ollama => ListedModel::named(&text(entry, "name")?),
        })
    });
    let next = match form {
        ListForm::OpenAi | ListForm::Ollama => None,
        ListForm::Anthropic => {
            let more = answer.get("has_more").and_then(Value::as_bool).unwrap_or_default();
            text(&answer, "last_id").filter(|_| more)
        }
        ListForm::Google => text(&answer, "nextPageToken").filter(|page| !page.is_empty()),
    };
    Some(Page { models: models.collect(), next })
}

#[cfg(test)]
mod tests {
    use super::{ListedModel, Page, page, query};
    use crate::ListForm;

    fn model(id: &str, name: Option<&str>, context_window: Option<u64>) -> ListedModel {
        ListedModel { id: id.to_owned(), name: name.map(str::to_owned), context_window }
    }

    #[test]
    fn the_forms() {
        for (form, body, models, next) in [
            (
                ListForm::OpenAi,
                r#"{"object":"list","data":[{"id":"gpt-5-mini","object":"model"},{"id":"a/b","name":"B","context_length":8192},{"object":"model"}]}"#,
                vec![model("gpt-5-mini", None, None), model("a/b", Some("B"), Some(8192))],
                None,
            ),
            (ListForm::OpenAi, r#"[{"id":"own"}]"#, vec![model("own", None, None)], None),
            (
                ListForm::Anthropic,
                r#"{"data":[{"type":"model","id":"claude-x","display_name":"Claude X"}],"has_more":true,"first_id":"claude-x","last_id":"claude-x"}"#,
                vec![model("claude-x", Some("Claude X"), None)],
                Some("claude-x"),
            ),
            (ListForm::Anthropic, r#"{"data":[],"has_more":false,"last_id":"x"}"#, vec![], None),
            (
                ListForm::Google,
                r#"{"models":[{"name":"models/gemini-x","displayName":"Gemini X","inputTokenLimit":1048576}],"nextPageToken":"p2"}"#,
                vec![model("gemini-x", Some("Gemini X"), Some(1_048_576))],
                Some("p2"),
            ),
            (
                ListForm::Ollama,
                r#"{"models":[{"name":"llama3.2:latest","size":2019393189}]}"#,
                vec![model("llama3.2:latest", None, None)],
                None,
            ),
        ] {
            let next = next.map(str::to_owned);
            assert_eq!(page(form, body.as_bytes()), Some(Page { models, next }), "{body}");
        }
    }

    #[test]
    fn what_is_no_list() {
        for body in ["", "{}", "null", r#"{"data":{}}"#, r#"{"error":"no"}"#, "<html>"] {
            for form in [ListForm::OpenAi, ListForm::Anthropic, ListForm::Google, ListForm::Ollama]
            {
                assert_eq!(page(form, body.as_bytes()), None, "{body}");
            }
        }
    }

    #[test]
    fn pages_are_asked_for() {
        assert_eq!(query(ListForm::OpenAi, None), []);
        assert_eq!(query(ListForm::Anthropic, None), [("limit", "1000")]);
        assert_eq!(
            query(ListForm::Google, Some("p2")),
            [("pageSize", "1000"), ("pageToken", "p2")]
        );
    }
}
