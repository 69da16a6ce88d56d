//! The learned ranker: what the network makes of the question.

use std::sync::Arc;

use super::{Asked, Column, Scale, Scorer};
use crate::corpus::Corpus;
use crate::network::{Judgement, Network};
use crate::terms::BORROWED_WEIGHT;

/// A topic that is newer than the network is judged by its language alone.
pub(super) const COLUMNS: [Column; 2] = [
    Column { name: "network", scale: Scale::Standardized, stand_in: Some("likelihood") },
    Column { name: "network_least", scale: Scale::Standardized, stand_in: Some("likelihood") },
];

/// The network and which of its classes is which topic.
pub(crate) struct Learned {
    network: Arc<Network>,
    /// By topic number; `None` for a topic that the network was not taught.
    classes: Vec<Option<usize>>,
}

impl Learned {
    pub(crate) fn new(network: Arc<Network>, corpus: &Corpus) -> Learned {
        let class_of = |name: String| network.classes().iter().position(|class| *class == name);
        let classes = (0..corpus.answers.len()).map(|number| class_of(corpus.name(number))).collect();
        Learned { network, classes }
    }
}

impl Scorer for Learned {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn knows(&self, topic: usize) -> bool {
        self.classes[topic].is_some()
    }

    fn score(&self, asked: &Asked<'_>, columns: &mut [Vec<f32>]) {
        let [means, leasts] = columns else { return };
        let Judgement { mean, least } = self.network.judge(asked.features, asked.borrowed, BORROWED_WEIGHT);
        for (scores, by_class) in [(means, mean), (leasts, least)] {
            let middle = by_class.iter().sum::<f32>() / by_class.len().max(1) as f32;
            for (score, class) in scores.iter_mut().zip(&self.classes) {
                *score = class.map_or(middle, |class| by_class[class]);
            }
        }
    }
}
