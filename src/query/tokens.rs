//! The words, numbers, texts and signs of SQL, each with its position.

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword, a name, or a parameter.
    Word,
    Number,
    /// A text in single quotes.
    Text,
    /// A name in quotes.
    Name,
    Sign,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'s> {
    pub kind: TokenKind,
    /// The text of the token, including quotes.
    pub text: &'s str,
    /// The position at which it begins.
    pub start: usize,
    /// True if it is part of a condition, after WHERE, ON, HAVING or WHEN, and not of the result columns.
    pub in_condition: bool,
}

impl Token<'_> {
    /// Returns true if it is this keyword or sign.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Sign) && self.text.eq_ignore_ascii_case(word)
    }

    /// Returns true if it is one of these.
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// Splits SQL into tokens, without comments.
pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = sql[start..].chars().next() {
        let rest = &sql[start..];
        let is_of_word = |one: char| one.is_alphanumeric() || "_.:@$?".contains(one);
        let to_end = |end: Option<usize>, length: usize| end.map_or(rest.len(), |end| end + length);
        let (kind, length) = match first {
            _ if rest.starts_with("--") => (None, to_end(rest.find('\n'), 0)),
            _ if rest.starts_with("/*") => (None, to_end(rest.find("*/"), 2)),
            '\'' => (Some(TokenKind::Text), quoted(rest, first)),
            '"' | '`' => (Some(TokenKind::Name), quoted(rest, first)),
            '[' => (Some(TokenKind::Name), to_end(rest.find(']'), 1)),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            _ if is_of_word(first) => {
                let kind = if first.is_ascii_digit() { TokenKind::Number } else { TokenKind::Word };
                (Some(kind), to_end(rest.find(|one| !is_of_word(one)), 0))
            }
            _ => {
                let is_double = ["==", "<>", "!=", "<=", ">=", "||", "<<", ">>", "->"];
                let length =
                    if is_double.iter().any(|sign| rest.starts_with(sign)) { 2 } else { first.len_utf8() };
                (Some(TokenKind::Sign), length)
            }
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: &rest[..length], start, in_condition: false });
        }
        start += length;
    }
    mark_conditions(&mut tokens);
    tokens
}

/// Returns the length of the quoted text at the beginning, including its quotes. A doubled quote does not end it.
fn quoted(text: &str, quote: char) -> usize {
    let mut inside = text[1..].char_indices().peekable();
    while let Some((at, one)) = inside.next() {
        if one == quote && inside.next_if(|(_, next)| *next == quote).is_none() {
            return at + 2;
        }
    }
    text.len()
}

/// Marks each token that is part of a condition.
fn mark_conditions(tokens: &mut [Token<'_>]) {
    let mut outer = Vec::new();
    let mut inside = false;
    for token in tokens {
        match token {
            _ if token.is_any(&["where", "on", "having", "when"]) => inside = true,
            _ if token
                .is_any(&["select", "from", "group", "order", "limit", "union", "then", "else", "end"]) =>
            {
                inside = false;
            }
            _ if token.is("(") => outer.push(inside),
            _ if token.is(")") => inside = outer.pop().unwrap_or_default(),
            _ => {}
        }
        token.in_condition = inside;
    }
}

/// Returns the elements of a list whose opening bracket is at `open`, each as a range of tokens, and the position of
/// the closing bracket.
pub(crate) fn elements(tokens: &[Token<'_>], open: usize) -> (Vec<std::ops::Range<usize>>, usize) {
    let (mut elements, mut depth, mut first) = (Vec::new(), 0, open + 1);
    for (place, token) in tokens.iter().enumerate().skip(open) {
        match token {
            _ if token.is("(") => depth += 1,
            _ if token.is(")") => {
                depth -= 1;
                if depth == 0 {
                    if first < place {
                        elements.push(first..place);
                    }
                    return (elements, place);
                }
            }
            _ if token.is(",") && depth == 1 => {
                elements.push(first..place);
                first = place + 1;
            }
            _ => {}
        }
    }
    (elements, tokens.len())
}
