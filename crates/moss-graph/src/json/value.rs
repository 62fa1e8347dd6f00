//! JSON values whose parts are shared.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::log::is_same;
use crate::Log;

/// A JSON value that is shared with whoever else holds it, or a list whose items are: a clone costs a reference count,
/// and a node that hands on what it got from the state hands on references.
///
/// A list of shared items is the same value as an array in one piece with equal items: they are equal, and written
/// the same. Which of the two a value is [`parts`](Self::parts) says.
///
/// ```
/// use std::sync::Arc;
///
/// use moss_graph::json::JsonValue;
/// use serde_json::json;
///
/// let item = Arc::new(json!({ "large": true }));
/// let list = JsonValue::list([Arc::clone(&item), item]);
/// assert_eq!(list, JsonValue::from(json!([{ "large": true }, { "large": true }])));
/// assert_eq!(list.as_value()[1]["large"], true);
/// ```
#[derive(Clone)]
pub struct JsonValue(Form);

#[derive(Clone)]
enum Form {
    Whole(Arc<Value>),
    List(Arc<List>),
}

struct List {
    items: Log<Arc<Value>>,
    /// The list in one piece, for those who need it so: made once for all that hold the list.
    whole: OnceLock<Arc<Value>>,
}

/// What a [`JsonValue`] is made of.
#[derive(Clone, Copy)]
pub enum JsonParts<'v> {
    /// One value, which may be an array too.
    Whole(&'v Arc<Value>),
    /// The items of a list.
    List(&'v Log<Arc<Value>>),
}

impl JsonValue {
    /// A list of these items.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = Arc<Value>>) -> Self {
        items.into_iter().collect()
    }

    /// What it is made of.
    #[must_use]
    pub fn parts(&self) -> JsonParts<'_> {
        match &self.0 {
            Form::Whole(value) => JsonParts::Whole(value),
            Form::List(list) => JsonParts::List(&list.items),
        }
    }

    /// The value in one piece. The first to ask this of a list of shared items has all of them copied.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        self.whole()
    }

    /// The value in one piece, shared, to be an item of a list. The first to ask this of a list of shared items has all
    /// of them copied.
    #[must_use]
    pub fn into_whole(self) -> Arc<Value> {
        match self.0 {
            Form::Whole(value) => value,
            Form::List(_) => Arc::clone(self.whole()),
        }
    }

    /// A copy of the value; the value itself where nobody else holds it.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self.0 {
            Form::Whole(value) => Arc::unwrap_or_clone(value),
            Form::List(list) => match list.whole.get() {
                Some(whole) => Value::clone(whole),
                None => copied(&list.items),
            },
        }
    }

    /// Gives the items of a list one by one, or the value as the only one.
    pub(super) fn for_each_item(self, mut take: impl FnMut(Arc<Value>)) {
        // Refusing is what `take` cannot do.
        let Ok(()) = self.try_for_each_item(|item| {
            take(item);
            Ok::<_, Infallible>(())
        });
    }

    /// Gives the items of a list one by one, or the value as the only one, until one of them is refused.
    pub(super) fn try_for_each_item<E>(
        self,
        mut take: impl FnMut(Arc<Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.0 {
            Form::List(list) => list.items.iter().cloned().try_for_each(take),
            Form::Whole(value) if value.is_array() => match Arc::unwrap_or_clone(value) {
                Value::Array(items) => items.into_iter().map(Arc::new).try_for_each(take),
                item => take(Arc::new(item)),
            },
            Form::Whole(value) => take(value),
        }
    }

    fn whole(&self) -> &Arc<Value> {
        match &self.0 {
            Form::Whole(value) => value,
            Form::List(list) => list.whole.get_or_init(|| Arc::new(copied(&list.items))),
        }
    }
}

fn copied(items: &Log<Arc<Value>>) -> Value {
    Value::Array(items.iter().map(|item| Value::clone(item)).collect())
}

impl PartialEq for JsonValue {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Whole(value), Form::Whole(other)) => is_same(value, other),
            (Form::List(list), Form::List(other)) => {
                Arc::ptr_eq(list, other) || is_same_list(&list.items, &other.items)
            }
            (Form::Whole(value), Form::List(list)) | (Form::List(list), Form::Whole(value)) => {
                let items = &list.items;
                value.as_array().is_some_and(|array| {
                    array.len() == items.len() && array.iter().eq(items.iter().map(|item| &**item))
                })
            }
        }
    }
}

/// Whether two lists have the same items. What both of them share is not looked at.
pub(super) fn is_same_list(list: &Log<Arc<Value>>, other: &Log<Arc<Value>>) -> bool {
    list.len() == other.len() && list.common_prefix(other, is_same) == list.len()
}

impl PartialEq<Value> for JsonValue {
    fn eq(&self, other: &Value) -> bool {
        match &self.0 {
            Form::Whole(value) => **value == *other,
            Form::List(list) => other.as_array().is_some_and(|array| {
                array.len() == list.items.len()
                    && array.iter().eq(list.items.iter().map(|item| &**item))
            }),
        }
    }
}

impl Serialize for JsonValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Whole(value) => value.serialize(serializer),
            Form::List(list) => serializer.collect_seq(list.items.iter().map(|item| &**item)),
        }
    }
}

impl fmt::Debug for JsonValue {
    /// Of how many parts it is: the content is the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Whole(_) => f.write_str("a value"),
            Form::List(list) => write!(f, "a list of {}", list.items.len()),
        }
    }
}

impl Default for JsonValue {
    /// Null.
    fn default() -> Self {
        Value::Null.into()
    }
}

impl From<Arc<Value>> for JsonValue {
    fn from(value: Arc<Value>) -> Self {
        Self(Form::Whole(value))
    }
}

impl From<&Arc<Value>> for JsonValue {
    fn from(value: &Arc<Value>) -> Self {
        Arc::clone(value).into()
    }
}

impl From<Log<Arc<Value>>> for JsonValue {
    fn from(items: Log<Arc<Value>>) -> Self {
        Self(Form::List(Arc::new(List { items, whole: OnceLock::new() })))
    }
}

impl From<&Log<Arc<Value>>> for JsonValue {
    fn from(items: &Log<Arc<Value>>) -> Self {
        items.clone().into()
    }
}

impl From<Vec<Arc<Value>>> for JsonValue {
    fn from(items: Vec<Arc<Value>>) -> Self {
        Self::list(items)
    }
}

impl FromIterator<Arc<Value>> for JsonValue {
    fn from_iter<I: IntoIterator<Item = Arc<Value>>>(items: I) -> Self {
        Log::from_iter(items).into()
    }
}

impl<T: Into<Self>> From<Option<T>> for JsonValue {
    /// Null where there is none.
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::default, Into::into)
    }
}

/// Values in one piece, from what a [`Value`] is made of.
macro_rules! from_plain {
    ($($plain:ty),+ $(,)?) => {$(
        impl From<$plain> for JsonValue {
            fn from(value: $plain) -> Self {
                Arc::new(Value::from(value)).into()
            }
        }
    )+};
}

from_plain!(
    Value,
    Map<String, Value>,
    Vec<Value>,
    &str,
    String,
    bool,
    i32,
    i64,
    u32,
    u64,
    usize,
    f64,
);
