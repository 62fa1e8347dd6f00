//! Graphs that run on threads in a real store, which is closed and opened again between one step and the next: what
//! goes on then is what is stored, and nothing else.

#[cfg(feature = "sqlite")]
mod ahead;
mod effects;
mod failures;
mod fields;
mod history;
mod home;
mod kills;
mod questions;
mod reopened;
mod subgraphs;
mod supersteps;
mod threads;
mod typed;

/// One test a case for a store, whose home `$home` gives, with what must stay for as long as it is used; where it gives
/// none, the tests are skipped.
macro_rules! engine {
    ($home:path, { $($file:ident: $($case:ident),+;)+ }) => {
        $($(
            #[tokio::test]
            async fn $case() {
                if let Some((home, _stays)) = $home() {
                    crate::engine::$file::$case(&home).await;
                }
            }
        )+)+
    };
}

/// All cases for one store.
macro_rules! all_cases {
    ($home:path) => {
        crate::engine::engine!($home, {
            supersteps: each_superstep_is_stored_unless_only_the_end_is,
                a_turn_goes_on_from_the_state_of_the_one_before,
                a_list_that_is_handed_on_is_read_back_at_every_superstep;
            typed: a_derived_state_is_stored_and_read_back;
            questions: a_question_is_answered_when_the_store_is_opened_again,
                several_questions_are_answered_one_by_one;
            failures: what_was_through_beside_a_failure_is_not_run_again,
                a_conflicting_update_leaves_the_thread_readable_and_mendable;
            effects: an_effect_happens_once_though_its_node_asks_and_fails;
            history: a_run_is_played_again_from_its_history, a_thread_forks_and_is_updated_there,
                what_is_pruned_is_not_needed_to_go_on;
            subgraphs: a_subgraph_remembers_per_thread, a_subgraph_asks_and_goes_on_where_it_was,
                a_subgraph_is_updated_while_it_asks, what_a_subgraph_remembers_is_updated;
            threads: a_deleted_thread_begins_anew, a_copied_thread_goes_on_by_itself,
                a_run_that_lost_its_thread_stores_nothing;
        });
    };
}

use {all_cases, engine};

#[cfg(feature = "sqlite")]
mod sqlite {
    use tempfile::TempDir;

    use super::home::Home;

    fn home() -> Option<(Home, TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        Some((Home::File(folder.path().join("threads.db"), Default::default()), folder))
    }

    super::all_cases!(home);
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::home::Home;
    use crate::postgres::server;

    fn home() -> Option<(Home, ())> {
        Some((Home::Server(server::url()?.to_owned()), ()))
    }

    super::all_cases!(home);
}
