//! The pass over a text: grammar, depth, and the members of the outermost object. Iterative, so that nesting costs
//! memory up to the cap and never stack.

use super::names::Names;
use super::strings::Text;
use super::{Error, Kind, Reason, number, strings};
use crate::message::Raw;

/// Members that the scanner keeps room for.
const KEEP: usize = 4096;

/// Checks texts; keeps its stacks between them, so that an ordinary message costs no allocation.
#[derive(Debug)]
pub struct Scanner {
    max_depth: u32,
    levels: Vec<Level>,
    names: Names,
    members: Vec<Member>,
}

/// An array or object that is still open.
#[derive(Debug, Clone, Copy)]
struct Level {
    object: bool,
    /// Where its names begin.
    names: usize,
}

/// A member of the outermost object. Offsets fit: a text of 4 GiB and more is refused.
#[derive(Debug, Clone, Copy)]
struct Member {
    name: (u32, u32),
    escaped: bool,
    value: (u32, u32),
}

/// A checked object and its members.
#[derive(Debug, Clone, Copy)]
pub struct Object<'s, 'a> {
    text: &'a [u8],
    members: &'s [Member],
}

impl<'s, 'a> Object<'s, 'a> {
    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Raw<'a>> {
        self.iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// The value of a member that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<std::borrow::Cow<'a, str>> {
        let mut members = self.raw();
        let (_, _, value) =
            members.find(|(found, escaped, _)| strings::inner(found, *escaped) == name)?;
        strings::text(value)
    }

    /// Names and values in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (std::borrow::Cow<'a, str>, Raw<'a>)> + use<'s, 'a> {
        self.raw()
            .map(|(name, escaped, value)| (strings::inner(name, escaped), Raw::trust(value)))
    }

    /// Names as they stand between their quotes, whether they hold a backslash, and values.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&'a [u8], bool, &'a [u8])> + use<'s, 'a> {
        let text = self.text;
        let slice =
            move |(from, to): (u32, u32)| text.get(from as usize..to as usize).unwrap_or_default();
        self.members
            .iter()
            .map(move |m| (slice(m.name), m.escaped, slice(m.value)))
    }
}

impl Scanner {
    /// A scanner that refuses nesting deeper than `max_depth` arrays and objects.
    #[must_use]
    pub const fn new(max_depth: u32) -> Self {
        Self {
            max_depth,
            levels: Vec::new(),
            names: Names::new(),
            members: Vec::new(),
        }
    }

