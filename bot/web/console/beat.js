// A clock that keeps its pace. Browsers slow the timers of a tab that nobody looks at down to one a minute, which is as long as a
// lease lasts: an operator who reads a document in another tab would lose their conversations. Workers are not slowed down.

const BEAT_MS = 10_000;

setInterval(() => postMessage('beat'), BEAT_MS);
