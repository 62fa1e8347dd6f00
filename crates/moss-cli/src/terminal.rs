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
