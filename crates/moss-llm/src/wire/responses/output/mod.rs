//! A response's output as far as it was told. Deltas tell of it, and whole items repeat it: when their part or
//! they themselves are done, and once more when the response is. Whoever hears a whole thing tells what was not
//! told yet. So a server that sends only the whole loses nothing, and nothing comes twice.

mod call;
mod message;
mod place;
mod reasoning;
mod tool;

use moss_protocol::JsonObject;
use serde_json::Value;

use crate::ModelEvent;
use call::Call;
use message::Message;
pub(super) use message::Notes;
pub(super) use place::{Place, Sort};
use reasoning::Reasoning;
pub(super) use reasoning::Track;
use tool::Tool;

/// What is wrong with an output, as the end of a sentence.
pub(super) type Problem = String;

/// A response's output so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    items: Vec<Item>,
    /// Where the last event's item stands: the next event is mostly about the same.
    last: usize,
    shared: Shared,
    /// Items that are done, by their index: what the output is, where the end does not repeat it.
    done: Vec<(u32, JsonObject)>,
}

/// What is counted or kept for all items.
#[derive(Debug, Default)]
struct Shared {
    /// How many parts the answer's content has.
    parts: u32,
    /// How many summaries of reasoning.
    summaries: u32,
    /// `additional_kwargs.tool_outputs`, and whether there are new ones.
    tool_outputs: Vec<Value>,
    has_outputs: bool,
    /// Ids of items that are calls, by the ids of the calls, and whether there are new ones.
    call_ids: JsonObject,
    has_links: bool,
}

#[derive(Debug)]
struct Item {
    id: Option<Box<str>>,
    output_index: Option<u32>,
    /// The index that events carry: the output's, or where there is none the next one.
    index: u32,
    is_done: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Message(Message),
    Reasoning(Reasoning),
    Call(Call),
    Tool(Tool),
}

/// How much of an item is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It begins.
    Added,
    /// It is whole.
    Done,
    /// It is repeated in the whole output.
    Repeated,
}

impl State {
    fn new(sort: Sort) -> Self {
        match sort {
            Sort::Message => Self::Message(Message::default()),
            Sort::Reasoning => Self::Reasoning(Reasoning::default()),
            Sort::Function => Self::Call(Call::function()),
            Sort::Custom => Self::Call(Call::custom()),
            Sort::Tool => Self::Tool(Tool::default()),
        }
    }

    const fn sort(&self) -> Sort {
        match self {
            Self::Message(_) => Sort::Message,
            Self::Reasoning(_) => Sort::Reasoning,
            Self::Call(call) => call.sort(),
            Self::Tool(_) => Sort::Tool,
        }
    }
}

impl Output {
    /// Hears an item, whole or as it begins. What it adds to the lists is told by [`Self::kwargs`].
    pub(super) fn item(
        &mut self,
        item: JsonObject,
        output_index: Option<u32>,
        stage: Stage,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        let sort = Sort::of(&item);
        let place = Place { id: text_of(&item, "id"), output_index, content_index: 0 };
        let known = match stage {
            Stage::Added => self.begun(place, sort),
            Stage::Done => self.find(place, sort),
            Stage::Repeated => self.find(place, sort).or_else(|| {
                let position = usize::try_from(output_index?).ok()?;
                self.items.get(position).filter(|item| item.state.sort() == sort)?;
                Some(position)
            }),
        };
        let position = match known {
            Some(position) => position,
            None => self.open(place, sort)?,
        };
        let known = &mut self.items[position];
        let shared = &mut self.shared;
        match &mut known.state {
            State::Message(message) => message.hear(&item, known.index, stage, shared, out),
            State::Reasoning(reasoning) => reasoning.hear(&item, known.index, stage, shared, out),
            State::Call(call) => call.hear(&item, known.index, stage, shared, out)?,
            State::Tool(tool) => tool.hear(&item, known.index, stage, shared, out),
        }
        if stage != Stage::Added {
            let (first, index) = (!known.is_done, known.index);
            known.is_done = true;
            if first {
                self.done.push((index, item));
            }
        }
        Ok(())
    }

    /// A message, to say more of it. `shared` counts its parts.
    fn message(
        &mut self,
        place: Place<'_>,
        say: impl FnOnce(&mut Message, u32, &mut Shared),
    ) -> Result<(), Problem> {
        let (item, shared) = self.at(place, Sort::Message)?;
        if let State::Message(message) = &mut item.state {
            say(message, item.index, shared);
        }
        Ok(())
    }

    /// An item of reasoning, to say more of it.
    fn reasoning(
        &mut self,
        place: Place<'_>,
        say: impl FnOnce(&mut Reasoning, u32, &mut Shared),
    ) -> Result<(), Problem> {
        let (item, shared) = self.at(place, Sort::Reasoning)?;
        if let State::Reasoning(reasoning) = &mut item.state {
            say(reasoning, item.index, shared);
        }
        Ok(())
    }

    /// A piece of text.
    pub(super) fn text(
        &mut self,
        place: Place<'_>,
        piece: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        self.message(place, |message, _, shared| {
            message.text(place.content_index, piece, shared, out);
        })
    }

    /// Annotations of a text, or the probabilities of its tokens.
    pub(super) fn notes(
        &mut self,
        place: Place<'_>,
        notes: Notes,
        new: Vec<Value>,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        self.message(place, |message, _, shared| {
            message.notes(place.content_index, notes, new, shared, out);
        })
    }

