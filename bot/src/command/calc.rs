//! `hotro calc`: a calculator in the terminal.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use hotro::calculator::{Answers, Calculator, Law, Slot, Value, calculate};
use hotro::channel::terminal;
use hotro::config::Config;
use hotro::conversation::now_ms;
use hotro::dialogue::texts::calculation as words;
use hotro::dialogue::{Message, day_in_vietnam};
use jiff::civil::Date;
use serde_json::json;

pub(crate) fn run(config: &Config, name: &str, inputs: &[String], day: Option<Date>, as_json: bool) -> anyhow::Result<()> {
    let Ok(calculator) = name.parse::<Calculator>() else {
        let names: Vec<&str> = Calculator::ALL.into_iter().map(Calculator::name).collect();
        bail!("no calculator `{name}`: expected one of {}", names.join(", "));
    };
    let mut answers = Answers::default();
    for input in inputs {
        let (slot, value) = input.split_once('=').with_context(|| format!("`{input}`: expected name=value"))?;
        let known = slot.parse::<Slot>().ok().filter(|slot| calculator.slots().contains(slot));
        let Some(slot) = known else {
            let names: Vec<&str> = calculator.slots().iter().map(|slot| slot.name()).collect();
            bail!("`{slot}`: {name} takes {}", names.join(", "));
        };
        let value = Value::parse(slot, value).with_context(|| format!("`{input}` cannot be read"))?;
        answers.set(slot, value).with_context(|| format!("`{input}`"))?;
    }
    let faq = super::load_faq(config)?;
    let law = Law::new(faq.constants());
    let today = day.unwrap_or_else(|| day_in_vietnam(now_ms()));
    let outcome = calculate(calculator, &answers, today, law)?;
    if as_json {
        let printed = json!({ "calculator": calculator.name(), "as_of": today.to_string(), "answers": answers, "result": outcome });
        say!("{}", serde_json::to_string_pretty(&printed)?);
        return Ok(());
    }
    let sheet = words::sheet(calculator, &answers, &BTreeSet::new(), &outcome, law, today);
    print!("{}", terminal::render(&Message { blocks: sheet.blocks, more: sheet.more, ..Message::default() }));
    Ok(())
}
