//! The two streams that people and pipes read.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style as Ansi};

/// Standard output and standard error, and what is known of them.
///
/// What is written to standard error is for people; that it cannot be written stops nothing. Standard
/// output is the result: an error of it is handed on.
pub struct Terminal {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    colored: bool,
    out_is_terminal: bool,
    /// Whether the last text to standard output did not end its line.
    in_line: bool,
}

/// How a label looks where colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A step of the run.
    Step,
    /// A step that is of less interest.
    Dim,
    /// It went well.
    Good,
    /// It went on, and something is odd.
    Warning,
    /// It failed.
    Error,
    /// What to do.
    Hint,
}

impl Style {
    const fn ansi(self) -> Ansi {
        match self {
            Self::Step => AnsiColor::Cyan.on_default(),
            Self::Dim => Ansi::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Hint => AnsiColor::Green.on_default().bold(),
        }
    }
}

impl Terminal {
    /// The process' own streams. Colours follow `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`, and
    /// are off where standard error is no terminal.
    pub fn of_process() -> Self {
        let choice = AutoStream::choice(&io::stderr());
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            colored: !matches!(choice, ColorChoice::Never),
            out_is_terminal: io::stdout().is_terminal(),
            in_line: false,
        }
    }

    pub const fn is_colored(&self) -> bool {
        self.colored
    }

    /// Writes to standard output and sends it on at once.
    ///
    /// A terminal gets no control characters: a model's answer must not move the cursor or rename the
    /// window. A pipe or a file gets the text as it is.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if self.out_is_terminal && text.contains(is_control) {
            self.out.write_all(text.replace(is_control, "").as_bytes())?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        self.in_line = !text.ends_with('\n');
        self.out.flush()
    }

    /// Ends the line on standard output, if one is begun.
    pub fn finish_line(&mut self) -> io::Result<()> {
        if self.in_line { self.text("\n") } else { Ok(()) }
    }

    /// Before a line on standard error: a terminal shows both streams, and the line should stand alone.
    pub fn end_line(&mut self) {
        if self.in_line && self.out_is_terminal {
            // Whoever writes the next text hears of it.
            let _ = self.finish_line();
        }
    }

    /// A line on standard error: `error: …`.
    pub fn label(&mut self, label: &str, style: Style, text: &str) {
        let (on, off) = self.codes(style);
        self.line(&format!("{on}{label}:{off} {text}"));
    }

    /// A line on standard error with a column for its label.
    pub fn step(&mut self, label: &str, style: Style, text: &str) {
        let (on, off) = self.codes(style);
        let (text_on, text_off) =
            if style == Style::Dim { self.codes(style) } else { Default::default() };
        self.line(&format!("{on}{label:<8}{off} {text_on}{text}{text_off}"));
    }

    fn line(&mut self, line: &str) {
        self.end_line();
        let _ = writeln!(self.err, "{line}").and_then(|()| self.err.flush());
    }

    fn codes(&self, style: Style) -> (String, String) {
        if !self.colored {
            return Default::default();
        }
        let ansi = style.ansi();
        (ansi.render().to_string(), ansi.render_reset().to_string())
    }
}

fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

/// The text in one line, without control characters: what a model, a tool or a server wrote must not draw
/// on the terminal.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The beginning of a text in one line, with `…` where something is left out.
pub fn shortened(text: &str, longest: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::{Style, Terminal, one_line, shortened};

    /// What was written.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A terminal on paper. Both streams go to one paper, as on a screen.
    fn terminal(colored: bool, out_is_terminal: bool) -> (Terminal, Paper) {
        let paper = Paper::default();
        let stream = || Box::new(paper.clone());
        let (out, err) = (stream(), stream());
        (Terminal { out, err, colored, out_is_terminal, in_line: false }, paper)
    }

    #[test]
    fn a_step_stands_on_its_own_line_of_the_screen() {
        let (mut terminal, paper) = terminal(false, true);
        terminal.text("The answer").unwrap();
        terminal.step("call", Style::Step, "clock {}");
        terminal.text("is 42\n").unwrap();
        terminal.finish_line().unwrap();
        assert_eq!(paper.text(), "The answer\ncall     clock {}\nis 42\n");
    }

    #[test]
    fn a_file_gets_the_answer_and_nothing_between() {
        let (mut terminal, paper) = terminal(false, false);
        terminal.text("The answer\x1b[2J").unwrap();
        terminal.label("note", Style::Hint, "x");
        terminal.text(" is 42").unwrap();
        terminal.finish_line().unwrap();
        assert_eq!(paper.text(), "The answer\x1b[2Jnote: x\n is 42\n");
    }

    #[test]
    fn a_screen_gets_no_control_characters_of_a_model() {
        let (mut terminal, paper) = terminal(false, true);
        terminal.text("a\x1b]0;title\x07b\r\u{9b}2J\tc\n").unwrap();
        assert_eq!(paper.text(), "a]0;titleb2J\tc\n");
    }

    #[test]
    fn colours_surround_labels_and_dim_text() {
        let (mut terminal, paper) = terminal(true, true);
        terminal.label("error", Style::Error, "no");
        terminal.step("thought", Style::Dim, "hm");
        assert_eq!(
            paper.text(),
            "\x1b[1m\x1b[31merror:\x1b[0m no\n\x1b[2mthought \x1b[0m \x1b[2mhm\x1b[0m\n"
        );
    }

    #[test]
    fn lines_are_one_line() {
        assert_eq!(one_line("  a\n\tb\x1b[0m  c\0"), "a b [0m c");
        assert_eq!(shortened("Grüße, Welt", 4), "Grüß…");
        assert_eq!(shortened("Grüße", 5), "Grüße");
    }
}
