//! What Claude's models take and what not, by their names.

/// A model of Claude's, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claude {
    family: Family,
    major: u32,
    minor: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Opus,
    Fable,
    Mythos,
    /// Sonnet, Haiku, and those before there were families.
    Other,
}

/// What an answer may be long, in tokens, where the host does not say, of models that this version does not know.
const CAUTIOUS_MAX_TOKENS: u64 = 4096;

impl Claude {
    /// Reads a name: `claude-opus-4-7`, `claude-3-5-haiku-20241022`, `anthropic/claude-sonnet-4.6`,
    /// `claude-haiku-4-5@20251001` … `None`: it is none of Claude's, or one whose name tells no version.
    pub(super) fn of(model: &str) -> Option<Self> {
        let name = model.to_ascii_lowercase();
        let rest = &name[name.find("claude-")? + "claude-".len()..];
        let mut family = None;
        let mut version = Vec::new();
        for word in rest.split(['-', '.', '@', ':', '/', '_']) {
            match word.parse::<u32>() {
                // Longer numbers are dates.
                Ok(number) if word.len() <= 2 && version.len() < 2 => version.push(number),
                Ok(_) => break,
                Err(_) if family.is_none() => family = Some(word),
                Err(_) => break,
            }
        }
        let family = match family {
            Some("opus") => Family::Opus,
            Some("fable") => Family::Fable,
            Some("mythos") => Family::Mythos,
            _ => Family::Other,
        };
        let major = match (version.first(), family) {
            (Some(major), _) => *major,
            // `claude-mythos-preview`.
            (None, Family::Mythos | Family::Fable) => 5,
            (None, Family::Opus | Family::Other) => return None,
        };
        let minor = version.get(1).copied().unwrap_or(0);
        Some(Self { family, major, minor })
    }

    fn is_from(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// Whether it decides itself how long it thinks, and refuses budgets and sampling parameters.
    pub(super) fn is_adaptive_only(self) -> bool {
        self.is_from(4, 7)
    }

    /// Whether its thinking can be switched off.
    pub(super) fn can_stop_thinking(self) -> bool {
        self.family != Family::Fable
    }

    /// Whether it goes on with what the assistant's last message began.
    pub(super) fn takes_prefill(self) -> bool {
        !self.is_from(4, 6)
    }

    /// Whether it takes system messages amid the conversation.
    pub(super) fn takes_system_turns(self) -> bool {
        self.is_from(4, 8)
    }

    fn max_tokens(self) -> u64 {
        match (self.major, self.minor) {
            (..=2, _) | (3, ..=4) => 4096,
            (3, _) => 8192,
            (4, ..=1) if self.family == Family::Opus => 32_000,
            _ => 64_000,
        }
    }
}

/// How long an answer may be where the host does not say, in tokens: the protocol wants a number. It is what the
/// model can write, but for new models that can write very much.
pub(super) fn default_max_tokens(model: &str) -> u64 {
    Claude::of(model).map_or(CAUTIOUS_MAX_TOKENS, Claude::max_tokens)
}
