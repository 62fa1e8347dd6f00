//! Which item an event is about.

use moss_protocol::JsonObject;

use super::{Item, Output, Problem, Shared, State, text_of};

/// More items than any model makes; looking for an item's own takes longer with each.
const MAX_ITEMS: usize = 2048;

/// What sort of item something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::responses) enum Sort {
    Message,
    Reasoning,
    /// A call of a function.
    Function,
    /// A call of a tool whose input is any text.
    Custom,
    /// All others: what the provider's own tools do, and what this version does not know.
    Tool,
}

/// Which item an event is about.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::wire::responses) struct Place<'e> {
    pub(in crate::wire::responses) id: Option<&'e str>,
    pub(in crate::wire::responses) output_index: Option<u32>,
    /// The part of it.
    pub(in crate::wire::responses) content_index: u32,
}

impl Sort {
    pub(super) fn of(item: &JsonObject) -> Self {
        match text_of(item, "type") {
            Some("message") => Self::Message,
            Some("reasoning") => Self::Reasoning,
            Some("function_call") => Self::Function,
            Some("custom_tool_call") => Self::Custom,
            _ => Self::Tool,
        }
    }
}

impl Item {
    fn is(&self, id: &str, sort: Sort) -> bool {
        self.state.sort() == sort
            && (self.id.as_deref() == Some(id)
                || matches!(&self.state, State::Call(call) if call.id() == Some(id)))
    }
}

impl Output {
    /// The item of an event, which is opened where its beginning did not come.
    pub(super) fn at(
        &mut self,
        place: Place<'_>,
        sort: Sort,
    ) -> Result<(&mut Item, &mut Shared), Problem> {
        let position = match self.find(place, sort) {
            Some(position) => position,
            None => self.open(place, sort)?,
        };
        self.last = position;
        Ok((&mut self.items[position], &mut self.shared))
    }

    /// By its id, else by its index: some servers give an item another id in each event. An event with neither,
    /// or with an id that nothing has, goes on with what is open.
    pub(super) fn find(&self, place: Place<'_>, sort: Sort) -> Option<usize> {
        if let Some(id) = place.id {
            if self.items.get(self.last).is_some_and(|item| item.is(id, sort)) {
                return Some(self.last);
            }
            let known = self.items.iter().rposition(|item| item.is(id, sort));
            if known.is_some() {
                return known;
            }
        }
        let is = |item: &Item| item.state.sort() == sort;
        match place.output_index {
            Some(index) => {
                self.items.iter().rposition(|item| item.output_index == Some(index) && is(item))
            }
            None => self.items.iter().rposition(|item| !item.is_done && is(item)),
        }
    }

    /// The item that begins, where it began before.
    pub(super) fn begun(&self, place: Place<'_>, sort: Sort) -> Option<usize> {
        let is = |item: &Item| match (place.id, place.output_index) {
            (Some(id), _) => item.is(id, sort),
            (None, Some(index)) => item.output_index == Some(index) && item.state.sort() == sort,
            (None, None) => false,
        };
        self.items.iter().rposition(is)
    }

    pub(super) fn open(&mut self, place: Place<'_>, sort: Sort) -> Result<usize, Problem> {
        if self.items.len() >= MAX_ITEMS {
            return Err(format!("its output has more than {MAX_ITEMS} items"));
        }
        let taken = |index: u32| self.items.iter().any(|item| item.index == index);
        let next = || {
            let after = self.items.iter().map(|item| item.index.saturating_add(1)).max();
            after.unwrap_or(0)
        };
        let index = place.output_index.filter(|index| !taken(*index)).unwrap_or_else(next);
        self.items.push(Item {
            id: place.id.map(Into::into),
            output_index: place.output_index,
            index,
            is_done: false,
            state: State::new(sort),
        });
        Ok(self.items.len() - 1)
    }
}
