//! Days, instants and intervals, and their relations (OGC 21-065r2, clause 7.9, after Allen 1983).
//!
//! A day is the whole of it, in UTC.

use std::cmp::Ordering;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// From a first to a last instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: Timestamp,
    end: Timestamp,
    is_day: bool,
}

const DAY_S: i64 = 24 * 60 * 60;

impl Span {
    /// All time: the open end of an interval.
    pub(super) const EVER: Self = Self { start: Timestamp::MIN, end: Timestamp::MAX, is_day: false };

    /// A day, `2025-06-30`.
    pub fn day(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        let start = day.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
        let end =
            day.tomorrow().ok()?.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp() - SignedDuration::from_nanos(1);
        Some(Self { start, end, is_day: true })
    }

    /// An instant, `2025-06-30T08:00:00Z`.
    pub fn instant(text: &str) -> Option<Self> {
        let at: Timestamp = text.parse().ok()?;
        Some(Self { start: at, end: at, is_day: false })
    }

    /// A day or an instant.
    pub(super) fn of(text: &str) -> Option<Self> {
        // A day has no time after it.
        if text.len() > "2025-06-30".len() { Self::instant(text) } else { Self::day(text) }
    }

    /// From the beginning of one to the end of another.
    pub(super) const fn between(from: Self, to: Self) -> Self {
        Self { start: from.start, end: to.end, is_day: false }
    }

    /// Which is earlier. Beside a day, an instant is its day.
    pub(super) fn order(self, other: Self) -> Ordering {
        if self.is_day == other.is_day {
            return self.start.cmp(&other.start);
        }
        let day = |span: Self| span.start.as_second().div_euclid(DAY_S);
        day(self).cmp(&day(other))
    }
}

/// How two spans lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Before,
    Meets,
    Overlaps,
    Starts,
    During,
    Finishes,
    Equals,
    Disjoint,
    Intersects,
}

impl Relation {
    /// By the name of an operator, and whether it is asked the other way round.
    pub(super) fn named(op: &str) -> Option<(Self, bool)> {
        Some(match op {
            "t_before" => (Self::Before, false),
            "t_after" => (Self::Before, true),
            "t_meets" => (Self::Meets, false),
            "t_metBy" => (Self::Meets, true),
            "t_overlaps" => (Self::Overlaps, false),
            "t_overlappedBy" => (Self::Overlaps, true),
            "t_starts" => (Self::Starts, false),
            "t_startedBy" => (Self::Starts, true),
            "t_during" => (Self::During, false),
            "t_contains" => (Self::During, true),
            "t_finishes" => (Self::Finishes, false),
            "t_finishedBy" => (Self::Finishes, true),
            "t_equals" => (Self::Equals, false),
            "t_disjoint" => (Self::Disjoint, false),
            "t_intersects" => (Self::Intersects, false),
            _ => return None,
        })
    }

    pub(super) fn holds(self, a: Span, b: Span) -> bool {
        match self {
            Self::Before => a.end < b.start,
            Self::Meets => a.end == b.start,
            Self::Overlaps => a.start < b.start && b.start < a.end && a.end < b.end,
            Self::Starts => a.start == b.start && a.end < b.end,
            Self::During => a.start > b.start && a.end < b.end,
            Self::Finishes => a.start > b.start && a.end == b.end,
            Self::Equals => a.start == b.start && a.end == b.end,
            Self::Disjoint => a.start > b.end || a.end < b.start,
            Self::Intersects => a.start <= b.end && a.end >= b.start,
        }
    }
}
