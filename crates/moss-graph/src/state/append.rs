//! Fields that only grow.

use super::log::Log;

/// A field that `#[state(append)]` may mark: what a node writes is put behind what is there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no field for `#[state(append)]`",
    note = "an append field is a `Vec<T>` or a `moss_graph::Log<T>` whose items are `Clone`; \
            use `#[state(reducer = …)]` for other types"
)]
pub trait Append {
    /// One entry of the field.
    type Item: Clone + Send + Sync + 'static;

    /// Puts the items behind those that are there, in their order.
    fn append_all(&mut self, items: Vec<Self::Item>);
}

impl<T: Clone + Send + Sync + 'static> Append for Vec<T> {
    type Item = T;

    fn append_all(&mut self, items: Vec<T>) {
        if self.is_empty() {
            *self = items;
        } else {
            self.extend(items);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Append for Log<T> {
    type Item = T;

    fn append_all(&mut self, items: Vec<T>) {
        self.extend(items);
    }
}
