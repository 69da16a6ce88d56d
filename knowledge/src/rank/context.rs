//! Follow-up questions: "thế còn chồng thì sao?" leans on the topic answered before it.

use faq::{Faq, TopicId};

use super::{Asked, Column, Scale, Scorer};

pub(super) const COLUMNS: [Column; 1] = [Column { name: "context", scale: Scale::Plain, stand_in: None }];

/// In units of the fused score (log-odds against another topic). There is no corpus of follow-ups to fit them on: large enough to
/// break ties between neighbours, too small to beat a question that names another subject. The same topic has just been read, and the
/// words borrowed from its title speak for it already.
const SAME_TOPIC: f32 = -1.0;
const RELATED_TOPIC: f32 = 1.0;
const SAME_DOMAIN: f32 = 0.5;

/// The topic that a question leans on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    /// Its number.
    pub(crate) topic: usize,
}

/// Which topics lie close to which.
pub(crate) struct Neighbourhood {
    related: Vec<Vec<usize>>,
    domains: Vec<String>,
}

impl Neighbourhood {
    /// `topics` in the order of their numbers; ids that are not in the FAQ have no neighbours.
    pub(crate) fn new(topics: &[TopicId], faq: &Faq) -> Neighbourhood {
        let number = |id: &TopicId| topics.binary_search(&faq.topic(id.as_str())?.id).ok();
        let related = topics.iter().map(|id| {
            let topic = faq.topic(id.as_str());
            topic.map(|topic| topic.related.iter().filter_map(number).collect()).unwrap_or_default()
        });
        Neighbourhood { related: related.collect(), domains: topics.iter().map(|id| id.domain().to_owned()).collect() }
    }
}

impl Scorer for Neighbourhood {
    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn score(&self, asked: &Asked<'_>, columns: &mut [Vec<f32>]) {
        let ([scores], Some(Context { topic: last })) = (columns, asked.context) else { return };
        // The lookup, which has no domain, never gains.
        for (topic, score) in scores.iter_mut().enumerate().take(self.domains.len()) {
            if topic == last {
                *score = SAME_TOPIC;
            } else if self.related[last].contains(&topic) {
                *score = RELATED_TOPIC;
            } else if self.domains[topic] == self.domains[last] {
                *score = SAME_DOMAIN;
            }
        }
    }
}
