//! Finds arithmetic in a text.

/// The arithmetic expressions of a text, in their order, with the operators of keyboards: `37 × 91` is
/// found as `37 * 91`. A lone number is none.
pub(super) fn expressions(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().map(keyboard).collect();
    let mut found = Vec::new();
    let mut position = 0;
    while position < characters.len() {
        let mut parser = Parser { text: &characters, position, operators: 0 };
        // A digit in the middle of a word or number does not begin an expression.
        let begins = position == 0 || !is_wordy(characters[position - 1]);
        if begins && parser.sum(0).is_some() && parser.operators > 0 {
            found.push(characters[position..parser.position].iter().collect());
            position = parser.position;
        } else {
            position += 1;
        }
    }
    found
}

fn keyboard(character: char) -> char {
    match character {
        '×' | '·' => '*',
        '÷' => '/',
        '−' => '-',
        other => other,
    }
}

fn is_wordy(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_')
}

/// Deeper brackets are no arithmetic that a person wrote.
const MAX_DEPTH: usize = 32;

struct Parser<'a> {
    text: &'a [char],
    /// After what was understood so far.
    position: usize,
    operators: usize,
}

impl Parser<'_> {
    /// Terms joined by operators, as many as there are.
    fn sum(&mut self, depth: usize) -> Option<()> {
        self.term(depth)?;
        loop {
            let (position, operators) = (self.position, self.operators);
            if !(self.operator() && self.term(depth).is_some()) {
                // What follows the last term belongs to the sentence.
                (self.position, self.operators) = (position, operators);
                return Some(());
            }
        }
    }

    /// A number, or an expression in brackets, either with a sign.
    fn term(&mut self, depth: usize) -> Option<()> {
        self.take(|character| matches!(character, '-' | '+'));
        if !self.take(|character| character == '(') {
            return self.number();
        }
        if depth >= MAX_DEPTH {
            return None;
        }
        self.spaces();
        self.sum(depth + 1)?;
        self.spaces();
        self.take(|character| character == ')').then_some(())
    }

    /// Digits with a decimal point. `007` is an id and `01` part of a date, not numbers to calculate with.
    fn number(&mut self) -> Option<()> {
        let start = self.position;
        while self.take(|character| character.is_ascii_digit()) {}
        let digits = self.position - start;
        if digits == 0 || (digits > 1 && self.text[start] == '0') {
            return None;
        }
        let fraction = self.text.get(self.position) == Some(&'.')
            && self.text.get(self.position + 1).is_some_and(char::is_ascii_digit);
        if fraction {
            self.position += 1;
            while self.take(|character| character.is_ascii_digit()) {}
        }
        let ends = self.text.get(self.position).is_none_or(|next| !next.is_alphanumeric());
        ends.then_some(())
    }

    fn operator(&mut self) -> bool {
        self.spaces();
        if !self.take(|character| matches!(character, '+' | '-' | '*' | '/' | '%' | '^')) {
            return false;
        }
        if self.text[self.position - 1] == '*' {
            self.take(|character| character == '*');
        }
        self.operators += 1;
        self.spaces();
        true
    }

    fn spaces(&mut self) {
        while self.take(|character| character == ' ') {}
    }

    fn take(&mut self, accept: impl Fn(char) -> bool) -> bool {
        let taken = self.text.get(self.position).is_some_and(|character| accept(*character));
        self.position += usize::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::expressions;

    #[test]
    fn arithmetic_is_found_as_it_was_written() {
        for (text, expected) in [
            ("What is 37 * 91?", vec!["37 * 91"]),
            ("37*91", vec!["37*91"]),
            ("2 × 3 and 8 ÷ 4.", vec!["2 * 3", "8 / 4"]),
            ("compute (1 + 2) * -3.5, please", vec!["(1 + 2) * -3.5"]),
            ("2 ** 10 is 2^10", vec!["2 ** 10", "2^10"]),
            ("((1+2)*(3+4))", vec!["((1+2)*(3+4))"]),
        ] {
            assert_eq!(expressions(text), expected, "{text}");
        }
    }

    #[test]
    fn other_text_is_no_arithmetic() {
        for text in
            ["", "42", "on 2024-01-15", "page 3 of 4", "a - b", "C3-PO", "(", "1 +", "v1.2.3"]
        {
            assert_eq!(expressions(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(expressions(&"(".repeat(100_000)), Vec::<String>::new());
    }
}
