//! The append-only log, against a list that is copied.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moss_graph::Log;
use proptest::prelude::*;

/// Appends a number of entries to one of the versions there are, and keeps that as a version of its own.
#[derive(Debug, Clone)]
struct Step {
    version: prop::sample::Index,
    entries: Vec<u32>,
    in_place: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (any::<prop::sample::Index>(), prop::collection::vec(any::<u32>(), 0..80), any::<bool>())
            .prop_map(|(version, entries, in_place)| Step { version, entries, in_place });
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Whatever version is appended to, every version holds what a copied list holds.
    #[test]
    fn versions_do_not_see_each_other(steps in steps(), skip in 0..100usize) {
        let mut versions = vec![(Log::new(), Vec::new())];
        for Step { version, entries, in_place } in steps {
            let place = version.index(versions.len());
            if !in_place {
                versions.push(versions[place].clone());
            }
            let place = if in_place { place } else { versions.len() - 1 };
            let (log, list) = &mut versions[place];
            log.extend(entries.iter().copied());
            list.extend(entries);
        }
        for (log, list) in &versions {
            prop_assert_eq!(log, list);
            prop_assert_eq!(log.len(), list.len());
            prop_assert_eq!(log.is_empty(), list.is_empty());
            prop_assert_eq!((log.first(), log.last()), (list.first(), list.last()));
            prop_assert_eq!(log.get(list.len()), None);
            prop_assert_eq!(log.iter().size_hint(), list.iter().size_hint());
            prop_assert!(log.iter().rev().eq(list.iter().rev()));
            prop_assert!(log.iter().skip(skip).eq(list.iter().skip(skip)));
            prop_assert!((0..list.len()).all(|index| log[index] == list[index]));
            prop_assert_eq!(&Log::from(list.clone()), log);
            prop_assert_eq!(format!("{log:?}"), format!("{list:?}"));
        }
    }

    /// What two versions have in common is what their lists have in common, whichever grew out of which.
    #[test]
    fn versions_know_what_they_have_in_common(steps in steps()) {
        let mut versions = vec![(Log::new(), Vec::new())];
        for Step { version, entries, .. } in steps {
            // Few different entries, so that versions that grew apart go on alike for a while.
            let entries = entries.into_iter().map(|entry| entry % 2);
            let (mut log, mut list): (Log<u32>, Vec<u32>) = version.get(&versions).clone();
            for entry in entries {
                log.push(entry);
                list.push(entry);
            }
            versions.push((log, list));
        }
        for (log, list) in &versions {
            for (other, others) in &versions {
                let alike = list.iter().zip(others).take_while(|(a, b)| a == b).count();
                prop_assert_eq!(log.common_prefix(other, PartialEq::eq), alike);
            }
        }
    }

    /// Whatever way an iterator is walked, from either end and skipping, it gives what a list's gives.
    #[test]
    fn an_iterator_is_walked_as_a_lists_is(
        len in 0..300u32,
        turns in prop::collection::vec((0..3u8, 0..50usize), 0..300),
    ) {
        let log: Log<u32> = (0..len).collect();
        let list: Vec<u32> = (0..len).collect();
        let (mut of_log, mut of_list) = (log.iter(), list.iter());
        for (turn, skip) in turns {
            match turn {
                0 => prop_assert_eq!(of_log.next(), of_list.next()),
                1 => prop_assert_eq!(of_log.next_back(), of_list.next_back()),
                _ => prop_assert_eq!(of_log.nth(skip), of_list.nth(skip)),
            }
            prop_assert_eq!(of_log.len(), of_list.len());
        }
        prop_assert!(of_log.clone().eq(of_list.clone()));
    }
}

#[test]
fn a_long_log_is_a_deep_tree() {
    // 32³ entries fill three levels, and 40,000 begin the fourth.
    let log: Log<usize> = (0..40_000).collect();
    assert!(log.iter().copied().eq(0..40_000));
    assert_eq!(
        (log.get(32_767), log.get(32_768), log.get(39_999)),
        (Some(&32_767), Some(&32_768), Some(&39_999))
    );
    assert_eq!(log.iter().nth(35_000), Some(&35_000));
    assert_eq!(log.get(40_000), None);
}

/// Counts its clones, and how many of it are alive.
#[derive(Debug)]
struct Entry {
    clones: Arc<AtomicUsize>,
    alive: Arc<AtomicUsize>,
}

impl Entry {
    fn new(clones: &Arc<AtomicUsize>, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self { clones: Arc::clone(clones), alive: Arc::clone(alive) }
    }
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::Relaxed);
        Self::new(&self.clones, &self.alive)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn appending_copies_no_entry_even_when_every_older_version_is_held() {
    let (clones, alive) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut log = Log::new();
    let mut versions = Vec::new();
    for _ in 0..1_000 {
        log.push(Entry::new(&clones, &alive));
        versions.push(log.clone());
    }
    assert_eq!((clones.load(Ordering::Relaxed), alive.load(Ordering::Relaxed)), (0, 1_000));
    assert!(versions.iter().map(Log::len).eq(1..=1_000));

    // A second branch copies what its last chunk shares, and no more.
    let mut branch = versions[99].clone();
    branch.push(Entry::new(&clones, &alive));
    assert_eq!(clones.load(Ordering::Relaxed), 99 % 32 + 1);
    branch.push(Entry::new(&clones, &alive));
    assert_eq!(clones.load(Ordering::Relaxed), 99 % 32 + 1);

    drop((log, versions, branch));
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn versions_may_be_appended_to_by_several_threads() {
    let shared: Log<u32> = (0..40).collect();
    let threads: Vec<_> = (1..=4)
        .map(|number| {
            let mut log = shared.clone();
            std::thread::spawn(move || {
                log.extend((0..100).map(|entry| number * 1_000 + entry));
                log
            })
        })
        .collect();
    for (number, thread) in (1..=4).zip(threads) {
        let expected: Vec<u32> =
            (0..40).chain((0..100).map(|entry| number * 1_000 + entry)).collect();
        assert_eq!(thread.join().unwrap(), expected);
    }
    assert_eq!(shared.len(), 40);
}

#[test]
#[should_panic(expected = "index 3 is out of bounds of a log of 3")]
fn indexing_beyond_the_end_panics_as_a_list_does() {
    let log = Log::from(vec![1, 2, 3]);
    let _ = log[3];
}
