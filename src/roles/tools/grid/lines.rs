//! Lines of stdin as they arrive, bounded in length whatever comes.

use std::io::{self, BufRead};

use super::Stop;

/// Longest input line; a code or a point is far shorter.
pub(super) const LINE_BYTES_MAX: usize = 4096;

/// One line of stdin, without its end.
pub(super) struct InputLine<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) bytes: &'a [u8],
    /// Whether more input has already arrived.
    pub(super) more_at_hand: bool,
}

impl InputLine<'_> {
    pub(super) fn text(&self) -> Result<&str, String> {
        if self.bytes.len() > LINE_BYTES_MAX {
            return Err(format!("a line of more than {LINE_BYTES_MAX} bytes is not allowed"));
        }
        str::from_utf8(self.bytes).map_err(|_| "a line that is not UTF-8 is not allowed".into())
    }
}

/// Hands out lines as they arrive; of one too long only the start is kept.
pub(super) fn for_each_line(
    mut input: impl BufRead,
    mut each: impl FnMut(InputLine<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if chunk.is_empty() {
            break;
        }
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let piece = &chunk[..end.unwrap_or(chunk.len())];
        let room = LINE_BYTES_MAX + 1 - line.len();
        line.extend_from_slice(&piece[..piece.len().min(room)]);
        let used = piece.len() + usize::from(end.is_some());
        let more_at_hand = used < chunk.len();
        input.consume(used);
        if end.is_some() {
            number += 1;
            each(InputLine { number, bytes: &line, more_at_hand })?;
            line.clear();
        }
    }
    if !line.is_empty() {
        each(InputLine { number: number + 1, bytes: &line, more_at_hand: false })?;
    }
    Ok(())
}
