use std::fmt;

/// One thing to mend in the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, relative to the FAQ folder.
    pub path: String,
    /// Line, from 1; 0 when the problem is not at a line.
    pub line: usize,
    /// What is wrong and, where it helps, what is expected. English: editors' tooling reads it.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Problem {
        Problem { path: path.into(), line, message: message.into() }
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
