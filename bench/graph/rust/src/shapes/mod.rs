//! The graphs, over derived states and over JSON.

mod chain;
mod fan_out;
mod react;
mod sequential;
mod text;
mod wide;

use anyhow::Result;
pub use sequential::Messages;
use serde_json::Value;

use crate::measure::measure;
use crate::task::{ShapeName, ShapeTask};

/// Measures a graph over a derived state.
pub async fn typed(task: &ShapeTask) -> Result<Value> {
    match task.shape {
        ShapeName::Sequential { size } => measure(sequential::typed(size)?, task).await,
        ShapeName::FanOut { size, letters } => {
            measure(fan_out::typed::tasks(size, letters)?, task).await
        }
        ShapeName::FanOutSubgraph { size, letters } => {
            measure(fan_out::typed::subgraphs(size, letters)?, task).await
        }
        ShapeName::Wide { outer, inner, length } => {
            measure(wide::typed(outer, inner, length)?, task).await
        }
        ShapeName::React { size } => measure(react::typed::shape(size)?, task).await,
        ShapeName::Chain { size, messages } => measure(chain::typed(size, messages)?, task).await,
    }
}

/// Measures a graph over a JSON state.
pub async fn json(task: &ShapeTask) -> Result<Value> {
    match task.shape {
        ShapeName::Sequential { size } => measure(sequential::json(size)?, task).await,
        ShapeName::FanOut { size, letters } => {
            measure(fan_out::json::tasks(size, letters)?, task).await
        }
        ShapeName::FanOutSubgraph { size, letters } => {
            measure(fan_out::json::subgraphs(size, letters)?, task).await
        }
        ShapeName::Wide { outer, inner, length } => {
            measure(wide::json(outer, inner, length)?, task).await
        }
        ShapeName::React { size } => measure(react::json::shape(size)?, task).await,
        ShapeName::Chain { size, messages } => measure(chain::json(size, messages)?, task).await,
    }
}
