//! Conditions in the part of Python that Data-Juicer's `general_field_filter` knows.
//!
//! What Python's grammar accepts and Data-Juicer does not evaluate (calls, arithmetic, subscripts) is
//! parsed as far as it can be told from nonsense, and refused when it is met.

mod evaluate;
mod parser;
mod token;

pub(crate) use evaluate::Row;
pub(crate) use parser::Condition;

/// A node of a condition.
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Constant(serde_json::Value),
    Name(String),
    Attribute(Box<Self>, String),
    /// `and` (all) or `or` (any).
    Logic {
        is_and: bool,
        values: Vec<Self>,
    },
    Compare {
        first: Box<Self>,
        rest: Vec<(Comparison, Self)>,
    },
    Negative(Box<Self>),
    Positive(Box<Self>),
    Not(Box<Self>),
    /// A list, a tuple or a set.
    Items(Vec<Self>),
    /// What Data-Juicer does not evaluate, by Python's name for it.
    Unsupported(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Greater,
    Less,
    Equal,
    Different,
    AtLeast,
    AtMost,
    In,
    NotIn,
    /// `is` or `is not`, which Data-Juicer does not compare by.
    Is(&'static str),
}
