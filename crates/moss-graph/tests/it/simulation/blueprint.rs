//! A random graph, as plain data.

use std::collections::BTreeSet;

use moss_graph::{
    CompiledGraph, END, Execution, JoinMode, Node, NodeOptions, START, State, StateGraph,
};

use super::seed::Seed;
use super::world::{World, name};

/// A random graph, all of whose nodes can be reached.
#[derive(Debug, Clone)]
pub(super) struct Blueprint {
    /// Mixed into all that nodes and routers do.
    pub(super) salt: u64,
    pub(super) nodes: usize,
    /// The nodes that run first.
    pub(super) entries: BTreeSet<usize>,
    pub(super) edges: BTreeSet<(usize, usize)>,
    pub(super) joins: Vec<Join>,
    pub(super) branches: Vec<Branch>,
    /// Nodes that send tasks to others.
    pub(super) sends: BTreeSet<(usize, usize)>,
    pub(super) deferred: BTreeSet<usize>,
    pub(super) recursion_limit: u64,
    /// Whether nodes write a field that takes one value a superstep.
    pub(super) conflicts: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Join {
    pub(super) mode: JoinMode,
    pub(super) sources: BTreeSet<usize>,
    pub(super) target: usize,
}

/// A conditional edge, which may end as well.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) source: usize,
    pub(super) targets: Vec<usize>,
    pub(super) salt: u64,
}

impl Blueprint {
    pub(super) fn of(seed: u64) -> Self {
        let salt = Seed::mix(&[seed]);
        let mut random = Seed::new(salt);
        let nodes = 1 + random.below(12);
        let mut blueprint = Self {
            salt,
            nodes,
            entries: BTreeSet::from([0]),
            edges: BTreeSet::new(),
            joins: Vec::new(),
            branches: Vec::new(),
            sends: BTreeSet::new(),
            deferred: BTreeSet::new(),
            recursion_limit: 1 + random.next() % 20,
            conflicts: random.chance(200),
        };
        // A way to every node, through one before it.
        for target in 1..nodes {
            let source = random.below(target);
            match random.below(4) {
                0 => {
                    blueprint.entries.insert(target);
                }
                1 => blueprint.branch(source, vec![target], &mut random),
                _ => {
                    blueprint.edges.insert((source, target));
                }
            }
        }
        for _ in 0..random.below(4) {
            let targets = (0..=random.below(3)).map(|_| random.below(nodes)).collect();
            let source = random.below(nodes);
            blueprint.branch(source, targets, &mut random);
        }
        if random.chance(300) {
            blueprint.edges.insert((random.below(nodes), random.below(nodes)));
        }
        for _ in 0..random.below(3) {
            let sources: BTreeSet<_> =
                (0..2 + random.below(2)).map(|_| random.below(nodes)).collect();
            if sources.len() > 1 {
                let mode = if random.chance(500) { JoinMode::All } else { JoinMode::Reached };
                blueprint.joins.push(Join { mode, sources, target: random.below(nodes) });
            }
        }
        if random.chance(300) {
            blueprint.sends.insert((random.below(nodes), random.below(nodes)));
        }
        if random.chance(300) {
            blueprint.deferred.insert(random.below(nodes));
        }
        blueprint
    }

    fn branch(&mut self, source: usize, targets: Vec<usize>, random: &mut Seed) {
        self.branches.push(Branch { source, targets, salt: random.next() });
    }

    /// The graph, with nodes made by `node`.
    pub(super) fn graph<N: Node<World>>(&self, node: impl Fn(usize) -> N) -> CompiledGraph<World> {
        self.graph_in(Execution::Supersteps, node)
    }

    /// The graph on a state that is a world, or has one in it.
    pub(super) fn graph_in<S: State + AsRef<World>, N: Node<S>>(
        &self,
        execution: Execution,
        node: impl Fn(usize) -> N,
    ) -> CompiledGraph<S> {
        let mut graph = StateGraph::new().execution(execution);
        for number in 0..self.nodes {
            let ends = self.sends.iter().filter(|(source, _)| *source == number);
            let mut options = NodeOptions::new().ends(ends.map(|(_, target)| name(*target)));
            if self.deferred.contains(&number) {
                options = options.deferred();
            }
            graph = graph.node_with(name(number), node(number), options);
        }
        for entry in &self.entries {
            graph = graph.edge(START, name(*entry));
        }
        for (source, target) in &self.edges {
            graph = graph.edge(name(*source), name(*target));
        }
        for join in &self.joins {
            let sources = join.sources.iter().map(|source| name(*source));
            graph = graph.join_with(join.mode, sources, name(join.target));
        }
        for branch in &self.branches {
            let targets: Vec<_> = branch.targets.iter().map(|target| name(*target)).collect();
            let router = {
                let branch = branch.clone();
                move |state: &S| {
                    branch.route(state.as_ref()).into_iter().map(name).collect::<Vec<String>>()
                }
            };
            let declared = targets.into_iter().chain([END.to_owned()]);
            graph = graph.conditional_edge(name(branch.source), router, declared);
        }
        graph.compile().unwrap()
    }
}

impl Branch {
    /// Some of the targets, as the state says.
    pub(super) fn route(&self, world: &World) -> Vec<usize> {
        let mut random = Seed::new(Seed::mix(&[self.salt, world.digest()]));
        self.targets.iter().copied().filter(|_| random.chance(650)).collect()
    }
}
