//! The contract of the store, held against SQLite and PostgreSQL alike, and what is special to each.

mod accounts;
mod history;
mod interleavings;
mod postgres;
mod sqlite;
mod suite;
mod views;
mod webhooks;

use std::sync::Arc;

use platbook::store::{self, Store};

/// Runs every function of the suite against a fresh store of each kind.
macro_rules! against_both {
    ($($suite:ident: [$($promise:ident),* $(,)?]),* $(,)?) => {
        mod on_sqlite {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$suite::$promise(super::open(folder.path().join("deep/city.sqlite").to_str().unwrap()).await).await;
            })*)*
        }

        mod on_postgres {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$suite::$promise(super::open(&crate::support::postgres::fresh_database()).await).await;
            })*)*
        }
    };
}

against_both! {
    suite: [
        a_new_store_is_empty_and_sound,
        features_are_created_updated_and_deleted,
        a_conflict_shows_the_current_feature_and_leaves_nothing,
        a_deleted_feature_conflicts_with_nothing_current,
        a_feature_may_stand_in_one_edit_only,
        an_operation_is_applied_once,
        commits_come_whole_and_in_order,
        concurrent_appends_make_a_dense_log_without_visible_gaps,
        of_two_writers_on_one_feature_one_wins,
        the_scan_equals_the_replayed_log,
        a_scan_can_be_ended,
        intakes_add_up,
        every_geometry_and_text_comes_back,
        waiting_ends_with_news_and_without,
        twenty_thousand_creates_are_one_commit,
    ],
    history: [
        history_tells_each_change_with_its_commit,
        a_deleted_feature_can_be_brought_back_once,
        the_log_tells_states_summaries_and_times,
        time_never_runs_back_in_the_log,
    ],
    interleavings: [of_two_writers_the_one_on_the_newest_version_wins],
    accounts: [
        accounts_come_back_as_they_were_given,
        sessions_begin_end_and_go_with_their_account,
        tokens_are_numbered_listed_and_taken_back,
        view_tokens_end_with_what_made_them,
        the_audit_list_is_read_from_its_end,
        accounts_do_not_disturb_the_log,
    ],
    webhooks: [
        webhooks_come_back_as_they_were_given,
        one_server_at_a_time_has_the_turn,
        what_is_given_up_is_kept_and_gone_past,
    ],
    views: [
        saved_views_come_back_as_they_were_given,
        saved_views_are_listed_for_those_who_see_them,
        nobody_keeps_more_saved_views_than_they_may,
    ],
}

async fn open(database: &str) -> Arc<dyn Store> {
    store::open(database).await.unwrap()
}