    /// A piece of a refusal.
    pub(super) fn refusal(
        &mut self,
        place: Place<'_>,
        piece: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        self.message(place, |message, _, _| message.refusal(place.content_index, piece, out))
    }

    /// A part of a message or of reasoning, whole or as it begins.
    pub(super) fn part(
        &mut self,
        place: Place<'_>,
        part: &JsonObject,
        stage: Stage,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        if text_of(part, "type") == Some("reasoning_text") {
            let text = text_of(part, "text").unwrap_or_default();
            return self.whole_thought(place, (Track::Content, place.content_index), text, out);
        }
        self.message(place, |message, index, shared| {
            message.part((index, place.content_index), part, stage, shared, out);
        })
    }

    /// A piece of reasoning.
    pub(super) fn thought(
        &mut self,
        place: Place<'_>,
        at: (Track, u32),
        piece: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        self.reasoning(place, |reasoning, _, shared| reasoning.piece(at, piece, shared, out))
    }

    /// The whole of a text of reasoning.
    pub(super) fn whole_thought(
        &mut self,
        place: Place<'_>,
        at: (Track, u32),
        whole: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        self.reasoning(place, |reasoning, index, shared| {
            reasoning.whole(at, whole, index, shared, out);
        })
    }

    /// A piece of a call's arguments.
    pub(super) fn arguments(
        &mut self,
        place: Place<'_>,
        sort: Sort,
        piece: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        let (item, _) = self.at(place, sort)?;
        if let State::Call(call) = &mut item.state {
            call.piece(piece, item.index, out);
        }
        Ok(())
    }

    /// The whole of a call's arguments.
    pub(super) fn whole_arguments(
        &mut self,
        place: Place<'_>,
        sort: Sort,
        whole: &str,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        let (item, _) = self.at(place, sort)?;
        match &mut item.state {
            State::Call(call) => call.whole(whole, item.index, out),
            State::Message(_) | State::Reasoning(_) | State::Tool(_) => Ok(()),
        }
    }

    /// An image that is not finished.
    pub(super) fn partial_image(
        &mut self,
        place: Place<'_>,
        image: &JsonObject,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), Problem> {
        let (item, shared) = self.at(place, Sort::Tool)?;
        if let State::Tool(tool) = &mut item.state {
            tool.partial_image(place.id, image, shared, out);
        }
        Ok(())
    }

    /// Tells the lists of `additional_kwargs` that have grown: each whole, so once for all items of an event.
    pub(super) fn kwargs(&mut self, out: &mut Vec<ModelEvent>) {
        let shared = &mut self.shared;
        if std::mem::take(&mut shared.has_links) {
            out.push(ModelEvent::Kwarg {
                name: super::CALL_IDS.to_owned(),
                value: Value::Object(shared.call_ids.clone()),
            });
        }
        if std::mem::take(&mut shared.has_outputs) {
            out.push(ModelEvent::Kwarg {
                name: "tool_outputs".to_owned(),
                value: Value::Array(shared.tool_outputs.clone()),
            });
        }
    }

    /// Whether the model declines in some part.
    pub(super) fn refuses(&self) -> bool {
        self.items
            .iter()
            .any(|item| matches!(&item.state, State::Message(message) if message.refuses()))
    }

    /// Whether the model waits for the host to call something.
    pub(super) fn calls(&self) -> bool {
        self.items.iter().any(|item| match &item.state {
            State::Call(_) => true,
            State::Tool(tool) => tool.is_call(),
            State::Message(_) | State::Reasoning(_) => false,
        })
    }

    /// Whether each call is whole, when the response says that it is.
    pub(super) fn check_calls(&self) -> Result<(), Problem> {
        self.items.iter().try_for_each(|item| match &item.state {
            State::Call(call) => call.check(),
            State::Message(_) | State::Reasoning(_) | State::Tool(_) => Ok(()),
        })
    }

    /// The items that are done, in their order.
    pub(super) fn take_done(&mut self) -> Vec<Value> {
        let mut done = std::mem::take(&mut self.done);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, item)| Value::Object(item)).collect()
    }
}

impl Shared {
    /// The next index of a part of the answer's content. The wire counts anew in each item; the answer's message
    /// holds the parts of all.
    const fn next_part(&mut self) -> u32 {
        self.parts += 1;
        self.parts - 1
    }

    /// The next index of a summary, as for parts.
    const fn next_summary(&mut self) -> u32 {
        self.summaries += 1;
        self.summaries - 1
    }

    /// Adds to what the provider's own tools did.
    fn tool_output(&mut self, item: &JsonObject) {
        self.tool_outputs.push(Value::Object(item.clone()));
        self.has_outputs = true;
    }

    /// Notes which item a call is, as LangChain's client does.
    fn link(&mut self, call: &str, item: &str) {
        self.call_ids.insert(call.to_owned(), item.into());
        self.has_links = true;
    }
}

/// A member that is a text and says something.
pub(super) fn text_of<'a>(object: &'a JsonObject, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A member that is a list, with the places of its elements.
fn list_of<'a>(object: &'a JsonObject, name: &str) -> impl Iterator<Item = (u32, &'a Value)> {
    (0..).zip(object.get(name).and_then(Value::as_array).into_iter().flatten())
}

/// A text that was said otherwise than the whole has it: kept as the whole has it.
fn differs(path: String, whole: &str) -> ModelEvent {
    ModelEvent::Extra { path, value: whole.into() }
}
