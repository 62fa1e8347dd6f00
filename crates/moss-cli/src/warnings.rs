//! The runtime's own warnings, such as a model call that is repeated, among the lines of progress.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::terminal::{Style, one_line};
use crate::view::SharedView;

/// Shows warnings and errors of the process in a view. Only the first call counts.
pub fn show_in(view: SharedView) {
    let _ = tracing::subscriber::set_global_default(Warnings(view));
}

/// A subscriber that knows no spans.
struct Warnings(SharedView);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Libraries beneath report as errors what they also return.
        *metadata.level() <= Level::WARN && metadata.target().starts_with("moss_")
    }

    fn event(&self, event: &Event<'_>) {
        // A warning of the view's own work must not wait for itself.
        let Some(mut view) = self.0.try_lock() else { return };
        let mut line = Line::default();
        event.record(&mut line);
        let text = format!("{}{}", line.message, line.fields);
        view.terminal.step("warning", Style::Warning, &one_line(&text));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event as text: `the message, field value, …`.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, ", {name} {value:?}"),
        };
    }
}