    /// Checks a text.
    ///
    /// # Errors
    /// The first law that the text breaks.
    pub fn check<'a>(&mut self, text: &'a [u8]) -> Result<Raw<'a>, Error> {
        self.scan(text)?;
        Ok(Raw::trust(text))
    }

    /// Checks a text that must be an object and gives its members.
    ///
    /// # Errors
    /// The first law that the text breaks; [`Reason::NotJson`] for a value of another kind too.
    pub fn object<'a>(&mut self, text: &'a [u8]) -> Result<Object<'_, 'a>, Error> {
        match self.scan(text)? {
            Kind::Object => Ok(Object {
                text,
                members: &self.members,
            }),
            _ => Err(Error {
                reason: Reason::NotJson,
                at: 0,
                what: "not an object",
            }),
        }
    }

    /// Checks a text and gives its kind; the members of an object are then at hand by [`Scanner::members`].
    pub(crate) fn scan(&mut self, text: &[u8]) -> Result<Kind, Error> {
        self.levels.clear();
        self.names.clear();
        self.members.clear();
        // An object of a million members must not hold its memory for ever.
        self.members.shrink_to(KEEP);
        if u32::try_from(text.len()).is_err() {
            return Err(Error {
                reason: Reason::NotJson,
                at: 0,
                what: "a text of 4 GiB or more",
            });
        }
        self.run(text)
    }

    /// The members that the last scan of `text` found.
    pub(crate) fn members<'a>(&self, text: &'a [u8]) -> Object<'_, 'a> {
        Object {
            text,
            members: &self.members,
        }
    }

    fn run(&mut self, text: &[u8]) -> Result<Kind, Error> {
        let mut at = skip_space(text, 0);
        let outer = kind_at(text, at)?;
        // The innermost open level lives in locals; `levels` holds those around it.
        let mut level = Level {
            object: false,
            names: 0,
        };
        'value: loop {
            match byte(text, at) {
                b'{' => {
                    self.open(&mut level, true, at)?;
                    at = skip_space(text, at + 1);
                    if byte(text, at) != b'}' {
                        at = self.name(text, at, level)?;
                        continue 'value;
                    }
                }
                b'[' => {
                    self.open(&mut level, false, at)?;
                    at = skip_space(text, at + 1);
                    if byte(text, at) != b']' {
                        continue 'value;
                    }
                }
                b'"' => at = strings::check(text, at + 1)?.end + 1,
                b'-' | b'0'..=b'9' => at = number::check(text, at)?,
                b't' => at = literal(text, at, b"true")?,
                b'f' => at = literal(text, at, b"false")?,
                b'n' => at = literal(text, at, b"null")?,
                _ => return Err(not_json(text, at, "expected a value")),
            }
            // Behind a value, or before the bracket that closes an empty level.
            loop {
                let open = self.levels.len();
                if open == 1
                    && level.object
                    && let Some(member) = self.members.last_mut().filter(|m| m.value.1 == 0)
                {
                    member.value.1 = to_u32(at);
                }
                if open == 0 {
                    at = skip_space(text, at);
                    return if at == text.len() {
                        Ok(outer)
                    } else {
                        Err(not_json(text, at, "expected the end"))
                    };
                }
                at = skip_space(text, at);
                match (byte(text, at), level.object) {
                    (b',', true) => {
                        at = self.name(text, skip_space(text, at + 1), level)?;
                        continue 'value;
                    }
                    (b',', false) => {
                        at = skip_space(text, at + 1);
                        continue 'value;
                    }
                    (b'}', true) => self.names.close(text, level.names)?,
                    (b']', false) => {}
                    (_, true) => return Err(not_json(text, at, "expected `,` or `}`")),
                    (_, false) => return Err(not_json(text, at, "expected `,` or `]`")),
                }
                at += 1;
                level = self.levels.pop().unwrap_or(level);
            }
        }
    }

    /// Enters an array or object; `at` is its bracket.
    fn open(&mut self, level: &mut Level, object: bool, at: usize) -> Result<(), Error> {
        if self.levels.len() >= self.max_depth as usize {
            return Err(Error {
                reason: Reason::TooDeep,
                at,
                what: "nested too deep",
            });
        }
        self.levels.push(*level);
        *level = Level {
            object,
            names: self.names.len(),
        };
        Ok(())
    }

    /// Reads a name and its colon; gives where the value begins.
    fn name(&mut self, text: &[u8], at: usize, level: Level) -> Result<usize, Error> {
        if byte(text, at) != b'"' {
            return Err(not_json(text, at, "expected a name"));
        }
        let from = at + 1;
        let Text { end, escaped } = strings::check(text, from)?;
        self.names.add(text, from, end, escaped, level.names)?;
        let colon = skip_space(text, end + 1);
        if byte(text, colon) != b':' {
            return Err(not_json(text, colon, "expected `:`"));
        }
        let value = skip_space(text, colon + 1);
        if self.levels.len() == 1 {
            // The value's end is not known yet; 0 says so, since no value ends there.
            self.members.push(Member {
                name: (to_u32(from), to_u32(end)),
                escaped,
                value: (to_u32(value), 0),
            });
        }
        Ok(value)
    }
}

/// The byte at an offset, or 0 at the end: 0 fits nowhere in the grammar, so no caller mistakes it.
#[inline]
pub(super) fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// The offset of the next byte that is not white space.
#[inline]
pub(super) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

/// An error of grammar, which at the end of the text is always the same one.
#[cold]
pub(super) fn not_json(text: &[u8], at: usize, what: &'static str) -> Error {
    let what = if at >= text.len() {
        "the text ends too early"
    } else {
        what
    };
    Error {
        reason: Reason::NotJson,
        at: at.min(text.len()),
        what,
    }
}

fn literal(text: &[u8], at: usize, word: &'static [u8]) -> Result<usize, Error> {
    if text.get(at..at + word.len()) == Some(word) {
        Ok(at + word.len())
    } else {
        Err(not_json(text, at, "expected true, false or null"))
    }
}

fn kind_at(text: &[u8], at: usize) -> Result<Kind, Error> {
    super::walk::kind_of(byte(text, at)).ok_or_else(|| not_json(text, at, "expected a value"))
}

/// Offsets were checked to fit before the pass began.
#[allow(
    clippy::cast_possible_truncation,
    reason = "scan() refuses texts whose offsets would not fit"
)]
const fn to_u32(offset: usize) -> u32 {
    offset as u32
}
