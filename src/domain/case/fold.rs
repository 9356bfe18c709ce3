//! Several writers may report one case; the hub shows one picture of it.
//!
//! Enters: the newest applied picture of each writer, the opener's first. Leaves: their fold. What
//! the thing *is* (event, pattern, zone) stays the opener's; what is measured widens: earliest
//! start, latest sight, largest count. It is gone only when every writer calls it gone.

use crate::domain::wire::CaseFactData;

/// `None` for no picture at all.
pub fn fold(pictures: &[CaseFactData]) -> Option<CaseFactData> {
    let (opener, others) = pictures.split_first()?;
    let mut folded = opener.clone();
    for other in others {
        folded.place = folded.place.or_else(|| other.place.clone());
        folded.component_id = folded.component_id.or_else(|| other.component_id.clone());
        folded.owner = folded.owner.or_else(|| other.owner.clone());
        folded.first_seen_at = folded.first_seen_at.min(other.first_seen_at);
        folded.confirmed_at = folded.confirmed_at.min(other.confirmed_at);
        folded.last_seen_at = folded.last_seen_at.max(other.last_seen_at);
        folded.gone_at = folded.gone_at.zip(other.gone_at).map(|(a, b)| a.max(b));
        folded.dwell_secs = folded.dwell_secs.max(other.dwell_secs);
        folded.count = folded.count.max(other.count);
        folded.score = folded.score.max(other.score);
        folded.priority = folded.priority.min(other.priority);
        folded.witnesses.extend(other.witnesses.iter().cloned());
        folded.possibly_same_as.extend(&other.possibly_same_as);
    }
    Some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::WallTime,
        domain::{samples, wire::EventData},
    };

    fn picture(node: &str, first: i64, last: i64, gone: Option<i64>) -> CaseFactData {
        let at = WallTime::from_unix_millis;
        CaseFactData {
            event: EventData { code: node.to_owned(), ..samples::event() },
            last_seen_at: at(last),
            gone_at: gone.map(at),
            dwell_secs: (last - first) as f64,
            ..samples::case_fact(node, at(first))
        }
    }

    #[test]
    fn two_writers_widen_the_picture_and_only_both_end_it() {
        let (one, other) = (picture("a", 10, 20, Some(21)), picture("b", 5, 40, None));
        let both = fold(&[one.clone(), other.clone()]).unwrap();
        assert_eq!(both.event.code, "a");
        assert_eq!(
            (both.first_seen_at, both.last_seen_at),
            (other.first_seen_at, other.last_seen_at)
        );
        assert_eq!(both.gone_at, None);
        let ended = fold(&[one, picture("b", 5, 40, Some(41))]).unwrap();
        assert_eq!(ended.gone_at, Some(WallTime::from_unix_millis(41)));
        assert_eq!(fold(&[]), None);
    }
}
