//! The shape of a frame and of a whole answer, which are the same: reads the JSON once, borrowing from it, and
//! changes nothing.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::part::Part;
use crate::wire::envelope::{Change, Envelope};
use crate::wire::json::{Text, numbered, raw, said};

/// What a frame holds.
#[derive(Default)]
pub(super) struct FrameParts<'de> {
    /// Envelope fields that are new or other than before.
    pub(super) changes: Vec<Change<'de>>,
    /// The answer's piece, and further ones in the same frame, which the provider is not known to send.
    pub(super) answer: Vec<CandidateParts<'de>>,
    /// Whether there are candidates beside the answer.
    pub(super) has_others: bool,
    /// Whether there is a member `candidates`, be it empty.
    pub(super) has_candidates: bool,
    pub(super) usage: Option<UsageParts<'de>>,
    /// What the provider thinks of the prompt.
    pub(super) feedback: Option<&'de RawValue>,
    /// The provider's error.
    pub(super) error: Option<&'de RawValue>,
}

/// Reads a frame. `envelope` is what earlier frames said.
pub(super) struct FrameSeed<'s, 'de> {
    pub(super) envelope: &'s Envelope,
    pub(super) parts: &'s mut FrameParts<'de>,
}

impl<'de> DeserializeSeed<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FrameSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `candidates`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parts = self.parts;
        let mut seen = self.envelope.compare();
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "candidates" => {
                    parts.has_candidates = true;
                    map.next_value_seed(CandidatesSeed(parts))?;
                }
                "usageMetadata" => parts.usage = map.next_value()?,
                "promptFeedback" => parts.feedback = raw(&mut map)?,
                "error" => parts.error = raw(&mut map)?,
                _ => {
                    if let Some(raw) = raw(&mut map)? {
                        parts.changes.extend(seen.field(name, raw));
                    }
                }
            }
        }
        Ok(())
    }
}

struct CandidatesSeed<'s, 'de>(&'s mut FrameParts<'de>);

impl<'de> DeserializeSeed<'de> for CandidatesSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CandidatesSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of candidates")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut position = 0;
        while let Some(candidate) = list.next_element::<CandidateParts<'de>>()? {
            match candidate.index.unwrap_or(position) {
                0 => self.0.answer.push(candidate),
                _ => self.0.has_others = true,
            }
            position = position.saturating_add(1);
        }
        Ok(())
    }
}

/// One candidate.
#[derive(Default)]
pub(super) struct CandidateParts<'de> {
    index: Option<u64>,
    pub(super) content: ContentParts<'de>,
    pub(super) finish_reason: Option<Cow<'de, str>>,
    /// Members that are not interpreted.
    pub(super) extra: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> Deserialize<'de> for CandidateParts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CandidateVisitor;
        impl<'de> Visitor<'de> for CandidateVisitor {
            type Value = CandidateParts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a candidate")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut parts = CandidateParts::default();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "index" => parts.index = map.next_value()?,
                        "finishReason" => parts.finish_reason = said(&mut map)?,
                        "content" => {
                            parts.content = map.next_value::<Option<_>>()?.unwrap_or_default();
                        }
                        _ => parts.extra.extend(raw(&mut map)?.map(|raw| (name, raw))),
                    }
                }
                Ok(parts)
            }
        }
        deserializer.deserialize_map(CandidateVisitor)
    }
}

/// What a candidate says.
#[derive(Default)]
pub(super) struct ContentParts<'de> {
    pub(super) parts: Vec<Part<'de>>,
    /// Members that are not interpreted.
    pub(super) extra: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> Deserialize<'de> for ContentParts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = ContentParts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a candidate's content")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut content = ContentParts::default();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "parts" => {
                            content.parts = map.next_value::<Option<_>>()?.unwrap_or_default();
                        }
                        "role" => {
                            let role = raw(&mut map)?.filter(|role| role.get() != r#""model""#);
                            content.extra.extend(role.map(|role| (name, role)));
                        }
                        _ => content.extra.extend(raw(&mut map)?.map(|raw| (name, raw))),
                    }
                }
                Ok(content)
            }
        }
        deserializer.deserialize_map(ContentVisitor)
    }
}

/// What the call consumed so far.
#[derive(Default)]
pub(super) struct UsageParts<'de> {
    pub(super) prompt: Option<u64>,
    pub(super) cached: Option<u64>,
    pub(super) tool_use_prompt: Option<u64>,
    pub(super) candidates: Option<u64>,
    pub(super) thoughts: Option<u64>,
    pub(super) total: Option<u64>,
    /// All other members, and counts that are no whole numbers.
    pub(super) rest: Vec<(Cow<'de, str>, &'de RawValue)>,
}

impl<'de> Deserialize<'de> for UsageParts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UsageVisitor;
        impl<'de> Visitor<'de> for UsageVisitor {
            type Value = UsageParts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("counts of tokens")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut usage = UsageParts::default();
                while let Some(Text(name)) = map.next_key()? {
                    let Some(raw) = raw(&mut map)? else { continue };
                    let slot = match &*name {
                        "promptTokenCount" => &mut usage.prompt,
                        "cachedContentTokenCount" => &mut usage.cached,
                        "candidatesTokenCount" => &mut usage.candidates,
                        "thoughtsTokenCount" => &mut usage.thoughts,
                        "totalTokenCount" => &mut usage.total,
                        "toolUsePromptTokenCount" => {
                            usage.tool_use_prompt = raw.get().parse().ok();
                            // It is a part of the input, and has no place of its own in the usage.
                            usage.rest.push((name, raw));
                            continue;
                        }
                        _ => {
                            usage.rest.push((name, raw));
                            continue;
                        }
                    };
                    match raw.get().parse() {
                        Ok(count) => *slot = Some(count),
                        Err(_) => usage.rest.push((name, raw)),
                    }
                }
                Ok(usage)
            }
        }
        deserializer.deserialize_map(UsageVisitor)
    }
}

/// The candidates of a frame, each as it stands.
pub(super) struct RawCandidates<'de>(pub(super) Vec<(u64, &'de RawValue)>);

impl<'de> Deserialize<'de> for RawCandidates<'de> {
    /// Reads a whole frame once more: only frames with several candidates pay for it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Frame<'a> {
            #[serde(borrow)]
            candidates: Vec<&'a RawValue>,
        }
        let frame = Frame::deserialize(deserializer)?;
        numbered(frame.candidates).map(Self).map_err(serde::de::Error::custom)
    }
}
