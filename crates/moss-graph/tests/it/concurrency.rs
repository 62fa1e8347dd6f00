//! How many nodes of a superstep run at a time.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moss_graph::{RunOptions, START, StateGraph, StateGraphEngine};
use tokio::sync::Barrier;

use crate::support::{Trail, node, visits};

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

#[tokio::test]
async fn all_nodes_of_a_superstep_run_at_a_time() {
    let all = Arc::new(Barrier::new(NAMES.len()));
    let graph = NAMES.iter().fold(StateGraph::new(), |graph, name| {
        let all = Arc::clone(&all);
        let meets = node(move |_, _| {
            let all = Arc::clone(&all);
            async move {
                all.wait().await;
                Ok(Trail::update().visits([(*name).to_owned()]))
            }
        });
        graph.node(*name, meets).edge(START, *name)
    });
    assert_eq!(visits(graph).await, NAMES);
}

#[tokio::test]
async fn a_limit_holds_back_the_others_in_the_order_of_their_names() {
    for limit in [1, 3, 7, 100] {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let began = Arc::new(std::sync::Mutex::new(Vec::new()));
        let graph = NAMES.iter().rev().fold(StateGraph::new(), |graph, name| {
            let (running, most, began) =
                (Arc::clone(&running), Arc::clone(&most), Arc::clone(&began));
            let counts = node(move |_, _| {
                let (running, most, began) =
                    (Arc::clone(&running), Arc::clone(&most), Arc::clone(&began));
                async move {
                    began.lock().unwrap().push(*name);
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    for _ in 0..5 {
                        tokio::task::yield_now().await;
                    }
                    running.fetch_sub(1, Ordering::SeqCst);
                    Ok(Trail::update().visits([(*name).to_owned()]))
                }
            });
            graph.node(*name, counts).edge(START, *name)
        });
        let options =
            RunOptions { max_concurrency: NonZeroUsize::new(limit), ..RunOptions::default() };
        let engine = StateGraphEngine::new(graph.compile().unwrap());
        let trail = engine.run(Trail::default(), options).await.unwrap();
        assert_eq!(trail.visits, NAMES);
        assert_eq!(most.load(Ordering::SeqCst), limit.min(NAMES.len()));
        assert_eq!(*began.lock().unwrap(), NAMES);
    }
}
