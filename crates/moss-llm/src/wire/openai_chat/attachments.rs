//! Attachments in the forms of chat completions.

use std::borrow::Cow;
use std::sync::Arc;

use moss_protocol::{Content, ContentPart, Message};
use serde_json::{Value, json};

use super::ChatDialect;
use super::dialect::FileForm;
use crate::wire::attachment::{Attachment, AttachmentKind, Source};

/// The message with its attachments as the dialect writes them; the same where it needs no change.
///
/// # Errors
/// In words, where an attachment has no form on the wire.
pub(super) fn translated(
    message: &Arc<Message>,
    dialect: &ChatDialect,
) -> Result<Arc<Message>, String> {
    let Content::Parts(parts) = message.content() else { return Ok(Arc::clone(message)) };
    if !parts.iter().any(is_foreign) {
        return Ok(Arc::clone(message));
    }
    let parts = parts.iter().map(|part| match Attachment::of(part) {
        Some(attachment) if is_foreign(part) => written(attachment, dialect),
        _ => Ok(part.clone()),
    });
    let translated = Content::Parts(parts.collect::<Result<_, _>>()?);
    let mut message = Message::clone(message);
    match &mut message {
        Message::System(message) => message.content = translated,
        Message::Human(message) => message.content = translated,
        Message::Ai(message) => message.content = translated,
        Message::Tool(message) => message.content = translated,
    }
    Ok(Arc::new(message))
}

/// Whether a part is an attachment in another form than those of chat completions, which stay as they are.
fn is_foreign(part: &ContentPart) -> bool {
    let own = match part {
        ContentPart::Other(object) => match part.kind() {
            // Mistral names the file beside the type.
            "file" => {
                object.get("file").is_some_and(Value::is_object)
                    || (object.contains_key("file_id") && !object.contains_key("source_type"))
            }
            "input_audio" => true,
            _ => false,
        },
        ContentPart::Image { .. }
        | ContentPart::Text { .. }
        | ContentPart::Think { .. }
        | ContentPart::ToolCall(_) => true,
    };
    !own && Attachment::of(part).is_some()
}

fn written(attachment: Attachment<'_>, dialect: &ChatDialect) -> Result<ContentPart, String> {
    let object = match attachment.kind {
        AttachmentKind::Image => {
            json!({"type": "image_url", "image_url": {"url": url(&attachment, "image/png")?}})
        }
        AttachmentKind::Audio => audio(&attachment, dialect)?,
        AttachmentKind::Video => {
            json!({"type": "video_url", "video_url": {"url": url(&attachment, "video/mp4")?}})
        }
        AttachmentKind::File => file(&attachment, dialect)?,
    };
    serde_json::from_value(object).map_err(|error| error.to_string())
}

/// The attachment as a URL, or as a data URL.
fn url<'a>(attachment: &Attachment<'a>, default_type: &str) -> Result<Cow<'a, str>, String> {
    match attachment.source {
        Source::Url(url) => Ok(Cow::Borrowed(url)),
        Source::Base64(data) => {
            let media_type = attachment.media_type.unwrap_or(default_type);
            Ok(Cow::Owned(format!("data:{media_type};base64,{data}")))
        }
        Source::Id(_) | Source::Text(_) => Err(format!(
            "its {} is given by an id or as text; give a URL or the data",
            noun(attachment.kind)
        )),
    }
}

fn audio(attachment: &Attachment<'_>, dialect: &ChatDialect) -> Result<Value, String> {
    match (attachment.source, dialect.files) {
        (Source::Base64(data), FileForm::Document) => {
            Ok(json!({"type": "input_audio", "input_audio": data}))
        }
        (Source::Url(url), FileForm::Document) => {
            Ok(json!({"type": "input_audio", "input_audio": url}))
        }
        (Source::Base64(data), FileForm::Data | FileForm::DataOrUrl) => {
            let format = match attachment.media_type.map(|it| it.trim_start_matches("audio/")) {
                None | Some("wav" | "x-wav" | "wave" | "vnd.wave") => "wav",
                Some("mpeg" | "mp3" | "mpeg3" | "x-mpeg-3") => "mp3",
                Some(other) => other,
            };
            Ok(json!({"type": "input_audio", "input_audio": {"data": data, "format": format}}))
        }
        (Source::Url(_) | Source::Id(_) | Source::Text(_), _) => {
            Err("its sound is given by a URL, an id or as text; give the data".to_owned())
        }
    }
}

fn file(attachment: &Attachment<'_>, dialect: &ChatDialect) -> Result<Value, String> {
    // OpenAI refuses data without a name.
    let name = attachment.name.unwrap_or("file");
    match (attachment.source, dialect.files) {
        (Source::Text(text), _) => Ok(json!({"type": "text", "text": text})),
        (Source::Id(id), FileForm::Document) => Ok(json!({"type": "file", "file_id": id})),
        (Source::Id(id), FileForm::Data | FileForm::DataOrUrl) => {
            Ok(json!({"type": "file", "file": {"file_id": id}}))
        }
        (Source::Base64(_) | Source::Url(_), FileForm::Document) => {
            let url = url(attachment, "application/pdf")?;
            let mut part = json!({"type": "document_url", "document_url": url});
            if let (Some(part), Some(name)) = (part.as_object_mut(), attachment.name) {
                part.insert("document_name".to_owned(), name.into());
            }
            Ok(part)
        }
        (Source::Base64(_), FileForm::Data | FileForm::DataOrUrl)
        | (Source::Url(_), FileForm::DataOrUrl) => {
            let data = url(attachment, "application/pdf")?;
            Ok(json!({"type": "file", "file": {"filename": name, "file_data": data}}))
        }
        (Source::Url(_), FileForm::Data) => Err(
            "its file is given by a URL, which the provider does not fetch; give the data or an id"
                .to_owned(),
        ),
    }
}

const fn noun(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => "image",
        AttachmentKind::Audio => "sound",
        AttachmentKind::Video => "film",
        AttachmentKind::File => "file",
    }
}
