//! The policy news on their way: fetched from feeds, kept in service on every node, sent to who follows them.

pub(crate) mod schedule;
