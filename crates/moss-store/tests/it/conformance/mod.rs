//! What every store does, whatever it keeps its data in.

pub mod branches;
pub mod commits;
pub mod concurrency;
pub mod leases;
pub mod lists;
pub mod logs;
pub mod model;
pub mod pending_writes;
pub mod removal;
pub mod runs;

/// One test a case for a store, which `$open` opens; a store that cannot be opened here gives none.
macro_rules! conformance {
    ($open:path, properties: $cases:expr, { $($file:ident: $($case:ident),+;)+ }) => {
        $($(
            #[tokio::test]
            async fn $case() {
                if let Some(open) = $open().await {
                    crate::conformance::$file::$case(crate::support::Opened::store(&open)).await;
                }
            }
        )+)+

        #[test]
        fn any_sequence_of_calls_does_what_the_model_does() {
            crate::conformance::model::check($cases, async || $open().await);
        }
    };
}

/// All cases for one store.
macro_rules! all_cases {
    ($open:path, properties: $cases:expr) => {
        crate::conformance::conformance!($open, properties: $cases, {
            commits: what_is_committed_is_loaded_whole, nothing_is_loaded_where_nothing_is,
                a_field_that_is_not_written_stays, a_cleared_field_is_gone, odd_values_come_back,
                another_head_than_expected_refuses_the_commit, a_commit_may_be_sent_again,
                a_commit_without_sense_is_refused_and_changes_nothing, names_have_limits,
                a_large_value_comes_back;
            logs: items_stand_behind_each_other, a_rewritten_log_keeps_its_first_items,
                an_edited_message_leaves_older_checkpoints_alone, an_empty_log_is_a_value,
                a_log_may_become_a_value_and_begin_anew, a_long_log_comes_back,
                items_that_came_together_may_part, items_of_one_memory_come_back_as_one;
            branches: branches_do_not_see_each_other, a_branch_of_a_branch_sees_what_was_before,
                logs_part_where_branches_do, selectors_find_their_checkpoint,
                a_second_beginning_sees_nothing_of_the_first, namespaces_are_apart;
            pending_writes: they_are_loaded_in_order, results_stay_and_questions_are_replaced,
                they_go_with_the_commit, they_belong_to_the_newest_checkpoint;
            leases: one_owner_at_a_time, who_lost_the_lease_is_fenced, a_lease_that_is_over_may_be_taken,
                epochs_grow_for_ever, a_lease_given_back_writes_nothing;
            runs: opening_takes_the_lease_and_loads, a_new_thread_is_opened_on_nothing,
                a_thread_that_another_holds_is_not_opened, settling_commits_and_gives_the_lease_back,
                a_thread_may_begin_with_its_end, settling_may_be_asked_again,
                what_was_committed_already_is_settled, who_lost_the_lease_settles_nothing,
                what_is_refused_settles_nothing;
            lists: the_newest_come_first, filters_fit_all_at_once, pages_follow_each_other,
                namespaces_are_listed_together;
            removal: retention_keeps_the_newest_and_what_they_need, old_checkpoints_go_by_age,
                pruning_all_threads_prunes_each, invocations_of_subgraphs_go,
                taking_back_the_newest_run, a_run_in_the_middle_may_go, a_run_goes_under_a_branch,
                a_copy_is_the_same_and_apart, copying_is_refused_onto_something,
                a_deleted_thread_is_gone;
            concurrency: many_threads_at_once, one_of_two_commits_wins;
        });
    };
}

pub(crate) use {all_cases, conformance};

/// What a store need not do itself, since the contract does it with the store's other calls.
mod defaults {
    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use moss_graph::RunId;
    use moss_graph::checkpoint::{
        CheckpointFilter, CheckpointQuery, CheckpointStore, Commit, Lease, LeaseRequest,
        ListedCheckpoint, MemoryStore, PendingWrites, Retention, StoreError, StoredCheckpoint,
        ThreadId,
    };

    use crate::support::Opened;

    struct Plain(MemoryStore);

    #[async_trait]
    impl CheckpointStore for Plain {
        async fn load(
            &self,
            query: &CheckpointQuery,
        ) -> Result<Option<StoredCheckpoint>, StoreError> {
            self.0.load(query).await
        }

        async fn commit(&self, lease: &Lease, commit: Arc<Commit>) -> Result<(), StoreError> {
            self.0.commit(lease, commit).await
        }

        async fn put_writes(&self, lease: &Lease, writes: PendingWrites) -> Result<(), StoreError> {
            self.0.put_writes(lease, writes).await
        }

        async fn list(
            &self,
            thread: &ThreadId,
            filter: &CheckpointFilter,
        ) -> Result<Vec<ListedCheckpoint>, StoreError> {
            self.0.list(thread, filter).await
        }

        async fn acquire(&self, request: &LeaseRequest) -> Result<Lease, StoreError> {
            self.0.acquire(request).await
        }

        async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
            self.0.renew(lease, ttl).await
        }

        async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
            self.0.release(lease).await
        }

        async fn delete_thread(&self, thread: &ThreadId) -> Result<(), StoreError> {
            self.0.delete_thread(thread).await
        }

        async fn delete_run(&self, thread: &ThreadId, run: &RunId) -> Result<u64, StoreError> {
            self.0.delete_run(thread, run).await
        }

        async fn copy_thread(&self, from: &ThreadId, to: &ThreadId) -> Result<(), StoreError> {
            self.0.copy_thread(from, to).await
        }

        async fn prune(
            &self,
            thread: Option<&ThreadId>,
            retention: &Retention,
        ) -> Result<u64, StoreError> {
            self.0.prune(thread, retention).await
        }
    }

    impl Opened for Plain {
        fn store(&self) -> &dyn CheckpointStore {
            self
        }
    }

    async fn open() -> Option<Plain> {
        Some(Plain(MemoryStore::new()))
    }

    super::all_cases!(open, properties: 50);
}

mod memory {
    use moss_graph::checkpoint::{CheckpointStore, MemoryStore};

    use crate::support::Opened;

    struct Memory(MemoryStore);

    impl Opened for Memory {
        fn store(&self) -> &dyn CheckpointStore {
            &self.0
        }
    }

    async fn open() -> Option<Memory> {
        Some(Memory(MemoryStore::new()))
    }

    super::all_cases!(open, properties: 200);
}
