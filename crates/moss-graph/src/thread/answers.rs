//! Which answer is for which question.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checkpoint::{Blob, PendingWrite, StoreError, TaskKey, WriteKind};
use crate::context::decoded;
use crate::error::{EmptyInput, RunFailure};
use crate::{Answers, Interrupt};

/// An answer as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredAnswer {
    pub(crate) id: String,
    pub(crate) value: Value,
}

/// A question that is open, and the task of this graph that asks it, itself or in a subgraph.
pub(crate) struct OpenQuestion {
    pub(crate) task: TaskKey,
    pub(crate) interrupt: Interrupt,
}

/// The questions that are open, in the order of the tasks that ask.
pub(crate) fn open_questions(rows: &[PendingWrite]) -> Vec<OpenQuestion> {
    let answered: Vec<String> =
        decoded::<StoredAnswer>(rows, WriteKind::Resume).map(|answer| answer.id).collect();
    let mut open: Vec<OpenQuestion> = Vec::new();
    for row in rows.iter().filter(|row| row.kind == WriteKind::Interrupt) {
        let is_through =
            rows.iter().any(|other| other.task == row.task && other.kind == WriteKind::Update);
        let Ok(interrupt) = row.value.decode::<Interrupt>() else { continue };
        let is_known = open.iter().any(|known| known.interrupt.id == interrupt.id);
        if !is_through && !is_known && !answered.contains(&interrupt.id) {
            open.push(OpenQuestion { task: row.task.clone(), interrupt });
        }
    }
    open
}

/// The answers that are stored already, by the ids of their questions.
pub(crate) fn given(rows: &[PendingWrite]) -> impl Iterator<Item = (String, Value)> {
    decoded::<StoredAnswer>(rows, WriteKind::Resume).map(|answer| (answer.id, answer.value))
}

/// Answers by the ids of their questions, as rows to be stored. All of them fit, or none is taken.
pub(crate) fn rows_of(
    answers: Answers,
    rows: &[PendingWrite],
) -> Result<Vec<PendingWrite>, RunFailure> {
    let open = open_questions(rows);
    let ids = || open.iter().map(|question| question.interrupt.id.clone()).collect::<Vec<_>>();
    let answers: BTreeMap<String, Value> = match (answers, open.as_slice()) {
        (_, []) => return Err(RunFailure::EmptyInput(EmptyInput::NothingAsked)),
        (Answers::One(answer), [question]) => {
            [(question.interrupt.id.clone(), answer)].into_iter().collect()
        }
        (Answers::One(_), _) => return Err(RunFailure::AmbiguousAnswer { open: ids() }),
        (Answers::ById(answers), _) => answers,
    };
    if answers.is_empty() {
        return Err(RunFailure::EmptyInput(EmptyInput::EmptyCommand));
    }
    let mut indices = BTreeMap::<TaskKey, u32>::new();
    for row in rows.iter().filter(|row| row.kind == WriteKind::Resume) {
        let index = indices.entry(row.task.clone()).or_default();
        *index = (*index).max(row.index + 1);
    }
    let mut new = Vec::new();
    for (id, value) in answers {
        let Some(question) = open.iter().find(|question| question.interrupt.id == id) else {
            return Err(RunFailure::UnknownInterrupt { id, open: ids() });
        };
        if let Some(schema) = &question.interrupt.schema {
            check(&id, schema, &value)?;
        }
        let index = indices.entry(question.task.clone()).or_default();
        let stored = Blob::encode(&StoredAnswer { id, value }).map_err(StoreError::Value)?;
        new.push(PendingWrite {
            task: question.task.clone(),
            kind: WriteKind::Resume,
            index: *index,
            value: stored,
        });
        *index += 1;
    }
    Ok(new)
}

fn check(id: &str, schema: &Value, answer: &Value) -> Result<(), RunFailure> {
    let problem = match jsonschema::validator_for(schema) {
        // A schema that is none refuses nothing, and says so: the node's author has to see it.
        Err(error) => format!("the schema itself is not valid: {error}"),
        Ok(validator) => match validator.validate(answer) {
            Ok(()) => return Ok(()),
            Err(error) => error.to_string(),
        },
    };
    Err(RunFailure::InvalidAnswer { id: id.to_owned(), problem })
}
