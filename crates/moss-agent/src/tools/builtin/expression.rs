//! Arithmetic: from text to a number.

mod number;

use std::iter::Peekable;
use std::str::CharIndices;

use thiserror::Error;

pub(super) use number::Number;

/// An expression has no value. The text is for the model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ExpressionError {
    #[error("the expression is empty")]
    Empty,
    #[error("the expression has more than {MAX_LENGTH} characters")]
    TooLong,
    #[error("at character {at}: more than {MAX_DEPTH} brackets and signs within each other")]
    TooDeep { at: usize },
    #[error("at character {at}: expected {expected}, found {found}")]
    Unexpected { at: usize, expected: &'static str, found: String },
    #[error(
        "at character {at}: unknown function `{name}`. There are: sqrt, abs, round, floor, ceil"
    )]
    UnknownFunction { at: usize, name: String },
    #[error("at character {at}: {problem}")]
    Undefined { at: usize, problem: &'static str },
}

const MAX_LENGTH: usize = 200;

/// Recursion is on the stack.
const MAX_DEPTH: usize = 64;

/// The value of an expression. Powers bind tightest and from the right, then signs, then `* / %`, then
/// `+ -`: `-2^2` is -4. The remainder has the sign of the dividend.
pub(super) fn evaluate(text: &str) -> Result<Number, ExpressionError> {
    if text.trim().is_empty() {
        return Err(ExpressionError::Empty);
    }
    if text.chars().count() > MAX_LENGTH {
        return Err(ExpressionError::TooLong);
    }
    let mut parser = Parser { text, rest: text.char_indices().peekable(), depth: 0 };
    let value = parser.sum()?;
    parser.spaces();
    match parser.rest.peek() {
        None => Ok(value),
        Some(_) => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Result<Number, ExpressionError> {
        let mut value = self.product()?;
        loop {
            let at = self.at();
            let result = if self.take('+') {
                value.add(self.product()?)
            } else if self.take('-') {
                value.subtract(self.product()?)
            } else {
                return Ok(value);
            };
            value = defined(result, at)?;
        }
    }

    fn product(&mut self) -> Result<Number, ExpressionError> {
        let mut value = self.signed()?;
        loop {
            let at = self.at();
            let result = if self.take('*') {
                value.multiply(self.signed()?)
            } else if self.take('/') {
                value.divide(self.signed()?)
            } else if self.take('%') {
                value.remainder(self.signed()?)
            } else {
                return Ok(value);
            };
            value = defined(result, at)?;
        }
    }

    fn signed(&mut self) -> Result<Number, ExpressionError> {
        if self.take('-') {
            return self.deeper(|parser| Ok(parser.signed()?.negate()));
        }
        if self.take('+') {
            return self.deeper(Self::signed);
        }
        self.power()
    }

    fn power(&mut self) -> Result<Number, ExpressionError> {
        let base = self.operand()?;
        let at = self.at();
        // Models write both.
        if !self.take('^') && !self.take_power_stars() {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        defined(base.power(exponent), at)
    }

    fn operand(&mut self) -> Result<Number, ExpressionError> {
        let at = self.at();
        if self.take('(') {
            return self.bracketed();
        }
        match self.rest.peek() {
            Some((_, next)) if next.is_ascii_digit() || *next == '.' => self.number(),
            Some((_, next)) if next.is_alphabetic() => {
                let name = self.take_while(char::is_alphanumeric).to_lowercase();
                let Some(function) = Number::function(&name) else {
                    return Err(ExpressionError::UnknownFunction { at, name });
                };
                if !self.take('(') {
                    return Err(self.unexpected("`(` after the function"));
                }
                defined(function(self.bracketed()?), at)
            }
            _ => Err(self.unexpected("a number or `(`")),
        }
    }

    /// What follows an opening bracket, and the closing one.
    fn bracketed(&mut self) -> Result<Number, ExpressionError> {
        let value = self.deeper(Self::sum)?;
        if self.take(')') { Ok(value) } else { Err(self.unexpected("an operator or `)`")) }
    }

    fn number(&mut self) -> Result<Number, ExpressionError> {
        let at = self.at();
        let start = self.offset();
        self.take_while(|next| next.is_ascii_digit() || next == '.');
        let mut ahead = self.rest.clone();
        if ahead.next_if(|(_, next)| matches!(next, 'e' | 'E')).is_some() {
            ahead.next_if(|(_, next)| matches!(next, '+' | '-'));
            if ahead.peek().is_some_and(|(_, next)| next.is_ascii_digit()) {
                self.rest = ahead;
                self.take_while(|next| next.is_ascii_digit());
            }
        }
        let text = &self.text[start..self.offset()];
        Number::parse(text).ok_or_else(|| ExpressionError::Unexpected {
            at,
            expected: "a number",
            found: format!("`{text}`"),
        })
    }

    fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ExpressionError>,
    ) -> Result<T, ExpressionError> {
        if self.depth >= MAX_DEPTH {
            return Err(ExpressionError::TooDeep { at: self.at() });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Takes an operator or bracket, also as typesetters write it.
    fn take(&mut self, wanted: char) -> bool {
        self.spaces();
        if wanted == '*' && self.power_stars().is_some() {
            return false;
        }
        self.rest.next_if(|(_, next)| plain(*next) == wanted).is_some()
    }

    fn take_power_stars(&mut self) -> bool {
        self.spaces();
        match self.power_stars() {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    /// What follows `**`.
    fn power_stars(&self) -> Option<Peekable<CharIndices<'a>>> {
        let mut ahead = self.rest.clone();
        let stars = ahead.next_if(|(_, next)| *next == '*').is_some()
            && ahead.next_if(|(_, next)| *next == '*').is_some();
        stars.then_some(ahead)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.offset();
        while self.rest.next_if(|(_, next)| wanted(*next)).is_some() {}
        let end = self.offset();
        &self.text[start..end]
    }

    fn spaces(&mut self) {
        while self.rest.next_if(|(_, next)| next.is_whitespace()).is_some() {}
    }

    /// Where the next character begins, in bytes.
    fn offset(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(offset, _)| *offset)
    }

    /// The place of the next character that is no space, from 1.
    fn at(&mut self) -> usize {
        self.spaces();
        let offset = self.offset();
        self.text[..offset].chars().count() + 1
    }

    fn unexpected(&mut self, expected: &'static str) -> ExpressionError {
        let at = self.at();
        let found = match self.rest.peek() {
            Some((_, next)) => format!("`{next}`"),
            None => "the end".to_owned(),
        };
        ExpressionError::Unexpected { at, expected, found }
    }
}

fn plain(character: char) -> char {
    match character {
        '×' | '·' => '*',
        '÷' => '/',
        '−' | '–' => '-',
        other => other,
    }
}

fn defined(result: Result<Number, &'static str>, at: usize) -> Result<Number, ExpressionError> {
    result.map_err(|problem| ExpressionError::Undefined { at, problem })
}

#[cfg(test)]
mod tests;
