//! One conversation over the pure dialogue: the real FAQ, a fixed morning, no store.

use std::sync::{Arc, LazyLock};

use faq::Faq;
use hotro::dialogue::{Channel, Context, Event, Input, Lookups, Recorded, Situation, State, Turn, step};
use jiff::civil::datetime;
use jiff::tz::Offset;
use knowledge::Knowledge;
use knowledge::news::News;
use knowledge::places::Places;

/// The embedded FAQ with its index: slow to build, so built once.
pub fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("the embedded FAQ: {error}"));
        Knowledge::build(Arc::new(faq)).expect("the index of the embedded FAQ builds")
    });
    &KNOWLEDGE
}

/// The news that were written for the FAQ.
pub fn news() -> &'static News {
    static NEWS: LazyLock<News> = LazyLock::new(|| News::of_faq(knowledge().faq()));
    &NEWS
}

/// When every conversation of the tests takes place: 25/11/2026 09:00 in Vietnam.
pub fn now_ms() -> i64 {
    let morning = Offset::constant(7).to_timestamp(datetime(2026, 11, 25, 9, 0, 0, 0)).expect("a moment within jiff's range");
    morning.as_millisecond()
}

/// A log and its state, carried along turn by turn as the program does.
pub struct Conversation {
    channel: Channel,
    places: Arc<Places>,
    desk: Situation,
    /// How much later than [`now_ms`] it is.
    later_ms: i64,
    /// Everything that happened.
    pub log: Vec<Recorded>,
    /// What the log adds up to.
    pub state: State,
}

impl Conversation {
    /// An empty log.
    pub fn on(channel: Channel) -> Conversation {
        Conversation { channel, places: Places::embedded(), desk: Situation::USUAL, later_ms: 0, log: Vec::new(), state: State::default() }
    }

    /// The same while the desk is so.
    pub fn at(self, desk: Situation) -> Conversation {
        Conversation { desk, ..self }
    }

    /// The same with these places.
    pub fn in_places(self, places: Arc<Places>) -> Conversation {
        Conversation { places, ..self }
    }

    /// Time passes.
    pub fn waits(&mut self, ms: i64) {
        self.later_ms += ms;
    }

    /// What time it is there, in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        now_ms() + self.later_ms
    }

    /// Something that is not the citizen's doing, appended to the log.
    pub fn happens(&mut self, event: Event) {
        let recorded = Recorded { seq: self.state.seq + 1, at_ms: self.now_ms(), event };
        self.state.apply(&recorded);
        self.log.push(recorded);
    }

    /// One turn, appended to the log.
    pub fn hear(&mut self, input: &Input) -> Turn {
        let turn = self.step(input);
        for event in &turn.events {
            self.happens(event.clone());
        }
        turn
    }

    /// The turn that an input would lead to.
    pub fn step(&self, input: &Input) -> Turn {
        let (knowledge, news, desk) = (knowledge(), news(), &self.desk);
        let context =
            Context { knowledge, news, now_ms: self.now_ms(), channel: self.channel, desk, places: &self.places, lookups: Lookups::On };
        step(&self.state, &format!("input-{}", self.state.seq), input, &context)
    }
}
