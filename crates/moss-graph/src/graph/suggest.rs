//! "Did you mean": the known name nearest to an unknown one.

use std::fmt;

/// A suggestion as the end of a sentence, or nothing.
pub(crate) struct DidYouMean<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// The candidate with the fewest edits to `name`, if they are at most a third of its characters.
pub(crate) fn nearest<'a, T: AsRef<str>>(name: &str, candidates: &'a [T]) -> Option<&'a T> {
    candidates
        .iter()
        .map(|candidate| (edits(name, candidate.as_ref()), candidate))
        .filter(|(edits, _)| *edits <= name.chars().count().div_ceil(3))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// How many characters must be put in, taken out or exchanged to make one text the other (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, from) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        row[0] = left;
        for (column, to) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            left = exchanged.min(diagonal + 1).min(left + 1);
            row[column + 1] = left;
        }
    }
    row[b.len()]
}
