//! The legal documents that answers cite: one home for their titles, addresses and dates.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::problem::Problem;
use crate::source::line_at;

const FILE: &str = "documents.toml";

/// A law, decree, circular or official page that answers rest on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// As a citizen reads it: "Nghị định 188/2025/NĐ-CP (BHYT)".
    pub title: String,
    /// Official page, `https://`.
    pub url: String,
    /// First day in force.
    #[serde(deserialize_with = "crate::date::deserialize")]
    pub from: Date,
    /// Last day in force; `None` while it is in force.
    #[serde(default, deserialize_with = "crate::date::deserialize_option")]
    pub to: Option<Date>,
}

/// Documents by key.
#[derive(Debug, Default)]
pub struct Documents(BTreeMap<String, Document>);

impl Documents {
    pub(crate) fn parse(text: &str, problems: &mut Vec<Problem>) -> Documents {
        match toml::from_str::<BTreeMap<String, Document>>(text) {
            Ok(documents) => {
                for (key, document) in &documents {
                    if !document.url.starts_with("https://") {
                        let line = text.find(&format!("[{key}]")).map_or(0, |at| line_at(text, at));
                        problems.push(Problem::new(FILE, line, format!("`{key}`: url must begin with https://")));
                    }
                }
                Documents(documents)
            }
            Err(error) => {
                let line = error.span().map_or(0, |span| line_at(text, span.start));
                problems.push(Problem::new(FILE, line, error.message()));
                Documents::default()
            }
        }
    }

    /// The document with this key.
    pub fn get(&self, key: &str) -> Option<&Document> {
        self.0.get(key)
    }
}
