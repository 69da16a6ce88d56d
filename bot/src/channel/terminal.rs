//! The terminal: numbered choices, plain text.

use std::fmt::Write;

use faq::{Block, Span};

use crate::dialogue::Message;
use crate::dialogue::texts;

/// A message as plain text. Choices are numbered from 1, as the dialogue understands typed numbers.
pub fn render(message: &Message) -> String {
    let mut out = String::new();
    if let Some(understood) = &message.understood {
        let _ = writeln!(out, "{}\n", texts::understood(understood));
    }
    for block in message.blocks.iter().chain(&message.more) {
        render_block(block, &mut out);
    }
    for card in message.places.iter().flat_map(|places| &places.cards) {
        out.push('\n');
        for line in texts::place::card_lines(card) {
            let _ = writeln!(out, "{}", words(&line));
        }
    }
    if let Some(attribution) = message.places.as_ref().and_then(|places| places.attribution.as_deref()) {
        let _ = writeln!(out, "{attribution}");
    }
    if let Some(line) = texts::basis_line(message) {
        let _ = writeln!(out, "\n{line}");
    }
    if message.stale {
        let _ = writeln!(out, "{}", texts::STALE);
    }
    let mut number = 0;
    for choice in &message.choices {
        match &choice.href {
            Some(href) => _ = writeln!(out, "  -  {} ({href})", choice.label),
            None => {
                number += 1;
                let _ = writeln!(out, "  {number}. {}", choice.label);
            }
        }
    }
    out
}

fn render_block(block: &Block, out: &mut String) {
    match block {
        Block::Paragraph { spans } => {
            let _ = writeln!(out, "{}", words(spans));
        }
        Block::Heading { text } => {
            let _ = writeln!(out, "\n{text}");
        }
        Block::Steps { items } => {
            for (number, item) in (1..).zip(items) {
                let _ = writeln!(out, "{number}. {}", words(item));
            }
        }
        Block::Bullets { items } => {
            for item in items {
                let _ = writeln!(out, "• {}", words(item));
            }
        }
    }
}

fn words(spans: &[Span]) -> String {
    let mut out = String::new();
    for span in spans {
        out.push_str(&span.text);
        if let Some(href) = span.href.as_deref().filter(|href| href.starts_with("https://") && **href != span.text) {
            let _ = write!(out, " ({href})");
        }
    }
    out
}
