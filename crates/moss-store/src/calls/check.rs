//! Checking what is stored.

use moss_graph::checkpoint::StoreError;

use super::live::History;
use super::rows::Rows;
use crate::rows::{NamespaceKey, damaged};

/// How many checkpoints are held at once.
const PAGE: usize = 100;

/// Fails where the state at some checkpoint of a namespace is not whole.
pub(crate) async fn check_namespace(
    rows: &mut impl Rows,
    namespace: NamespaceKey,
) -> Result<(), StoreError> {
    let history = History::new(rows.branches(namespace).await?, rows.marks(namespace).await?);
    let mut before = None;
    loop {
        let page = rows.checkpoints_before(namespace, before, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        before = Some(last.checkpoint.id);
        for row in page {
            if history.digest_at(row.point) != row.digest {
                let id = row.checkpoint.id;
                return Err(damaged(format!("the state at checkpoint {id} is not whole")));
            }
        }
    }
}
