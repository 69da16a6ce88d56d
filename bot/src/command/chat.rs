//! `hotro chat`: talk to the bot in the terminal. Nothing is stored.

use std::io::{BufRead, Write};

use hotro::channel::terminal;
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::dialogue::{Channel, Context, Event, Input, Lookups, Recorded, Situation, State, step};
use knowledge::news::News;

pub(crate) fn run(config: &Config) -> anyhow::Result<()> {
    let knowledge = super::load_knowledge(config)?;
    let places = super::load_places(config)?;
    let news = News::of_faq(knowledge.faq());
    let mut state = State::default();
    let mut out = std::io::stdout().lock();
    let mut say = |state: &mut State, input: &Input| -> anyhow::Result<()> {
        let now_ms = now_ms();
        let desk = &Situation::USUAL;
        let (channel, lookups) = (Channel::Terminal, Lookups::Off);
        let context = Context { knowledge: &knowledge, news: &news, now_ms, channel, desk, places: &places, lookups };
        for event in step(state, "terminal", input, &context).events {
            if let Event::BotMessage { message, .. } = &event {
                writeln!(out, "{}", terminal::render(message))?;
            }
            let seq = state.seq + 1;
            state.apply(&Recorded { seq, at_ms: now_ms, event });
        }
        write!(out, "> ")?;
        out.flush()?;
        Ok(())
    };
    say(&mut state, &Input::Start)?;
    for line in std::io::stdin().lock().split(b'\n') {
        // A terminal may send bytes that are no UTF-8: they are shown as such and answered like any text.
        let text = String::from_utf8_lossy(&line?).into_owned();
        say(&mut state, &Input::Message { text })?;
    }
    say!("");
    Ok(())
}
