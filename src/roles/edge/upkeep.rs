//! What an edge does regularly: cards, statistics, and forgetting what is old.

use super::{
    counters::EdgeCounters,
    masking::Faces,
    report::{Teller, coverage_of},
    waiting::Waiting,
};
use crate::{
    base::shutdown::Shutdown,
    domain::{
        coverage::CardCoverage,
        wire::{DetectorData, FallbackData},
    },
    drivers::{detector::pool::DetectorPool, footage::Footage, store::edge::EdgeStore},
    roles::config::edge::EdgeConfig,
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

const STATS_EVERY: Duration = Duration::from_secs(60);
const CARDS_EVERY: Duration = Duration::from_secs(20);
const CANDIDATES_EVERY: Duration = Duration::from_secs(60);
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

pub struct Upkeep<'a> {
    pub config: &'a EdgeConfig,
    pub teller: Teller,
    pub footage: Footage,
    pub store: &'a EdgeStore,
    pub boot_id: Uuid,
    pub counters: Arc<EdgeCounters>,
    pub detector: DetectorData,
    pub faces: Faces,
}

impl Upkeep<'_> {
    pub async fn run(&self, shutdown: &Shutdown, waiting: &Waiting) {
        let every = tokio::time::interval;
        let seen: Vec<_> = self.config.pipelines.iter().map(coverage_of).collect();
        let (mut cards, mut stats, mut prunes) =
            (every(CARDS_EVERY), every(STATS_EVERY), every(PRUNE_EVERY));
        let mut candidates = every(CANDIDATES_EVERY);
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                _ = cards.tick() => self.tell_cards(&seen),
                _ = stats.tick() => self.tell_stats().await,
                _ = prunes.tick() => self.prune().await,
                _ = candidates.tick() => waiting.store(self.store).await,
            }
        }
    }

    fn tell_cards(&self, seen: &[Option<CardCoverage>]) {
        for (pipeline, seen) in self.config.pipelines.iter().zip(seen) {
            let footage = pipeline.recording.map(|_| &self.footage);
            let masks = self.faces.masks_name(pipeline, &self.detector.model);
            self.teller.card(pipeline, seen.as_ref(), footage, masks);
        }
    }

    async fn tell_stats(&self) {
        let outbox = self.store.outbox_depth().await.unwrap_or_default();
        let uploads = self.store.uploads_depth().await.unwrap_or_default();
        self.teller.stats(self.boot_id, &self.counters, (outbox, uploads), &self.detector);
    }

    async fn prune(&self) {
        match self.store.prune(self.teller.clock.wall()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old answers and ended cases are forgotten"),
            Err(error) => tracing::warn!(%error, "old answers and ended cases stay"),
        }
    }
}

/// What runs the model, and why nothing better does, as `stats` states it.
pub fn detector_data(pool: &DetectorPool) -> DetectorData {
    let report = pool.report();
    let fallbacks = report.fallbacks.iter().map(|fallback| FallbackData {
        provider: fallback.provider.to_string(),
        reason: fallback.reason.clone(),
    });
    DetectorData {
        model: pool.model().clone(),
        provider: report.used.to_string(),
        fallbacks: fallbacks.collect(),
    }
}
