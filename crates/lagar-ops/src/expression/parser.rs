//! A condition's text → its meaning, by precedence as in Python's grammar.

use serde_json::Value;

use super::token::{Token, tokens};
use super::{Comparison, Expression};

/// A condition that can be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition(pub(super) Expression);

/// How deep brackets and signs may nest; Python gives up at a similar depth.
const DEEPEST: usize = 90;

impl Condition {
    /// Understands a condition.
    ///
    /// # Errors
    /// In words, when it is no expression of Python.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
        let expression = parser.test()?;
        match parser.peek() {
            None => Ok(Self(expression)),
            Some(Token::Mark(",")) => {
                let mut items = vec![expression];
                while parser.takes(",") && parser.peek().is_some() {
                    items.push(parser.test()?);
                }
                parser.end().map(|()| Self(Expression::Items(items)))
            }
            Some(_) => Err(parser.unexpected()),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "is", "if", "else", "lambda", "for"];
/// Operators between comparisons and signs, which Data-Juicer does not evaluate.
const ARITHMETIC: [&str; 12] = ["|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "@"];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn is_mark(&self, mark: &str) -> bool {
        matches!(self.peek(), Some(Token::Mark(found)) if *found == mark)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(found)) if found == word)
    }

    fn takes(&mut self, mark: &str) -> bool {
        let found = self.is_mark(mark);
        self.next += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            None => "it ends too early".to_owned(),
            Some(Token::Name(name)) => format!("unexpected `{name}`"),
            Some(Token::Number(number)) => format!("unexpected `{number}`"),
            Some(Token::Text(text)) => format!("unexpected `{text:?}`"),
            Some(Token::Mark(mark)) => format!("unexpected `{mark}`"),
        }
    }

    fn end(&self) -> Result<(), String> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect(&mut self, mark: &str) -> Result<(), String> {
        if self.takes(mark) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A whole expression, `… if … else …` included.
    fn test(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let value = self.either()?;
        let value = if self.takes_word("if") {
            self.either()?;
            if !self.takes_word("else") {
                return Err(self.unexpected());
            }
            self.test()?;
            Expression::Unsupported("IfExp")
        } else {
            value
        };
        self.depth -= 1;
        Ok(value)
    }

    fn either(&mut self) -> Result<Expression, String> {
        let first = self.both()?;
        if !self.is_word("or") {
            return Ok(first);
        }
        let mut values = vec![first];
        while self.takes_word("or") {
            values.push(self.both()?);
        }
        Ok(Expression::Logic { is_and: false, values })
    }

    fn both(&mut self) -> Result<Expression, String> {
        let first = self.negation()?;
        if !self.is_word("and") {
            return Ok(first);
        }
        let mut values = vec![first];
        while self.takes_word("and") {
            values.push(self.negation()?);
        }
        Ok(Expression::Logic { is_and: true, values })
    }

    fn negation(&mut self) -> Result<Expression, String> {
        let mut times = 0_usize;
        while self.takes_word("not") {
            times += 1;
        }
        if times > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let value = self.comparison()?;
        Ok((0..times).fold(value, |value, _| Expression::Not(Box::new(value))))
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let first = self.arithmetic()?;
        let mut rest = Vec::new();
        while let Some(comparison) = self.comparator() {
            rest.push((comparison, self.arithmetic()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expression::Compare { first: Box::new(first), rest })
    }

    fn comparator(&mut self) -> Option<Comparison> {
        let marks = [
            (">", Comparison::Greater),
            ("<", Comparison::Less),
            ("==", Comparison::Equal),
            ("!=", Comparison::Different),
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
        ];
        if let Some((_, found)) = marks.into_iter().find(|(mark, _)| self.takes(mark)) {
            return Some(found);
        }
        if self.takes_word("in") {
            return Some(Comparison::In);
        }
        if self.takes_word("is") {
            let is_not = self.takes_word("not");
            return Some(Comparison::Is(if is_not { "IsNot" } else { "Is" }));
        }
        let next = self.tokens.get(self.next + 1);
        let is_not_in =
            self.is_word("not") && matches!(next, Some(Token::Name(name)) if name == "in");
        if is_not_in {
            self.next += 2;
            return Some(Comparison::NotIn);
        }
        None
    }

    fn arithmetic(&mut self) -> Result<Expression, String> {
        let mut value = self.sign()?;
        while ARITHMETIC.iter().any(|mark| self.is_mark(mark)) {
            self.next += 1;
            self.sign()?;
            value = Expression::Unsupported("BinOp");
        }
        Ok(value)
    }

    fn sign(&mut self) -> Result<Expression, String> {
        let mut signs = Vec::new();
        while let Some(mark) = ["-", "+", "~"].into_iter().find(|mark| self.is_mark(mark)) {
            self.next += 1;
            signs.push(mark);
        }
        if signs.len() > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let mut value = self.primary()?;
        if self.takes("**") {
            self.sign()?;
            value = Expression::Unsupported("BinOp");
        }
        for sign in signs.into_iter().rev() {
            value = match sign {
                "-" => Expression::Negative(Box::new(value)),
                "+" => Expression::Positive(Box::new(value)),
                _ => Expression::Unsupported("Invert"),
            };
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expression, String> {
        let mut value = self.atom()?;
        loop {
            if self.takes(".") {
                let Some(Token::Name(name)) = self.peek().cloned() else {
                    return Err(self.unexpected());
                };
                self.next += 1;
                value = Expression::Attribute(Box::new(value), name);
            } else if self.takes("(") {
                self.list(")")?;
                value = Expression::Unsupported("Call");
            } else if self.takes("[") {
                self.list("]")?;
                value = Expression::Unsupported("Subscript");
            } else {
                return Ok(value);
            }
        }
    }

    fn atom(&mut self) -> Result<Expression, String> {
        let token = self.peek().cloned().ok_or_else(|| self.unexpected())?;
        match token {
            Token::Number(number) => {
                self.next += 1;
                Ok(Expression::Constant(number))
            }
            Token::Text(text) => {
                self.next += 1;
                Ok(Expression::Constant(Value::from(text)))
            }
            Token::Name(name) => self.name(name),
            Token::Mark("(") => {
                self.next += 1;
                let (mut items, has_comma) = self.list(")")?;
                if items.len() == 1 && !has_comma {
                    return Ok(items.remove(0));
                }
                Ok(Expression::Items(items))
            }
            Token::Mark("[") => {
                self.next += 1;
                self.list("]").map(|(items, _)| Expression::Items(items))
            }
            Token::Mark("{") => {
                self.next += 1;
                self.braces()
            }
            Token::Mark(_) => Err(self.unexpected()),
        }
    }

    fn name(&mut self, name: String) -> Result<Expression, String> {
        let value = match name.as_str() {
            "True" => Expression::Constant(Value::Bool(true)),
            "False" => Expression::Constant(Value::Bool(false)),
            "None" => Expression::Constant(Value::Null),
            keyword if KEYWORDS.contains(&keyword) => return Err(self.unexpected()),
            _ => Expression::Name(name),
        };
        self.next += 1;
        Ok(value)
    }

    /// Expressions up to a closing bracket, and whether a comma was behind one.
    fn list(&mut self, close: &str) -> Result<(Vec<Expression>, bool), String> {
        let (mut items, mut has_comma) = (Vec::new(), false);
        while !self.takes(close) {
            items.push(self.test()?);
            if self.takes(",") {
                has_comma = true;
            } else {
                self.expect(close)?;
                break;
            }
        }
        Ok((items, has_comma))
    }

    /// A set, or a dictionary.
    fn braces(&mut self) -> Result<Expression, String> {
        let (mut items, mut is_dictionary) = (Vec::new(), self.is_mark("}"));
        while !self.takes("}") {
            items.push(self.test()?);
            if self.takes(":") {
                is_dictionary = true;
                self.test()?;
            }
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        let items = Expression::Items(items);
        Ok(if is_dictionary { Expression::Unsupported("Dict") } else { items })
    }
}
