//! Places in service: loaded whole, and exchanged when an import has changed them.

use std::sync::Arc;
use std::time::Duration;

use knowledge::places::Places;
use tokio::sync::watch;

use crate::conversation::Conversations;
use crate::store::{Store, StoreError};

/// How often a node looks whether another process has imported.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The rows of the database over those that the program carries. Building takes a while: it is done off the turns' threads.
///
/// # Errors
/// The database fails.
pub async fn load(store: &Store) -> Result<(Arc<Places>, i64), StoreError> {
    // Read first: an import that comes in between is seen by the next look.
    let import = store.last_place_import().await?;
    if import == 0 {
        return Ok((Places::embedded(), import));
    }
    let rows = store.place_rows().await?;
    let built = tokio::task::spawn_blocking(move || Arc::new(Places::build(Places::embedded_rows().overlaid(rows)))).await;
    // Building does not panic; if it did, the set of the program is still there.
    Ok((built.unwrap_or_else(|_| Places::embedded()), import))
}

/// Keeps the conversations on the newest places until `stopping` turns true.
pub async fn watch(conversations: Arc<Conversations>, mut loaded: i64, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|&stopping| stopping) => return,
        }
        let store = conversations.store();
        match store.last_place_import().await {
            Ok(import) if import == loaded => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = format!("{:#}", anyhow::Error::new(error)), "cannot look for newer places: those in service go on");
                continue;
            }
        }
        match load(store).await {
            Ok((places, import)) => {
                loaded = import;
                tracing::info!(import, places = places.len(), "places were loaded again");
                conversations.set_places(places);
            }
            Err(error) => {
                tracing::warn!(error = format!("{:#}", anyhow::Error::new(error)), "newer places cannot be loaded: those in service go on")
            }
        }
    }
}
