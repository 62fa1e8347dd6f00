//! What a run must come to, worked out the slow and simple way: every superstep looks at every edge, and every
//! version of the state is a copy.

use std::collections::BTreeSet;

use moss_graph::JoinMode;

use super::blueprint::Blueprint;
use super::driver::{Ending, Expected};
use super::world::{World, Written, fold, name};

pub(super) fn oracle(blueprint: &Blueprint) -> Expected {
    let mut worlds = vec![World::default()];
    let mut next = blueprint.entries.clone();
    let mut seen: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); blueprint.joins.len()];
    let mut superstep = 0;
    let ending = loop {
        if next.is_empty() {
            break match seen.iter().position(|seen| !seen.is_empty()) {
                Some(join) => Ending::IncompleteJoin { target: name(blueprint.joins[join].target) },
                None => Ending::Done,
            };
        }
        if superstep == blueprint.recursion_limit {
            break Ending::RecursionLimit;
        }
        superstep += 1;
        let before = worlds.last().unwrap();
        let written: Vec<_> = next
            .iter()
            .map(|node| (*node, Written::by(blueprint, *node, superstep, before)))
            .collect();
        let mut writers = written.iter().filter(|(_, written)| written.last.is_some());
        if let (Some((first, _)), Some((second, _))) = (writers.next(), writers.next()) {
            break Ending::ConcurrentUpdate { first: name(*first), second: name(*second) };
        }

        let mut after = BTreeSet::new();
        for (source, target) in &blueprint.edges {
            if next.contains(source) {
                after.insert(*target);
            }
        }
        for branch in &blueprint.branches {
            if let Some((_, own)) = written.iter().find(|(node, _)| *node == branch.source) {
                after.extend(branch.route(&applied(before, [own])));
            }
        }
        for (join, seen) in blueprint.joins.iter().zip(&mut seen) {
            seen.extend(join.sources.intersection(&next));
            if *seen == join.sources {
                seen.clear();
                after.insert(join.target);
            }
        }
        if after.is_empty() {
            for (join, seen) in blueprint.joins.iter().zip(&mut seen) {
                if join.mode == JoinMode::Reached && !seen.is_empty() {
                    seen.clear();
                    after.insert(join.target);
                }
            }
        }
        let world = applied(before, written.iter().map(|(_, written)| written));
        worlds.push(world);
        next = after;
    };
    Expected { committed: worlds.split_off(1), ending }
}

fn applied<'a>(before: &World, written: impl IntoIterator<Item = &'a Written>) -> World {
    let mut trail: Vec<String> = before.trail.iter().cloned().collect();
    let mut world = before.clone();
    for Written { visit, number, last } in written {
        trail.push(visit.clone());
        world.numbers.push(*number);
        fold(&mut world.folded, *number);
        world.last = last.unwrap_or(world.last);
    }
    world.trail = trail.into();
    world
}
