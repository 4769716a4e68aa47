//! Lua's patterns with a budget. The matcher of Lua 5.1 recurses without bound and can take the process with it, and nothing interrupts it
//! (science/source-meter.md section 3.1). The rules are those of lstrlib.c of Lua 5.1 (MIT).

/// Captures of a pattern at most, as in Lua.
const MOST_CAPTURES: usize = 32;
/// Nested calls of the matcher at most, as from Lua 5.2 on.
const DEEPEST: usize = 200;

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The pattern is wrong.
    Malformed(&'static str),
    /// Too many steps or too deep.
    TooComplex,
}

impl Trouble {
    /// What a script is told.
    pub fn text(self) -> &'static str {
        match self {
            Trouble::Malformed(text) => text,
            Trouble::TooComplex => "pattern too complex",
        }
    }
}

/// What a capture holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capture {
    /// From, to.
    Text(usize, usize),
    /// A place, from 1.
    Place(usize),
}

#[derive(Clone, Copy)]
enum Length {
    Open,
    Place,
    Closed(usize),
}

/// A match in progress.
pub struct Matcher<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
    captures: Vec<(usize, Length)>,
    depth: usize,
    /// Steps that are left.
    pub steps: u64,
}

type Found = Result<Option<usize>, Trouble>;

impl<'a> Matcher<'a> {
    /// A matcher with a budget of steps.
    pub fn new(text: &'a [u8], pattern: &'a [u8], steps: u64) -> Matcher<'a> {
        Matcher { text, pattern, captures: Vec::new(), depth: 0, steps }
    }

    /// Where a match that begins at `at` ends. `from` is where the pattern begins, after its anchor.
    ///
    /// # Errors
    /// The pattern is wrong, or the budget is spent.
    pub fn at(&mut self, at: usize, from: usize) -> Found {
        self.captures.clear();
        self.depth = 0;
        self.run(at, from)
    }

    /// The captures of the match from `start` to `end`: the whole of it if the pattern has none.
    ///
    /// # Errors
    /// A capture was not closed.
    pub fn captures(&self, start: usize, end: usize, whole: bool) -> Result<Vec<Capture>, Trouble> {
        if self.captures.is_empty() && whole {
            return Ok(vec![Capture::Text(start, end)]);
        }
        let one = |(at, length): &(usize, Length)| match length {
            Length::Open => Err(Trouble::Malformed("unfinished capture")),
            Length::Place => Ok(Capture::Place(at + 1)),
            Length::Closed(n) => Ok(Capture::Text(*at, at + n)),
        };
        self.captures.iter().map(one).collect()
    }

    fn step(&mut self) -> Result<(), Trouble> {
        self.steps = self.steps.checked_sub(1).ok_or(Trouble::TooComplex)?;
        Ok(())
    }

    fn p(&self, at: usize) -> Option<u8> {
        self.pattern.get(at).copied()
    }

    /// End of the single item that begins at `p`.
    fn item_end(&self, p: usize) -> Result<usize, Trouble> {
        match self.p(p) {
            Some(b'%') if self.p(p + 1).is_none() => Err(Trouble::Malformed("malformed pattern (ends with `%')")),
            Some(b'%') => Ok(p + 2),
            Some(b'[') => {
                let mut at = p + 1;
                if self.p(at) == Some(b'^') {
                    at += 1;
                }
                loop {
                    // The first may be a bracket.
                    let c = self.p(at).ok_or(Trouble::Malformed("malformed pattern (missing `]')"))?;
                    at += if c == b'%' && self.p(at + 1).is_some() { 2 } else { 1 };
                    if self.p(at) == Some(b']') {
                        return Ok(at + 1);
                    }
                }
            }
            _ => Ok(p + 1),
        }
    }

    fn single(&mut self, at: usize, p: usize, end: usize) -> Result<bool, Trouble> {
        self.step()?;
        let Some(c) = self.text.get(at).copied() else { return Ok(false) };
        Ok(match self.p(p) {
            Some(b'.') => true,
            Some(b'%') => class(c, self.p(p + 1).unwrap_or(0)),
            Some(b'[') => {
                self.steps = self.steps.saturating_sub((end - p) as u64);
                self.set(c, p, end - 1)
            }
            Some(other) => other == c,
            None => false,
        })
    }

    fn set(&self, c: u8, p: usize, end: usize) -> bool {
        let mut at = p + 1;
        let yes = self.p(at) != Some(b'^');
        if !yes {
            at += 1;
        }
        while at < end {
            let one = self.p(at).unwrap_or(0);
            if one == b'%' && at + 1 < end {
                if class(c, self.p(at + 1).unwrap_or(0)) {
                    return yes;
                }
                at += 2;
            } else if self.p(at + 1) == Some(b'-') && at + 2 < end {
                if (one..=self.p(at + 2).unwrap_or(0)).contains(&c) {
                    return yes;
                }
                at += 3;
            } else {
                if one == c {
                    return yes;
                }
                at += 1;
            }
        }
        !yes
    }

    fn run(&mut self, at: usize, p: usize) -> Found {
        if self.depth >= DEEPEST {
            return Err(Trouble::TooComplex);
        }
        self.depth += 1;
        let found = self.walk(at, p);
        self.depth -= 1;
        found
    }

    fn walk(&mut self, mut at: usize, mut p: usize) -> Found {
        loop {
            self.step()?;
            match self.p(p) {
                None => return Ok(Some(at)),
                Some(b'(') => {
                    let place = self.p(p + 1) == Some(b')');
                    if self.captures.len() >= MOST_CAPTURES {
                        return Err(Trouble::Malformed("too many captures"));
                    }
                    self.captures.push((at, if place { Length::Place } else { Length::Open }));
                    let found = self.run(at, p + if place { 2 } else { 1 })?;
                    if found.is_none() {
                        self.captures.pop();
                    }
                    return Ok(found);
                }
                Some(b')') => {
                    let open = self
                        .captures
                        .iter()
                        .rposition(|c| matches!(c.1, Length::Open))
                        .ok_or(Trouble::Malformed("invalid pattern capture"))?;
                    self.captures[open].1 = Length::Closed(at - self.captures[open].0);
                    let found = self.run(at, p + 1)?;
                    if found.is_none() {
                        self.captures[open].1 = Length::Open;
                    }
                    return Ok(found);
                }
                Some(b'%') if self.p(p + 1) == Some(b'b') => match self.balance(at, p + 2)? {
                    Some(end) => (at, p) = (end, p + 4),
                    None => return Ok(None),
                },
                Some(b'%') if self.p(p + 1) == Some(b'f') => {
                    p += 2;
                    if self.p(p) != Some(b'[') {
                        return Err(Trouble::Malformed("missing `[' after `%f' in pattern"));
                    }
                    let end = self.item_end(p)?;
                    let before = if at == 0 { 0 } else { self.text[at - 1] };
                    let here = self.text.get(at).copied().unwrap_or(0);
                    if self.set(before, p, end - 1) || !self.set(here, p, end - 1) {
                        return Ok(None);
                    }
                    p = end;
                }
                Some(b'%') if self.p(p + 1).is_some_and(|c| c.is_ascii_digit()) => {
                    let n = usize::from(self.p(p + 1).unwrap_or(b'0') - b'0');
                    let bad = Trouble::Malformed("invalid capture index");
                    let (start, length) = *self.captures.get(n.wrapping_sub(1)).ok_or(bad)?;
                    let Length::Closed(length) = length else { return Err(bad) };
                    self.steps = self.steps.saturating_sub(length as u64);
                    if self.text.len() - at < length || self.text[start..start + length] != self.text[at..at + length] {
                        return Ok(None);
                    }
                    (at, p) = (at + length, p + 2);
                }
                Some(b'$') if p + 1 == self.pattern.len() => return Ok((at == self.text.len()).then_some(at)),
                Some(_) => {
                    let end = self.item_end(p)?;
                    match self.p(end) {
                        Some(b'?') => {
                            if self.single(at, p, end)?
                                && let Some(found) = self.run(at + 1, end + 1)?
                            {
                                return Ok(Some(found));
                            }
                            p = end + 1;
                        }
                        Some(b'*') => return self.expand(at, p, end),
                        Some(b'+') => return if self.single(at, p, end)? { self.expand(at + 1, p, end) } else { Ok(None) },
                        Some(b'-') => loop {
                            if let Some(found) = self.run(at, end + 1)? {
                                return Ok(Some(found));
                            }
                            if !self.single(at, p, end)? {
                                return Ok(None);
                            }
                            at += 1;
                        },
                        _ => {
                            if !self.single(at, p, end)? {
                                return Ok(None);
                            }
                            (at, p) = (at + 1, end);
                        }
                    }
                }
            }
        }
    }

    fn expand(&mut self, at: usize, p: usize, end: usize) -> Found {
        let mut n = 0;
        while self.single(at + n, p, end)? {
            n += 1;
        }
        loop {
            if let Some(found) = self.run(at + n, end + 1)? {
                return Ok(Some(found));
            }
            if n == 0 {
                return Ok(None);
            }
            n -= 1;
        }
    }

    fn balance(&mut self, at: usize, p: usize) -> Found {
        let (Some(open), Some(close)) = (self.p(p), self.p(p + 1)) else { return Err(Trouble::Malformed("unbalanced pattern")) };
        if self.text.get(at) != Some(&open) {
            return Ok(None);
        }
        let mut level = 1;
        for (n, c) in self.text[at + 1..].iter().enumerate() {
            self.steps = self.steps.checked_sub(1).ok_or(Trouble::TooComplex)?;
            if *c == close {
                level -= 1;
                if level == 0 {
                    return Ok(Some(at + n + 2));
                }
            } else if *c == open {
                level += 1;
            }
        }
        Ok(None)
    }
}

