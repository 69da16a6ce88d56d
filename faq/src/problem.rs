use std::fmt;

/// What a problem stands in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Wrong on any day: such a set is not served.
    Invalid,
    /// An answer names an amount that has no value on this day, and is not given. A set in service is not exchanged for one that
    /// brings this with it; but it comes with a new year too, and a server that starts must still give all the other answers.
    Withheld,
    /// The calendar has moved on: a review is overdue, a rule or a document has ended. Such a set is served.
    Due,
}

/// One thing to mend in the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, relative to the FAQ folder.
    pub path: String,
    /// Line, from 1; 0 when the problem is not at a line.
    pub line: usize,
    /// What is wrong and, where it helps, what is expected. English: editors' tooling reads it.
    pub message: String,
    /// What it stands in the way of.
    pub severity: Severity,
}

impl Problem {
    /// A problem that keeps the set from being served.
    pub(crate) fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Problem {
        Problem { path: path.into(), line, message: message.into(), severity: Severity::Invalid }
    }

    pub(crate) fn with(self, severity: Severity) -> Problem {
        Problem { severity, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// The content cannot be served. Holds every problem found, sorted by file and line.
#[derive(Debug, thiserror::Error)]
#[error("the FAQ has {} problem(s), first: {}", problems.len(), problems.first().map(ToString::to_string).unwrap_or_default())]
pub struct LoadError {
    /// All of them; never empty.
    pub problems: Vec<Problem>,
}
