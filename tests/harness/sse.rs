//! Server-sent events, as far as this program sends them: blocks of fields, one blank line behind each.

/// What came of a stream and is no whole block yet.
#[derive(Debug, Default)]
pub struct Blocks {
    unread: Vec<u8>,
}

/// One event, or a comment, which has no fields.
#[derive(Debug)]
pub struct Block(String);

impl Blocks {
    /// The blocks that are whole with this piece, in order.
    pub fn read(&mut self, piece: &[u8]) -> Vec<Block> {
        self.unread.extend_from_slice(piece);
        let mut blocks = Vec::new();
        while let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.unread.drain(..end + 2).collect();
            blocks.push(Block(String::from_utf8(block).expect("a stream of events is UTF-8")));
        }
        blocks
    }
}

impl Block {
    /// The field of this name: `id`, `event` or `data`; `None` when the block has none.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}
