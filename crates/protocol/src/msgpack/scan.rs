//! The pass over a document: forms, depth, names, and the members of the outermost map. Iterative, so that nesting costs
//! memory up to the cap and never stack.

use super::head::{Head, check_text, head, refused};
use super::{Error, Kind, Reason};
use crate::json::Names;
use crate::message::Raw;

/// Members that the scanner keeps room for.
const KEEP: usize = 4096;

/// Checks documents; keeps its stacks between them, so that an ordinary message costs no allocation.
#[derive(Debug)]
pub struct Scanner {
    max_depth: u32,
    levels: Vec<Level>,
    names: Names,
    members: Vec<Member>,
}

/// An array or map that is still open.
#[derive(Debug, Clone, Copy)]
struct Level {
    map: bool,
    /// Elements, or members, that are still to come.
    left: usize,
    /// Where its names begin.
    names: usize,
}

/// A member of the outermost map. Offsets fit: a document of 4 GiB and more is refused.
#[derive(Debug, Clone, Copy)]
struct Member {
    name: (u32, u32),
    value: (u32, u32),
}

/// A checked map and its members.
#[derive(Debug, Clone, Copy)]
pub struct Object<'s, 'a> {
    document: &'a [u8],
    members: &'s [Member],
}

impl<'s, 'a> Object<'s, 'a> {
    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Raw<'a>> {
        self.raw()
            .find(|(found, _)| *found == name.as_bytes())
            .map(|(_, value)| Raw::trust(value))
    }

    /// Names and values in the order of the document.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'s, 'a> {
        let document = self.document;
        let slice = move |(from, to): (u32, u32)| {
            document.get(from as usize..to as usize).unwrap_or_default()
        };
        self.members
            .iter()
            .map(move |member| (slice(member.name), slice(member.value)))
    }
}

impl Scanner {
    /// A scanner that refuses nesting deeper than `max_depth` arrays and maps.
    #[must_use]
    pub const fn new(max_depth: u32) -> Self {
        Self {
            max_depth,
            levels: Vec::new(),
            names: Names::new(),
            members: Vec::new(),
        }
    }

    /// Checks a document.
    ///
    /// # Errors
    /// The first law that the document breaks.
    pub fn check<'a>(&mut self, document: &'a [u8]) -> Result<Raw<'a>, Error> {
        self.scan(document)?;
        Ok(Raw::trust(document))
    }

    /// Checks a document that must be a map and gives its members.
    ///
    /// # Errors
    /// The first law that the document breaks; [`Reason::NotMsgpack`] for a value of another kind too.
    pub fn object<'a>(&mut self, document: &'a [u8]) -> Result<Object<'_, 'a>, Error> {
        match self.scan(document)? {
            Kind::Object => Ok(self.members(document)),
            _ => Err(refused(0, "not a map")),
        }
    }

    /// Checks a document and gives its kind; the members of a map are then at hand by [`Scanner::members`].
    pub(crate) fn scan(&mut self, document: &[u8]) -> Result<Kind, Error> {
        self.levels.clear();
        self.names.clear();
        self.members.clear();
        self.members.shrink_to(KEEP);
        if u32::try_from(document.len()).is_err() {
            return Err(refused(0, "a document of 4 GiB or more"));
        }
        let (first, _) = head(document, 0)?;
        self.run(document)?;
        Ok(super::walk::kind_of(first))
    }

    /// The members that the last scan of `document` found.
    pub(crate) fn members<'a>(&self, document: &'a [u8]) -> Object<'_, 'a> {
        Object {
            document,
            members: &self.members,
        }
    }

    fn run(&mut self, document: &[u8]) -> Result<(), Error> {
        // The innermost open level lives here; `levels` holds those around it. The outermost has the one value.
        let mut level = Level {
            map: false,
            left: 1,
            names: 0,
        };
        let mut at = 0;
        loop {
            while level.left == 0 {
                if level.map {
                    let closed = self.names.close(document, level.names);
                    closed.map_err(|error| twice(error.at))?;
                }
                let Some(outer) = self.levels.pop() else {
                    return if at == document.len() {
                        Ok(())
                    } else {
                        Err(refused(at, "expected the end"))
                    };
                };
                level = outer;
                self.end_member(level, at);
            }
            level.left -= 1;
            if level.map {
                at = self.name(document, at, level)?;
            }
            let (found, behind) = head(document, at)?;
            let opened = match found {
                Head::Text(length) => {
                    check_text(document, behind, length)?;
                    at = behind + length;
                    None
                }
                Head::Bytes(length) => {
                    at = behind + length;
                    None
                }
                Head::Float(float) if !float.is_finite() => return Err(not_finite(at)),
                Head::Array(count) => Some((false, count)),
                Head::Map(count) => Some((true, count)),
                _ => {
                    at = behind;
                    None
                }
            };
            match opened {
                None => self.end_member(level, at),
                Some((map, left)) => {
                    // The outermost level stands for the document itself and is none of those that are counted.
                    if self.levels.len() >= self.max_depth as usize {
                        return Err(too_deep(at));
                    }
                    self.levels.push(level);
                    level = Level {
                        map,
                        left,
                        names: self.names.len(),
                    };
                    at = behind;
                }
            }
        }
    }

    /// Reads a name; gives where its value begins.
    #[inline]
    fn name(&mut self, document: &[u8], at: usize, level: Level) -> Result<usize, Error> {
        let (Head::Text(length), from) = head(document, at)? else {
            return Err(refused(at, "a name that is not a string"));
        };
        check_text(document, from, length)?;
        let end = from + length;
        let added = self.names.add(document, from, end, false, level.names);
        added.map_err(|error| twice(error.at))?;
        if self.levels.len() == 1 {
            // The value's end is not known yet; 0 says so, since no value ends there.
            self.members.push(Member {
                name: (to_u32(from), to_u32(end)),
                value: (to_u32(end), 0),
            });
        }
        Ok(end)
    }

    /// A value of `level` ends here.
    #[inline]
    fn end_member(&mut self, level: Level, at: usize) {
        if level.map
            && self.levels.len() == 1
            && let Some(member) = self.members.last_mut()
        {
            member.value.1 = to_u32(at);
        }
    }
}

#[cold]
const fn twice(at: usize) -> Error {
    Error {
        reason: Reason::DuplicateKey,
        at,
        what: "a name that stands twice in its map",
    }
}

#[cold]
const fn too_deep(at: usize) -> Error {
    Error {
        reason: Reason::TooDeep,
        at,
        what: "nested too deep",
    }
}

#[cold]
const fn not_finite(at: usize) -> Error {
    Error {
        reason: Reason::NotFinite,
        at,
        what: "a float that is not finite",
    }
}

/// Offsets were checked to fit before the pass began.
#[allow(
    clippy::cast_possible_truncation,
    reason = "scan() refuses documents whose offsets would not fit"
)]
const fn to_u32(offset: usize) -> u32 {
    offset as u32
}
