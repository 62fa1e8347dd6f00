//! What images, documents, sound and films cost. Providers count them by size, pages and seconds; these are estimates.

mod document;
mod image;
mod size;
mod timed;

pub(crate) use document::document_tokens;
pub use image::{
    estimate_anthropic_image_tokens, estimate_openai_image_tokens, estimate_openai_patch_tokens,
};
pub(crate) use image::{image_of, image_tokens};
pub use size::ImageSize;
pub(crate) use timed::timed_tokens;

/// What media cost on top of their estimate, in hundredths: too much is better than a window that overflows.
const MARGIN_PERCENT: u64 = 5;

/// An estimate with its margin, rounded up.
pub(crate) const fn with_margin(tokens: u64) -> u64 {
    tokens.saturating_mul(100 + MARGIN_PERCENT).div_ceil(100)
}
