//! What a run must come to, worked out the slow and simple way: every superstep looks at every edge, and every
//! version of the state is a copy.

use std::collections::BTreeSet;

use moss_graph::JoinMode;

use super::blueprint::Blueprint;
use super::driver::{Ending, Expected};
use super::world::{World, Written, fold, name};

pub(super) fn oracle(blueprint: &Blueprint) -> Expected {
    let mut worlds = vec![World::default()];
    let mut next = Next::default();
    let mut seen: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); blueprint.joins.len()];
    let mut deferred = BTreeSet::new();
    next.take(blueprint.entries.clone(), blueprint, &mut seen, &mut deferred);
    let mut superstep = 0;
    let ending = loop {
        if next.nodes.is_empty() && next.sent.is_empty() {
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
        let on_state = next.nodes.iter().map(|node| (*node, 0, before));
        let sent = (1..).zip(&next.sent).map(|(send, (node, input))| (*node, send, input));
        let written: Vec<_> = on_state
            .chain(sent)
            .map(|(node, send, input)| {
                (node, Written::by(blueprint, node, (superstep, send), input))
            })
            .collect();
        let mut writers = written.iter().filter(|(_, written)| written.last.is_some());
        if let (Some((first, _)), Some((second, _))) = (writers.next(), writers.next()) {
            break Ending::ConcurrentUpdate { first: name(*first), second: name(*second) };
        }

        let ran: BTreeSet<usize> = written.iter().map(|(node, _)| *node).collect();
        let mut after = BTreeSet::new();
        for (source, target) in &blueprint.edges {
            if ran.contains(source) {
                after.insert(*target);
            }
        }
        for branch in &blueprint.branches {
            for (_, own) in written.iter().filter(|(node, _)| *node == branch.source) {
                after.extend(branch.route(&applied(before, [own])));
            }
        }
        for (join, seen) in blueprint.joins.iter().zip(&mut seen) {
            seen.extend(join.sources.intersection(&ran));
            if *seen == join.sources {
                seen.clear();
                after.insert(join.target);
            }
        }
        next.sent = written.iter().flat_map(|(_, written)| written.sends.clone()).collect();
        let world = applied(before, written.iter().map(|(_, written)| written));
        next.take(after, blueprint, &mut seen, &mut deferred);
        worlds.push(world);
    };
    Expected { committed: worlds.split_off(1), ending }
}

/// What runs next.
#[derive(Default)]
struct Next {
    nodes: BTreeSet<usize>,
    sent: Vec<(usize, World)>,
}

impl Next {
    /// Takes in what the edges lead to: deferred nodes wait, and what waits is let go when nothing else is left.
    fn take(
        &mut self,
        after: BTreeSet<usize>,
        blueprint: &Blueprint,
        seen: &mut [BTreeSet<usize>],
        deferred: &mut BTreeSet<usize>,
    ) {
        let (wait, run) = after.into_iter().partition(|node| blueprint.deferred.contains(node));
        let wait: BTreeSet<usize> = wait;
        deferred.extend(wait);
        self.nodes = run;
        if !self.nodes.is_empty() || !self.sent.is_empty() {
            return;
        }
        for (join, seen) in blueprint.joins.iter().zip(seen) {
            if join.mode == JoinMode::Reached && !seen.is_empty() {
                seen.clear();
                if blueprint.deferred.contains(&join.target) {
                    deferred.insert(join.target);
                } else {
                    self.nodes.insert(join.target);
                }
            }
        }
        if self.nodes.is_empty() {
            self.nodes = std::mem::take(deferred);
        }
    }
}

fn applied<'a>(before: &World, written: impl IntoIterator<Item = &'a Written>) -> World {
    let mut trail: Vec<String> = before.trail.iter().cloned().collect();
    let mut world = before.clone();
    for Written { visit, number, last, .. } in written {
        trail.push(visit.clone());
        world.numbers.push(*number);
        fold(&mut world.folded, *number);
        world.last = last.unwrap_or(world.last);
    }
    world.trail = trail.into();
    world
}
