//! Free text from outside: bounded, and without what looks like a telephone or identity number.
//!
//! Contact data is never stored. Fields for it do not exist; this keeps it out of notes as well.

/// Digits in one run that may be a telephone number.
const CONTACT_DIGITS_MIN: usize = 7;
/// Digits grouped by blanks, hyphens or dots; a date with its hour has ten.
const GROUPED_DIGITS_MIN: usize = 11;

/// Replaces what is long enough to be a telephone or identity number.
pub fn without_contacts(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut run = String::new();
    let flush = |run: &mut String, kept: &mut String| {
        let tail_at = run
            .rfind(|c: char| c.is_numeric())
            .map_or(0, |at| at + run[at..].chars().next().map_or(0, char::len_utf8));
        let (number, tail) = run.split_at(tail_at);
        let groups = || number.split(|c: char| !c.is_numeric()).map(|group| group.chars().count());
        let contact = groups().any(|digits| digits >= CONTACT_DIGITS_MIN)
            || groups().sum::<usize>() >= GROUPED_DIGITS_MIN;
        kept.push_str(if contact { "***" } else { number });
        kept.push_str(tail);
        run.clear();
    };
    for c in text.chars() {
        let grouping = matches!(c, ' ' | '-' | '.' | '\u{a0}') && !run.is_empty();
        if c.is_numeric() || grouping || (c == '+' && run.is_empty()) {
            run.push(c);
        } else {
            flush(&mut run, &mut kept);
            kept.push(c);
        }
    }
    flush(&mut run, &mut kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::without_contacts;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_people_go_and_numbers_of_things_stay() {
        for (text, kept) in [
            ("call 13800138000 please", "call *** please"),
            ("电话:0755-2345 6789。", "电话:***。"),
            ("+86 138 0013 8000", "***"),
            ("at 2026-01-01 10:00", "at 2026-01-01 10:00"),
            ("3 bins, gate 12 - 14", "3 bins, gate 12 - 14"),
            ("", ""),
        ] {
            assert_eq!(without_contacts(text), kept);
        }
    }

    proptest! {
        #[test]
        fn no_long_run_of_digits_survives(text in ".{0,80}") {
            let kept = without_contacts(&text);
            let longest = kept.split(|c: char| !c.is_numeric()).map(|run| run.chars().count()).max();
            prop_assert!(longest.unwrap_or(0) < super::CONTACT_DIGITS_MIN);
        }
    }
}
