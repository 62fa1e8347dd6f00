//! What JavaScript answers: `[[run, [answer, …]], …]`, each answer a list that begins with its kind.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use super::calls::Said;
use super::commands::SaidCommand;

/// The answers to runs, in order.
#[derive(Deserialize)]
pub(crate) struct Answers(pub(crate) Vec<(u32, Vec<Answer>)>);

/// One answer.
pub(crate) enum Answer {
    /// Something about a call.
    Call { call: u32, said: Said },
    /// A function gave back commands, or values that have handles.
    Commands { call: u32, commands: Vec<SaidCommand> },
    /// So many events of the stream have been read.
    Took(usize),
    /// So many values have been released, those that it was told of first.
    Released(usize),
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnswerVisitor;

        impl<'de> Visitor<'de> for AnswerVisitor {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list that begins with the answer's kind")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Answer, A::Error> {
                let kind: std::borrow::Cow<'de, str> = next(&mut list)?;
                match &*kind {
                    "took" => return Ok(Answer::Took(next(&mut list)?)),
                    "released" => return Ok(Answer::Released(next(&mut list)?)),
                    _ => {}
                }
                let call = next(&mut list)?;
                if kind == "cmd" {
                    return Ok(Answer::Commands { call, commands: next(&mut list)? });
                }
                let said = match &*kind {
                    "ok" => Said::Returned(next(&mut list)?),
                    "fail" => Said::Threw(next(&mut list)?),
                    "wait" => Said::Waits,
                    "write" => Said::Wrote(next(&mut list)?),
                    "message" => Said::WroteMessage(next(&mut list)?, next(&mut list)?),
                    "effect" => Said::Effect { effect: next(&mut list)?, name: next(&mut list)? },
                    "effectOk" => {
                        let effect = next(&mut list)?;
                        Said::EffectEnded { effect, result: Ok(next(&mut list)?) }
                    }
                    "effectFail" => {
                        let effect = next(&mut list)?;
                        Said::EffectEnded { effect, result: Err(next(&mut list)?) }
                    }
                    "sync" => Said::Sync(next(&mut list)?),
                    other => return Err(Error::custom(format!("`{other}` is no kind of answer"))),
                };
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Answer::Call { call, said })
            }
        }

        deserializer.deserialize_seq(AnswerVisitor)
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(list: &mut A) -> Result<T, A::Error> {
    list.next_element()?.ok_or_else(|| Error::custom("the answer is too short"))
}
