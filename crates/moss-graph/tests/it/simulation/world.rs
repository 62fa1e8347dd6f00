//! What simulated nodes do.

use std::sync::Arc;

use moss_graph::{Command, Log, SendTo, State};

use super::blueprint::Blueprint;
use super::seed::Seed;

/// The state of a simulated run. Every field tells in which order it was written.
#[derive(Debug, Clone, Default, PartialEq, State)]
#[state(persist)]
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

impl AsRef<Self> for World {
    fn as_ref(&self) -> &Self {
        self
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
    /// The tasks it sends: to which node, on what.
    pub(super) sends: Vec<(usize, World)>,
}

impl Written {
    /// `world` is what the task runs on; `send` its number among those that were sent, or 0.
    pub(super) fn by(
        blueprint: &Blueprint,
        node: usize,
        (superstep, send): (u64, u32),
        world: &World,
    ) -> Self {
        let parts = [blueprint.salt, node as u64, superstep, u64::from(send), world.digest()];
        let mut random = Seed::new(Seed::mix(&parts));
        let sent = if send == 0 { String::new() } else { format!("#{send}") };
        Self {
            visit: format!("{superstep}:{}{sent}", name(node)),
            number: random.next(),
            last: (blueprint.conflicts && random.chance(300)).then(|| random.next()),
            sends: sends(blueprint, node, &mut random),
        }
    }

    pub(super) fn command<S>(self) -> Command<S>
    where
        S: State<Update = WorldUpdate> + From<World>,
    {
        let sends = self.sends.clone();
        sends.into_iter().fold(Command::update(self.update()), |command, (node, input)| {
            command.goto(SendTo::new(name(node), Arc::new(S::from(input))))
        })
    }

    pub(super) fn update(self) -> WorldUpdate {
        let update = World::update().trail([self.visit]).numbers([self.number]).folded(self.number);
        match self.last {
            Some(last) => update.last(last),
            None => update,
        }
    }
}

fn sends(blueprint: &Blueprint, node: usize, random: &mut Seed) -> Vec<(usize, World)> {
    let from_here = blueprint.sends.iter().filter(|(source, _)| *source == node);
    let mut sends = Vec::new();
    for (_, target) in from_here {
        for _ in 0..random.below(3) {
            sends.push((*target, World { last: random.next(), ..World::default() }));
        }
    }
    sends
}
