//! Figures of some days, for supervisors. Days and hours are Vietnam's: UTC+7, no summer time.

use sqlx::query_as;

use super::pools::{Pools, on_reader};
use super::{Store, StoreError};

/// Vietnam's distance from UTC.
const OFFSET_MS: i64 = 7 * 60 * 60 * 1_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Topics that are listed, those answered most.
const TOPICS_MAX: u32 = 50;

/// When something took place: from `since_ms`, before `until_ms`, in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its begin.
    pub since_ms: i64,
    /// Its end, not included.
    pub until_ms: i64,
}

/// How a handoff went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct HandoffTimes {
    /// When the citizen asked.
    pub queued_ms: i64,
    /// When an operator took it first.
    pub first_claimed_ms: Option<i64>,
    /// When an operator wrote first.
    pub first_reply_ms: Option<i64>,
    /// When it ended.
    pub closed_ms: Option<i64>,
    /// Whether it was resolved.
    pub resolved: bool,
}

impl Store {
    /// Conversations that began in a span, by channel and hour since 1970 in Vietnam.
    ///
    /// # Errors
    /// The database fails.
    pub async fn conversations_by_hour(&self, span: Span) -> Result<Vec<(String, i64, i64)>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select channel, (created_ms + $3) / $4 as hour, count(*) from conversation
             where created_ms >= $1 and created_ms < $2 group by channel, (created_ms + $3) / $4 order by channel, hour"
        )
        .bind(span.since_ms)
        .bind(span.until_ms)
        .bind(OFFSET_MS)
        .bind(HOUR_MS)
        .fetch_all(pool)
        .await)?)
    }

    /// How the bot's replies ended, in the conversations that began in a span: outcome and count.
    ///
    /// # Errors
    /// The database fails.
    pub async fn outcomes(&self, span: Span) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(match &self.0.pools {
            Pools::Sqlite { read, .. } => {
                query_as(
                    "select event.body ->> '$.outcome' as outcome, count(*) from conversation
                     join event on event.conversation_id = conversation.conversation_id and event.kind = 'bot_message'
                     where created_ms >= $1 and created_ms < $2 group by outcome",
                )
                .bind(span.since_ms)
                .bind(span.until_ms)
                .fetch_all(read)
                .await
            }
            Pools::Postgres(pool) => {
                query_as(
                    "select event.body::json ->> 'outcome' as outcome, count(*) from conversation
                     join event on event.conversation_id = conversation.conversation_id and event.kind = 'bot_message'
                     where created_ms >= $1 and created_ms < $2 group by outcome",
                )
                .bind(span.since_ms)
                .bind(span.until_ms)
                .fetch_all(pool)
                .await
            }
        }?)
    }

    /// The topics answered most in the conversations that began in a span: topic and count.
    ///
    /// # Errors
    /// The database fails.
    pub async fn topics_answered(&self, span: Span) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(match &self.0.pools {
            Pools::Sqlite { read, .. } => {
                query_as(
                    "select topic, count(*) as answered from (
                         select event.body ->> '$.decided.topic' as topic from conversation
                         join event on event.conversation_id = conversation.conversation_id and event.kind = 'bot_message'
                         where created_ms >= $1 and created_ms < $2 and event.body ->> '$.outcome' = 'answered') as given
                     where topic is not null group by topic order by answered desc, topic limit $3",
                )
                .bind(span.since_ms)
                .bind(span.until_ms)
                .bind(i64::from(TOPICS_MAX))
                .fetch_all(read)
                .await
            }
            Pools::Postgres(pool) => {
                query_as(
                    "select topic, count(*) as answered from (
                         select event.body::json #>> '{decided,topic}' as topic from conversation
                         join event on event.conversation_id = conversation.conversation_id and event.kind = 'bot_message'
                         where created_ms >= $1 and created_ms < $2 and event.body::json ->> 'outcome' = 'answered') as given
                     where topic is not null group by topic order by answered desc, topic limit $3",
                )
                .bind(span.since_ms)
                .bind(span.until_ms)
                .bind(i64::from(TOPICS_MAX))
                .fetch_all(pool)
                .await
            }
        }?)
    }

    /// Ends of talks and their ratings, in the conversations that began in a span: conversation, kind and body, in order.
    ///
    /// # Errors
    /// The database fails.
    pub async fn ratings(&self, span: Span) -> Result<Vec<(String, String, String)>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select event.conversation_id, event.kind, event.body from conversation
             join event on event.conversation_id = conversation.conversation_id and event.kind in ('rated', 'handoff_resolved')
             where created_ms >= $1 and created_ms < $2 order by event.conversation_id, event.seq"
        )
        .bind(span.since_ms)
        .bind(span.until_ms)
        .fetch_all(pool)
        .await)?)
    }

    /// How the handoffs asked for in a span went.
    ///
    /// # Errors
    /// The database fails.
    pub async fn handoff_times(&self, span: Span) -> Result<Vec<HandoffTimes>, StoreError> {
        Ok(on_reader!(self, |pool| query_as(
            "select queued_ms, first_claimed_ms, first_reply_ms, closed_ms, state = 'resolved' as resolved from handoff
             where queued_ms >= $1 and queued_ms < $2"
        )
        .bind(span.since_ms)
        .bind(span.until_ms)
        .fetch_all(pool)
        .await)?)
    }
}
