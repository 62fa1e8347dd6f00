#![doc = include_str!("definition.md")]

mod behaviours;
mod build;
mod drawing;
mod edges;
mod error;
mod field;
mod names;
mod node;
mod policies;
mod share;
mod state;
mod whole;

pub use behaviours::{Behaviours, FunctionRef, JsonRouter, JsonRouterFuture};
pub use build::BuiltGraph;
pub use edges::{ConditionalEdgeDefinition, EdgeDefinition, Sources};
pub use error::{DefinitionError, DefinitionProblem, FunctionKind};
pub use field::{FieldDefinition, ReducerDefinition};
pub use names::Names;
pub use node::{NodeBody, NodeDefinition};
pub use policies::{CacheDefinition, RetryDefinition, TimeoutDefinition};
pub use state::StateDefinition;
pub use whole::{DefinitionVersion, GraphDefinition};
