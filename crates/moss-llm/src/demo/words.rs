//! Words of a text, for comparing a question with a tool.

/// The words of a text in lower case; `getWeather` and `get_weather` are two words.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    for character in text.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && lower_before) {
            push(&mut words, &mut word);
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        lower_before = character.is_lowercase();
    }
    push(&mut words, &mut word);
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Whether two words in lower case are forms of one: `search` and `searching`, `calculate` and
/// `calculator`.
pub(super) fn related(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let (short, long) = {
        let (a, b) = (a.chars().count(), b.chars().count());
        (a.min(b), a.max(b))
    };
    a == b || (common == short && short >= 4) || (common >= 6 && common + 3 >= long)
}

/// Words that say nothing of a tool's purpose.
const COMMON: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "by", "call", "can", "could",
    "do", "does", "for", "from", "get", "give", "has", "have", "how", "i", "if", "in", "into",
    "is", "it", "its", "many", "me", "much", "my", "of", "on", "one", "or", "please", "return",
    "returns", "s", "tell", "that", "the", "this", "to", "tool", "use", "was", "what", "when",
    "which", "who", "will", "with", "you", "your",
];

/// Whether a word in lower case says something of a tool's purpose.
pub(super) fn is_telling(word: &str) -> bool {
    !COMMON.contains(&word)
}
