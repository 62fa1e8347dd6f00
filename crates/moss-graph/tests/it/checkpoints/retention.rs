//! Which checkpoints go.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use moss_graph::checkpoint::{CheckpointId, Namespace, Retention, Timestamp};

fn id(millis: u64) -> CheckpointId {
    CheckpointId::next(None, Timestamp::from_millis(millis))
}

/// Which of the checkpoints, named by the millisecond they were made in, go at the millisecond 100.
fn goes(retention: Retention, chains: &[(&str, &[u64])]) -> Vec<(String, u64)> {
    let chains: BTreeMap<_, BTreeMap<_, _>> = chains
        .iter()
        .map(|(namespace, made)| {
            let made = made.iter().map(|at| (id(*at), Timestamp::from_millis(*at)));
            (Namespace::from(*namespace), made.collect())
        })
        .collect();
    let goes = retention.removes(&chains, Timestamp::from_millis(100));
    goes.into_iter()
        .map(|(namespace, id)| (namespace.to_string(), id.timestamp().as_millis()))
        .collect()
}

fn last(count: usize) -> Retention {
    Retention::last(NonZeroUsize::new(count).unwrap())
}

fn root(millis: &[u64]) -> Vec<(String, u64)> {
    millis.iter().map(|at| (String::new(), *at)).collect()
}

#[test]
fn the_newest_ones_stay() {
    assert_eq!(goes(last(2), &[("", &[10, 20, 30, 40])]), root(&[10, 20]));
    assert_eq!(goes(last(9), &[("", &[10, 20, 30, 40])]), []);
    assert_eq!(goes(Retention::default(), &[("", &[10, 20, 30])]), root(&[10, 20]));
}

#[test]
fn the_young_ones_stay_and_the_newest_however_old() {
    let young = Retention::younger_than(Duration::from_millis(75));
    assert_eq!(goes(young, &[("", &[10, 20, 25, 26, 40])]), root(&[10, 20, 25]));
    let younger = Retention::younger_than(Duration::from_millis(1));
    assert_eq!(goes(younger, &[("", &[10, 20])]), root(&[10]));
}

#[test]
fn what_either_rule_keeps_stays() {
    let young = Some(Duration::from_millis(75));
    let both = |count| Retention { keep_younger_than: young, ..last(count) };
    assert_eq!(goes(both(4), &[("", &[10, 20, 30, 40, 50])]), root(&[10]));
    assert_eq!(goes(both(1), &[("", &[10, 20, 30, 40, 50])]), root(&[10, 20]));
}

#[test]
fn invocations_of_subgraphs_go_with_the_checkpoints_around_them() {
    let chains: &[(&str, &[u64])] = &[
        ("", &[10, 20, 30]),
        ("own", &[11, 12]),
        ("write:a", &[11, 12]),
        ("write:b", &[21, 22]),
        ("write:c", &[31]),
    ];
    let named = |names: &[(&str, u64)]| -> Vec<(String, u64)> {
        names.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect()
    };
    let expected = [("", 10), ("own", 11), ("write:a", 11), ("write:a", 12), ("write:b", 21)];
    assert_eq!(
        goes(last(1), chains),
        named(&[&expected[..1], &[("", 20)], &expected[1..], &[("write:b", 22)]].concat())
    );
    assert_eq!(goes(last(2), chains), named(&[("", 10), ("write:a", 11), ("write:a", 12)]));
    let young = Some(Duration::from_millis(89));
    let kept_by_age = Retention { keep_younger_than: young, ..last(1) };
    assert_eq!(goes(kept_by_age, chains), named(&[("", 10), ("own", 11), ("write:a", 11)]));
}
