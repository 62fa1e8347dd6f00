//! Which rows the checkpoints of a namespace need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use moss_graph::checkpoint::ChannelName;

use crate::rows::{BranchKey, Digest, Log, LogKey, Mark, MarkState, Point};

/// The branches and changes of one namespace, by where they are looked for.
pub(super) struct History {
    begins_at: HashMap<BranchKey, Option<Point>>,
    /// The changes of each branch, by channel and place.
    changes: HashMap<BranchKey, BTreeMap<ChannelName, BTreeMap<i64, Mark>>>,
}

impl History {
    pub(super) fn new(branches: Vec<(BranchKey, Option<Point>)>, marks: Vec<Mark>) -> Self {
        let mut changes: HashMap<BranchKey, BTreeMap<_, BTreeMap<_, _>>> = HashMap::new();
        for mark in marks {
            let branch = changes.entry(mark.point.branch).or_default();
            branch.entry(mark.channel.clone()).or_default().insert(mark.point.seq, mark);
        }
        Self { begins_at: branches.into_iter().collect(), changes }
    }

    /// The way from a point back to the first checkpoint.
    pub(super) fn lineage(&self, point: Point) -> impl Iterator<Item = Point> {
        std::iter::successors(Some(point), |at| {
            let next = self.begins_at.get(&at.branch).copied().flatten();
            // A branch is younger than the one it left, unless its row is damaged: then this must end all the same.
            next.filter(|next| next.branch < at.branch)
        })
    }

    /// The changes that make up the state at a point.
    pub(super) fn live_at(&self, point: Point) -> impl Iterator<Item = &Mark> {
        let mut seen = BTreeSet::new();
        self.lineage(point)
            .flat_map(|at| {
                let channels = self.changes.get(&at.branch).into_iter().flatten();
                channels.filter_map(move |(_, marks)| {
                    marks.range(..=at.seq).next_back().map(|(_, mark)| mark)
                })
            })
            .filter(move |mark| seen.insert(&mark.channel))
    }

    /// The digest of the state at a point.
    pub(super) fn digest_at(&self, point: Point) -> Digest {
        self.live_at(point).fold(Digest::default(), |digest, mark| digest.toggle(mark.sum))
    }

    /// All changes, by the points they were made at.
    pub(super) fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.changes.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    pub(super) fn branches(&self) -> impl Iterator<Item = BranchKey> {
        self.begins_at.keys().copied()
    }
}

/// What no checkpoint needs any more.
#[derive(Debug, Default)]
pub(super) struct Garbage {
    pub(super) branches: Vec<BranchKey>,
    pub(super) marks: Vec<Mark>,
    pub(super) logs: Vec<LogKey>,
    /// Logs of which only the first items are needed, with how many.
    pub(super) tails: Vec<(LogKey, usize)>,
}

impl Garbage {
    /// What is not needed when these points are those of all checkpoints.
    pub(super) fn of(history: &History, logs: &[Log], points: &[Point]) -> Self {
        let mut live_branches = BTreeSet::new();
        let mut live_marks = BTreeSet::new();
        let mut lengths: BTreeMap<LogKey, usize> = BTreeMap::new();
        for point in points {
            live_branches.extend(history.lineage(*point).map(|at| at.branch));
            for mark in history.live_at(*point) {
                live_marks.insert((mark.point, &mark.channel));
                if let MarkState::Log { log, length } = mark.state {
                    raise(&mut lengths, log, length);
                }
            }
        }
        // A log's parent is older than the log.
        let by_key: BTreeMap<_, _> = logs.iter().map(|log| (log.key, log)).collect();
        for (key, log) in by_key.iter().rev() {
            if let Some((parent, length)) = log.parent
                && lengths.contains_key(key)
            {
                raise(&mut lengths, parent, length);
            }
        }
        let dead = |mark: &&Mark| !live_marks.contains(&(mark.point, &mark.channel));
        Self {
            branches: history.branches().filter(|branch| !live_branches.contains(branch)).collect(),
            marks: history.marks().filter(dead).cloned().collect(),
            logs: by_key.keys().filter(|key| !lengths.contains_key(key)).copied().collect(),
            tails: lengths.into_iter().collect(),
        }
    }
}

fn raise(lengths: &mut BTreeMap<LogKey, usize>, log: LogKey, length: usize) {
    let most = lengths.entry(log).or_default();
    *most = length.max(*most);
}
