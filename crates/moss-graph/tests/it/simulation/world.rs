//! What simulated nodes do.

use moss_graph::{Log, State};

use super::blueprint::Blueprint;
use super::seed::Seed;

/// The state of a simulated run. Every field tells in which order it was written.
#[derive(Debug, Clone, Default, PartialEq, State)]
pub(super) struct World {
    #[state(append)]
    pub(super) trail: Log<String>,
    #[state(append)]
    pub(super) numbers: Vec<u64>,
    #[state(reducer = fold)]
    pub(super) folded: u64,
    pub(super) last: u64,
}

/// Not commutative, so that a wrong order shows.
pub(super) fn fold(folded: &mut u64, written: u64) {
    *folded = folded.wrapping_mul(31).wrapping_add(written);
}

impl World {
    pub(super) fn digest(&self) -> u64 {
        let last_number = self.numbers.last().copied().unwrap_or_default();
        Seed::mix(&[self.trail.len() as u64, last_number, self.folded, self.last])
    }
}

pub(super) fn name(node: usize) -> String {
    format!("n{node:02}")
}

/// What a node writes: it depends on the state, the superstep and the node, and on nothing else.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) visit: String,
    pub(super) number: u64,
    pub(super) last: Option<u64>,
}

impl Written {
    pub(super) fn by(blueprint: &Blueprint, node: usize, superstep: u64, world: &World) -> Self {
        let mut random =
            Seed::new(Seed::mix(&[blueprint.salt, node as u64, superstep, world.digest()]));
        Self {
            visit: format!("{superstep}:{}", name(node)),
            number: random.next(),
            last: (blueprint.conflicts && random.chance(300)).then(|| random.next()),
        }
    }

    pub(super) fn update(self) -> WorldUpdate {
        let update = World::update().trail([self.visit]).numbers([self.number]).folded(self.number);
        match self.last {
            Some(last) => update.last(last),
            None => update,
        }
    }
}
