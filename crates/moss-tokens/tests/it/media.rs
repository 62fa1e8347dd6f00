//! What media cost.

use moss_protocol::{ContentPart, Message};
use moss_tokens::{
    Encoding, ImageSize, count_message, estimate_anthropic_image_tokens,
    estimate_openai_image_tokens, estimate_openai_patch_tokens,
};
use serde_json::json;

const fn size(width: u32, height: u32) -> ImageSize {
    ImageSize { width, height }
}

#[test]
fn images_by_their_size() {
    for (image, anthropic, openai, patches) in [
        (size(1, 1), 1024, 255, 1),
        (size(512, 512), 1024, 255, 256),
        (size(513, 512), 1024, 425, 272),
        (size(1920, 1080), 2765, 2125, 1536),
        (size(0, 0), 1024, 85, 0),
        (size(u32::MAX, u32::MAX), 24_595_658_753_492_823, 11_962_686_510_202_965, 1536),
    ] {
        assert_eq!(estimate_anthropic_image_tokens(image), anthropic, "{image:?}");
        assert_eq!(estimate_openai_image_tokens(image, Some("high")), openai, "{image:?}");
        assert_eq!(estimate_openai_image_tokens(image, None), openai, "{image:?}");
        assert_eq!(estimate_openai_image_tokens(image, Some("low")), 85, "{image:?}");
        assert_eq!(estimate_openai_patch_tokens(image), patches, "{image:?}");
    }
}

#[test]
fn sizes_of_files() {
    let png = "iVBORw0KGgoAAAANSUhEUgAAB4AAAAQ4CAIAAAAAAAAA";
    assert_eq!(ImageSize::of_base64(png), Some(size(1920, 1080)));
    assert_eq!(
        ImageSize::of_base64(&format!("data:image/png;base64,{png}")),
        Some(size(1920, 1080))
    );
    for damaged in
        ["", "data:", "data:image/png;base64", "iVBORw0KGgo", "€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€"]
    {
        assert_eq!(ImageSize::of_base64(damaged), None, "{damaged}");
    }
    // Nothing behind the beginning of a file.
    for head in ["iVBO", "/9j/", "R0lG", "UklGRiQAAABXRUJQ"] {
        assert_eq!(ImageSize::of_base64(&format!("{head:~<40}")), None, "{head}");
    }
}

#[test]
fn a_document_by_its_pages() {
    let part = json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "A".repeat(160_000)}});
    let part: ContentPart = serde_json::from_value(part).unwrap();
    let message = Message::human(vec![part]);
    // Three pages, with 5 % on top, and the message's frame.
    assert_eq!(count_message(Encoding::O200k, &message), 4725 + 3);
    assert_eq!(count_message(Encoding::Claude, &message), 6300 + 3);
}
