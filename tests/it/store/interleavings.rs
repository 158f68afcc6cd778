//! Two writers on one feature, in any order and at the same time: who wrote upon the newest version
//! wins, once, and nobody else does.

use std::sync::Arc;

use platbook::domain::{Feature, FeatureId, Version};
use platbook::store::StoreError;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;

use super::suite::{Db, delete, made, set, sound, update};

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A writer looks at the feature.
    Read(usize),
    /// A writer writes upon the version seen last.
    Write(usize),
    /// A writer deletes the version seen last.
    Delete(usize),
    /// Both write upon what they saw last, at the same time.
    Both,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2_usize).prop_map(Step::Read),
        4 => (0..2_usize).prop_map(Step::Write),
        1 => (0..2_usize).prop_map(Step::Delete),
        4 => Just(Step::Both),
    ]
}

/// The feature as it must be, and as each writer has seen it.
struct Scene {
    db: Db,
    id: FeatureId,
    /// None once it is deleted.
    newest: Option<Version>,
    seen: [Feature; 2],
    writes: usize,
}

impl Scene {
    async fn play(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Read(writer) => {
                let found = self.db.feature(self.id).await.unwrap();
                prop_assert_eq!(found.as_ref().map(|feature| feature.version), self.newest);
                if let Some(feature) = found {
                    self.seen[writer] = feature;
                }
            }
            Step::Write(writer) => {
                let won = self.writing(writer).await.unwrap();
                prop_assert_eq!(won, self.is_newest(writer));
                self.newest = if won { self.newest.map(Version::next) } else { self.newest };
                self.writes += usize::from(won);
            }
            Step::Delete(writer) => {
                let won = won(self.db.append(set(vec![delete(&self.seen[writer])])).await);
                prop_assert_eq!(won, self.is_newest(writer));
                self.newest = if won { None } else { self.newest };
                self.writes += usize::from(won);
            }
            Step::Both => {
                let (left, right) = (self.writing(0), self.writing(1));
                let won = [left.await.unwrap(), right.await.unwrap()];
                let may = [self.is_newest(0), self.is_newest(1)];
                let winners = won.iter().filter(|won| **won).count();
                prop_assert_eq!(winners, usize::from(may[0] || may[1]), "won {:?}, might {:?}", won, may);
                prop_assert!(won.iter().zip(may).all(|(won, may)| !won || may), "won {:?}, might {:?}", won, may);
                self.newest = if winners > 0 { self.newest.map(Version::next) } else { self.newest };
                self.writes += winners;
            }
        }
        Ok(())
    }

    fn is_newest(&self, writer: usize) -> bool {
        self.newest == Some(self.seen[writer].version)
    }

    /// Begins to write upon what a writer saw; whether it came through.
    fn writing(&self, writer: usize) -> tokio::task::JoinHandle<bool> {
        let (db, edit) = (Arc::clone(&self.db), update(&self.seen[writer], &format!("writer {writer}")));
        tokio::spawn(async move { won(db.append(set(vec![edit])).await) })
    }
}

fn won<T>(appended: Result<T, StoreError>) -> bool {
    match appended {
        Ok(_) => true,
        Err(StoreError::Conflict { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

pub(super) async fn of_two_writers_the_one_on_the_newest_version_wins(db: Db) {
    let mut runner = TestRunner::new(Config { cases: 40, ..Config::default() });
    let ran = tokio::task::block_in_place(|| {
        runner.run(&prop::collection::vec(step(), 1..25), |steps| {
            Handle::current().block_on(async {
                let feature = made(&db, "start").await;
                let (id, newest) = (feature.id, Some(feature.version));
                let mut scene = Scene { db: Arc::clone(&db), id, newest, seen: [feature.clone(), feature], writes: 1 };
                for step in steps {
                    scene.play(step).await?;
                }
                let standing = db.feature(id).await.unwrap();
                prop_assert_eq!(standing.map(|feature| feature.version), scene.newest);
                prop_assert_eq!(db.history(id).await.unwrap().len(), scene.writes);
                Ok(())
            })
        })
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
    sound(&db).await;
}
