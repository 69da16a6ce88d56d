//! What supervisors can change while the program runs: the hours, the switches, what citizens are told meanwhile.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::calendar::Calendar;
use crate::dialogue::Situation;
use crate::store::{NewAudit, Store, StoreError};

/// What citizens are told while something is switched off: some lines on a phone.
pub const MESSAGE_CHARS_MAX: usize = 500;
/// A promise longer than an hour is none.
pub const SERVICE_LEVEL_S_MAX: u32 = 3_600;

/// The settings of the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether the bot answers.
    pub bot_enabled: bool,
    /// Whether citizens can be handed over.
    pub handoff_enabled: bool,
    /// What citizens are told while something is switched off; empty: the usual words alone.
    pub message: String,
    /// When the operators are there.
    #[schema(value_type = Object)]
    pub calendar: Calendar,
    /// Claimed within so many seconds is in time.
    pub service_level_s: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { bot_enabled: true, handoff_enabled: true, message: String::new(), calendar: Calendar::default(), service_level_s: 120 }
    }
}

impl Settings {
    /// What supervisors have saved, or else `defaults`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(store: &Store, defaults: Settings) -> Result<Settings, StoreError> {
        let Some(body) = store.desk_setting().await? else { return Ok(defaults) };
        serde_json::from_str(&body).map_err(|error| StoreError::Database(format!("the settings of the desk cannot be read: {error}")))
    }

    /// Saves them for all nodes.
    ///
    /// # Errors
    /// The database fails.
    pub async fn save(&self, store: &Store, audit: &NewAudit) -> Result<(), StoreError> {
        let body = serde_json::to_string(self).map_err(|error| StoreError::Database(error.to_string()))?;
        store.save_desk_setting(&body, audit).await
    }

    /// The field that is not of its form.
    pub fn refused(&self) -> Option<&'static str> {
        if self.message.chars().count() > MESSAGE_CHARS_MAX {
            return Some("message");
        }
        (!(1..=SERVICE_LEVEL_S_MAX).contains(&self.service_level_s)).then_some("service_level_s")
    }

    /// What a turn needs to know.
    pub fn situation(&self, now_ms: i64) -> Situation {
        let open = self.calendar.is_open(now_ms);
        let notice = Some(self.message.trim()).filter(|message| !message.is_empty()).map(str::to_owned);
        Situation {
            open,
            next_opening_ms: if open { None } else { self.calendar.next_opening(now_ms) },
            bot_enabled: self.bot_enabled,
            handoff_enabled: self.handoff_enabled,
            notice,
        }
    }

    /// The promised wait, in milliseconds.
    pub fn service_level_ms(&self) -> i64 {
        i64::from(self.service_level_s) * 1_000
    }
}
