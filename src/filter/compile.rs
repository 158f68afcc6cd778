//! From an expression to a filter: names are looked up, kinds are checked, constants are worked out.

use std::borrow::Cow;

use cql2::Expr;

use super::spatial::{self, Transform};
use super::temporal::{self, Span};
use super::term::{Arithmetic, Comparison, ListRelation, Measure, Term, Test};
use super::value::{Value, pattern};
use super::{FilterError, Kind, Queryables};

/// Names in a message at the most.
const NAMED: usize = 60;

/// Checks expressions against what there is to ask about.
pub(super) struct Compiler<'c> {
    pub(super) queryables: &'c Queryables,
    pub(super) transform: Transform<'c>,
}

type Args = Vec<Box<Expr>>;

impl Compiler<'_> {
    /// A test, from an expression that is to be true or false.
    pub(super) fn test(&self, expression: Expr) -> Result<Test, FilterError> {
        match expression {
            Expr::Operation { op, args } => match op.as_str() {
                "and" => Ok(Test::All(self.tests(args)?)),
                "or" => Ok(Test::Any(self.tests(args)?)),
                "not" => {
                    let [one] = exactly(&op, args)?;
                    Ok(Test::Not(Box::new(self.test(one)?)))
                }
                _ => self.predicate(op, args),
            },
            other => {
                let term = self.term(other)?;
                expect("the filter", &term, Kind::Boolean)?;
                Ok(Test::Is(term))
            }
        }
    }

    fn tests(&self, args: Args) -> Result<Vec<Test>, FilterError> {
        args.into_iter().map(|arg| self.test(*arg)).collect()
    }

    fn predicate(&self, op: String, args: Args) -> Result<Test, FilterError> {
        if let Some(comparison) = Comparison::named(&op) {
            let (a, b) = self.comparable(&op, args)?;
            return Ok(Test::Compare(comparison, a, b));
        }
        if let Some(relation) = spatial::Relation::named(&op) {
            let (a, b) = self.two(&op, args, Kind::Geometry)?;
            return Ok(Test::Spatial(relation, a, b));
        }
        if let Some((relation, is_turned)) = temporal::Relation::named(&op) {
            let [a, b] = exactly(&op, args)?;
            let (a, b) = (self.time(&op, a)?, self.time(&op, b)?);
            return Ok(if is_turned { Test::Temporal(relation, b, a) } else { Test::Temporal(relation, a, b) });
        }
        if let Some(relation) = ListRelation::named(&op) {
            let (a, b) = self.two(&op, args, Kind::List)?;
            return Ok(Test::List(relation, a, b));
        }
        match op.as_str() {
            "between" => {
                let [of, low, high] = exactly(&op, args)?;
                let (of, low) = agree(&op, self.term(of)?, self.term(low)?)?;
                let (of, high) = agree(&op, of, self.term(high)?)?;
                Ok(Test::Between(of, low, high))
            }
            "in" => {
                let [of, list] = exactly(&op, args)?;
                let mut of = self.term(of)?;
                let mut among = Vec::new();
                for one in list_of(&op, list)? {
                    let (same, one) = agree(&op, of, self.term(one)?)?;
                    of = same;
                    among.push(one);
                }
                Ok(Test::In(of, among))
            }
            "like" => {
                let (of, like) = self.two(&op, args, Kind::Text)?;
                let Some(Value::Text(like)) = like.constant() else {
                    return Err(wrong("the pattern of `like`", "a text that stands there", "something else"));
                };
                let like =
                    pattern(&like).map_err(|error| FilterError::Text { at: None, expected: error.to_string() })?;
                Ok(Test::Like(of, like))
            }
            "isNull" => {
                let [of] = exactly(&op, args)?;
                Ok(Test::IsNull(self.term(of)?))
            }
            _ => {
                let term = self.term(Expr::Operation { op, args })?;
                expect("the filter", &term, Kind::Boolean)?;
                Ok(Test::Is(term))
            }
        }
    }

    fn two(&self, op: &str, args: Args, kind: Kind) -> Result<(Term, Term), FilterError> {
        let [a, b] = exactly(op, args)?;
        let (a, b) = (self.term(a)?, self.term(b)?);
        expect(op, &a, kind)?;
        expect(op, &b, kind)?;
        Ok((a, b))
    }

    fn comparable(&self, op: &str, args: Args) -> Result<(Term, Term), FilterError> {
        let [a, b] = exactly(op, args)?;
        let (a, b) = agree(op, self.term(a)?, self.term(b)?)?;
        if matches!(a.kind().or(b.kind()), Some(Kind::Geometry | Kind::List))
            || matches!(a, Term::Interval(..))
            || matches!(b, Term::Interval(..))
        {
            return Err(wrong(&format!("what `{op}` compares"), "a single value", "a geometry, list or interval"));
        }
        Ok((a, b))
    }

    /// Something with a value.
    fn term(&self, expression: Expr) -> Result<Term, FilterError> {
        Ok(match expression {
            Expr::Property { property } => self.property(property)?,
            Expr::Literal(text) => Term::Constant(Value::Text(text.into())),
            Expr::Float(number) => Term::Constant(Value::Number(number)),
            Expr::Bool(yes) => Term::Constant(Value::Bool(yes)),
            Expr::Null => Term::Constant(Value::Null),
            Expr::Date { date } => Term::Constant(Value::Span(span(*date, Span::day)?)),
            Expr::Timestamp { timestamp } => Term::Constant(Value::Span(span(*timestamp, Span::instant)?)),
            Expr::Interval { interval } => self.interval(interval)?,
            Expr::Geometry(geometry) => {
                let geometry = spatial::geometry(geometry, self.transform)?;
                Term::Constant(Value::Geometry(Cow::Owned(geometry)))
            }
            Expr::BBox { bbox } => {
                let corner = |one: Box<Expr>| match *one {
                    Expr::Float(number) => Ok(number),
                    _ => Err(wrong("a corner of `bbox`", "a number", "something else")),
                };
                let corners: Vec<f64> = bbox.into_iter().map(corner).collect::<Result<_, _>>()?;
                Term::Constant(Value::Geometry(Cow::Owned(spatial::of_box(&corners, self.transform)?)))
            }
            Expr::Array(items) => Term::List(items.into_iter().map(|item| self.term(*item)).collect::<Result<_, _>>()?),
            Expr::Operation { op, args } => self.operation(op, args)?,
        })
    }

    fn property(&self, name: String) -> Result<Term, FilterError> {
        // Some clients write the members of a GeoJSON feature.
        let plain = name.strip_prefix("properties.").unwrap_or(&name);
        match self.queryables.get_key_value(plain) {
            Some((known, kind)) => Ok(Term::Property(known.clone(), *kind)),
            None => Err(FilterError::Unknown {
                name: name.chars().take(NAMED).collect(),
                known: self.queryables.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    fn operation(&self, op: String, args: Args) -> Result<Term, FilterError> {
        if let Some(arithmetic) = Arithmetic::named(&op) {
            return self.arithmetic(&op, arithmetic, args);
        }
        if let Some((measure, takes)) = Measure::named(&op) {
            return self.measure(&op, measure, takes, args);
        }
        let is_test = ["and", "or", "not", "between", "in", "like", "isNull"].contains(&op.as_str())
            || Comparison::named(&op).is_some()
            || spatial::Relation::named(&op).is_some()
            || temporal::Relation::named(&op).is_some()
            || ListRelation::named(&op).is_some();
        if is_test {
            return Ok(Term::Test(Box::new(self.test(Expr::Operation { op, args })?)));
        }
        match op.as_str() {
            "casei" | "accenti" => {
                let [of] = exactly(&op, args)?;
                let of = self.term(of)?;
                expect(&op, &of, Kind::Text)?;
                let folded = if op == "casei" { Term::Lower(Box::new(of)) } else { Term::Plain(Box::new(of)) };
                // What no feature is needed for is worked out once.
                let constant = match folded.constant() {
                    Some(Value::Text(text)) => Some(Value::Text(text.into_owned().into())),
                    _ => None,
                };
                Ok(constant.map_or(folded, Term::Constant))
            }
            "date" => constant_time(&op, args, Span::day),
            "timestamp" => constant_time(&op, args, Span::instant),
            "interval" => self.interval(args),
            _ => Err(FilterError::Operator(op.chars().take(NAMED).collect())),
        }
    }

    /// Reckoned from the left. A lone minus turns a number around.
    fn arithmetic(&self, op: &str, arithmetic: Arithmetic, args: Args) -> Result<Term, FilterError> {
        let got = args.len();
        let mut terms = args.into_iter().map(|arg| {
            let term = self.term(*arg)?;
            expect(op, &term, Kind::Number)?;
            Ok::<Term, FilterError>(term)
        });
        let arity = || FilterError::Arity { op: op.to_owned(), expected: "two things or more", got };
        let mut left = terms.next().ok_or_else(arity)??;
        if got == 1 && arithmetic == Arithmetic::Subtract {
            let zero = Term::Constant(Value::Number(0.0));
            return Ok(Term::Arithmetic(arithmetic, Box::new(zero), Box::new(left)));
        }
        if got < 2 {
            return Err(arity());
        }
        for right in terms {
            left = Term::Arithmetic(arithmetic, Box::new(left), Box::new(right?));
        }
        Ok(left)
    }

    fn measure(&self, op: &str, measure: Measure, takes: usize, args: Args) -> Result<Term, FilterError> {
        let got = args.len();
        if got != takes {
            let expected = if takes == 1 { "one geometry" } else { "two geometries" };
            return Err(FilterError::Arity { op: op.to_owned(), expected, got });
        }
        let mut of = Vec::with_capacity(takes);
        for arg in args {
            let term = self.term(*arg)?;
            expect(op, &term, Kind::Geometry)?;
            of.push(term);
        }
        let is_point = |term: &Term| matches!(term.constant(), Some(Value::Geometry(found)) if matches!(*found, geo_types::Geometry::Point(_)));
        if measure == Measure::Distance && !of.iter().any(is_point) {
            return Err(wrong("one side of `distance_m`", "a point that stands there", "another geometry"));
        }
        Ok(Term::Measure(measure, of))
    }

    fn interval(&self, ends: Args) -> Result<Term, FilterError> {
        let [from, to] = exactly("interval", ends)?;
        let end = |end: Expr| match end {
            Expr::Literal(open) if open == ".." => Ok(Term::Constant(Value::Span(Span::EVER))),
            other => self.time("interval", other),
        };
        Ok(Term::Interval(Box::new(end(from)?), Box::new(end(to)?)))
    }

    /// A day, an instant or an interval.
    fn time(&self, op: &str, expression: Expr) -> Result<Term, FilterError> {
        match self.term(expression)? {
            Term::Constant(Value::Text(text)) => Ok(Term::Constant(Value::Span(read_time(&text)?))),
            term => match term.kind() {
                None | Some(Kind::Date | Kind::Timestamp) => Ok(term),
                Some(got) => Err(wrong(&format!("what `{op}` is about"), "a date, timestamp or interval", got.word())),
            },
        }
    }
}

/// Two terms of one kind; text beside a time is read as a time.
fn agree(op: &str, a: Term, b: Term) -> Result<(Term, Term), FilterError> {
    let is_time = |kind: Option<Kind>| matches!(kind, Some(Kind::Date | Kind::Timestamp));
    match (a, b) {
        (a, Term::Constant(Value::Text(text))) if is_time(a.kind()) => {
            Ok((a, Term::Constant(Value::Span(read_time(&text)?))))
        }
        (Term::Constant(Value::Text(text)), b) if is_time(b.kind()) => {
            Ok((Term::Constant(Value::Span(read_time(&text)?)), b))
        }
        (a, b) => match (a.kind(), b.kind()) {
            (Some(one), Some(other)) if one != other && !(is_time(Some(one)) && is_time(Some(other))) => {
                Err(wrong(&format!("what `{op}` takes beside {}", one.word()), one.word(), other.word()))
            }
            _ => Ok((a, b)),
        },
    }
}

fn constant_time(op: &str, args: Args, read: fn(&str) -> Option<Span>) -> Result<Term, FilterError> {
    let [of] = exactly(op, args)?;
    Ok(Term::Constant(Value::Span(span(of, read)?)))
}

fn read_time(text: &str) -> Result<Span, FilterError> {
    Span::of(text).ok_or_else(|| FilterError::Time(text.chars().take(NAMED).collect()))
}

fn span(expression: Expr, read: fn(&str) -> Option<Span>) -> Result<Span, FilterError> {
    let Expr::Literal(text) = expression else {
        return Err(wrong("a date or timestamp", "a text", "something else"));
    };
    read(&text).ok_or_else(|| FilterError::Time(text.chars().take(NAMED).collect()))
}

fn list_of(op: &str, expression: Expr) -> Result<Vec<Expr>, FilterError> {
    match expression {
        Expr::Array(items) => Ok(items.into_iter().map(|item| *item).collect()),
        // One value in brackets is read as that value.
        Expr::Operation { .. } | Expr::Interval { .. } | Expr::Property { .. } | Expr::Geometry(_) => {
            Err(wrong(&format!("what `{op}` looks in"), "a list", "something else"))
        }
        one => Ok(vec![one]),
    }
}

fn exactly<const N: usize>(op: &str, args: Args) -> Result<[Expr; N], FilterError> {
    let got = args.len();
    let plain: Vec<Expr> = args.into_iter().map(|arg| *arg).collect();
    let expected = match N {
        1 => "one thing",
        2 => "two things",
        _ => "three things",
    };
    plain.try_into().map_err(|_| FilterError::Arity { op: op.to_owned(), expected, got })
}

fn expect(place: &str, term: &Term, kind: Kind) -> Result<(), FilterError> {
    match term.kind() {
        Some(got) if got != kind => Err(wrong(&format!("what `{place}` is about"), kind.word(), got.word())),
        _ => Ok(()),
    }
}

fn wrong(place: &str, expected: &'static str, got: &'static str) -> FilterError {
    FilterError::Kind { place: place.to_owned(), expected, got }
}

impl Term {
    /// What it holds; none: it may hold anything, or nothing.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Property(_, kind) => Some(*kind),
            Self::Constant(value) => match value {
                Value::Null => None,
                Value::Text(_) => Some(Kind::Text),
                Value::Number(_) => Some(Kind::Number),
                Value::Bool(_) => Some(Kind::Boolean),
                Value::Span(_) => Some(Kind::Timestamp),
                Value::Geometry(_) => Some(Kind::Geometry),
                Value::List(_) => Some(Kind::List),
            },
            Self::Arithmetic(..) | Self::Measure(..) => Some(Kind::Number),
            Self::Lower(_) | Self::Plain(_) => Some(Kind::Text),
            Self::Interval(..) => Some(Kind::Timestamp),
            Self::List(_) => Some(Kind::List),
            Self::Test(_) => Some(Kind::Boolean),
        }
    }
}