/// Whether a character belongs to a class, or is the character after `%` itself.
fn class(c: u8, word: u8) -> bool {
    let yes = match word.to_ascii_lowercase() {
        b'a' => c.is_ascii_alphabetic(),
        b'c' => c.is_ascii_control(),
        b'd' => c.is_ascii_digit(),
        b'l' => c.is_ascii_lowercase(),
        b'p' => c.is_ascii_punctuation(),
        b's' => c.is_ascii_whitespace() || c == 0x0b,
        b'u' => c.is_ascii_uppercase(),
        b'w' => c.is_ascii_alphanumeric(),
        b'x' => c.is_ascii_hexdigit(),
        b'z' => c == 0,
        _ => return word == c,
    };
    yes != word.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First match: where it begins and ends.
    fn find(text: &str, pattern: &str) -> Result<Option<(usize, usize)>, Trouble> {
        let mut m = Matcher::new(text.as_bytes(), pattern.as_bytes(), 1_000_000);
        for at in 0..=text.len() {
            if let Some(end) = m.at(at, 0)? {
                return Ok(Some((at, end)));
            }
        }
        Ok(None)
    }

    #[test]
    fn patterns_match_as_in_lua() {
        for (text, pattern, wanted) in [
            ("hello world", "o w", Some((4, 7))),
            ("key = value", "%s*=%s*", Some((3, 6))),
            ("f(a(b)c)d", "%b()", Some((1, 8))),
            ("THE (quick) fox", "%f[%a]%a+", Some((0, 3))),
            ("x=1, y=22", "%d%d", Some((7, 9))),
            ("[[x]]", "[]]", Some((3, 4))),
            ("a-b", "[a%-]-b", Some((0, 3))),
            ("aXb", "%u", Some((1, 2))),
            ("abcabc", "(abc)%1", Some((0, 6))),
            ("abc", "c$", Some((2, 3))),
            ("", "a*", Some((0, 0))),
            ("x", "y", None),
            ("2.5e-3", "^?%-?%d+%.?%d*[eE]?[+-]?%d*", Some((0, 6))),
        ] {
            assert_eq!(find(text, pattern), Ok(wanted), "{text} {pattern}");
        }
        for pattern in ["%", "[a", "(a", "%1", "a)", "%f", "%b"] {
            assert!(find("aaa", pattern).is_err() || Matcher::new(b"a", pattern.as_bytes(), 99).at(0, 0).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn what_would_crash_or_hang_lua_is_refused() {
        let deep = Matcher::new("a".repeat(400_000).as_bytes(), "a?".repeat(400_000).as_bytes(), u64::MAX).at(0, 0);
        assert_eq!(deep, Err(Trouble::TooComplex));
        let slow = format!("{}{}b", "a?".repeat(24), "a".repeat(24));
        assert_eq!(find(&"a".repeat(24), &slow), Err(Trouble::TooComplex));
    }
}
