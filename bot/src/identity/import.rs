//! `hotro records import`.
