//! No name twice in an object. Names of all open objects lie on one stack; a small object compares each new name with
//! those before it, a large one sorts its names when it closes, so that 100,000 members are not 10^10 comparisons.

use super::{Error, Reason, strings};

/// Up to so many names, comparing each with each is cheaper than sorting.
const SMALL: usize = 24;

/// One name. `key` is the name itself where that fits in eight bytes, else a mix of it.
#[derive(Debug, Clone, Copy)]
struct Name {
    key: u64,
    from: u32,
    len: u32,
    /// The name held a backslash: `from` is an offset into the arena of resolved names.
    resolved: bool,
    /// Where the name stands in the text, for the error.
    at: u32,
}

/// The names of all open objects.
#[derive(Debug)]
pub(crate) struct Names {
    stack: Vec<Name>,
    arena: Vec<u8>,
}

impl Names {
    pub(crate) const fn new() -> Self {
        Self {
            stack: Vec::new(),
            arena: Vec::new(),
        }
    }

    pub(crate) fn clear(&mut self) {
        // One object of a million members must not hold its memory for ever.
        const KEEP: usize = 4096;
        self.stack.clear();
        self.arena.clear();
        self.stack.shrink_to(KEEP);
        self.arena.shrink_to(KEEP);
    }

    pub(crate) fn len(&self) -> usize {
        self.stack.len()
    }

    /// Takes in a name of the object whose names begin at `base`.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the scanner refuses texts whose offsets would not fit"
    )]
    #[inline]
    pub(crate) fn add(
        &mut self,
        text: &[u8],
        from: usize,
        end: usize,
        escaped: bool,
        base: usize,
    ) -> Result<(), Error> {
        let name = if escaped {
            let start = self.arena.len();
            strings::resolve(text.get(from..end).unwrap_or_default(), &mut self.arena);
            let resolved = self.arena.get(start..).unwrap_or_default();
            let (key, len) = (key(resolved), resolved.len() as u32);
            Name {
                key,
                from: start as u32,
                len,
                resolved: true,
                at: from as u32,
            }
        } else {
            let len = end - from;
            let key = short_key(text, from, len)
                .unwrap_or_else(|| key(text.get(from..end).unwrap_or_default()));
            Name {
                key,
                from: from as u32,
                len: len as u32,
                resolved: false,
                at: from as u32,
            }
        };
        let siblings = self.stack.get(base..).unwrap_or_default();
        if siblings.len() < SMALL && siblings.iter().any(|other| self.same(text, other, &name)) {
            return Err(twice(name.at));
        }
        self.stack.push(name);
        Ok(())
    }

    /// Leaves the object whose names begin at `base`.
    #[inline]
    pub(crate) fn close(&mut self, text: &[u8], base: usize) -> Result<(), Error> {
        if self.stack.len() - base > SMALL {
            self.sort(text, base)?;
        }
        self.stack.truncate(base);
        Ok(())
    }

    #[cold]
    fn sort(&mut self, text: &[u8], base: usize) -> Result<(), Error> {
        let Self { stack, arena } = self;
        let bytes = |name: &Name| slice(text, arena, name);
        let names = stack.get_mut(base..).unwrap_or_default();
        // Equal keys are compared byte by byte: a peer that finds names with equal keys gains a factor of log n only.
        names.sort_unstable_by(|a, b| {
            (a.key, a.len)
                .cmp(&(b.key, b.len))
                .then_with(|| bytes(a).cmp(bytes(b)))
                .then_with(|| a.at.cmp(&b.at))
        });
        let same = |pair: &&[Name]| matches!(pair, [a, b] if a.key == b.key && a.len == b.len && bytes(a) == bytes(b));
        let second = names
            .windows(2)
            .filter(same)
            .filter_map(|pair| pair.last())
            .map(|name| name.at)
            .min();
        second.map_or(Ok(()), |at| Err(twice(at)))
    }

    #[inline]
    fn same(&self, text: &[u8], a: &Name, b: &Name) -> bool {
        a.key == b.key
            && a.len == b.len
            && (a.len <= 8 || slice(text, &self.arena, a) == slice(text, &self.arena, b))
    }
}

fn slice<'t>(text: &'t [u8], arena: &'t [u8], name: &Name) -> &'t [u8] {
    let whole = if name.resolved { arena } else { text };
    whole
        .get(name.from as usize..name.from as usize + name.len as usize)
        .unwrap_or_default()
}

#[cold]
fn twice(at: u32) -> Error {
    Error {
        reason: Reason::DuplicateKey,
        at: at as usize,
        what: "a name that stands twice in its object",
    }
}

/// The key of a name of at most eight bytes, by one load where eight bytes of text are left.
#[inline]
fn short_key(text: &[u8], from: usize, len: usize) -> Option<u64> {
    if len > 8 {
        return None;
    }
    let eight = text.get(from..from + 8)?;
    let word = u64::from_le_bytes(eight.try_into().ok()?);
    Some(if len == 8 {
        word
    } else {
        word & !(u64::MAX << (len * 8))
    })
}

/// The name itself up to eight bytes, else a mix of its words. It only has to spread names that nobody chose to clash.
fn key(name: &[u8]) -> u64 {
    let mut key: u64 = 0;
    for chunk in name.chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        let word = u64::from_le_bytes(word);
        key = if name.len() <= 8 {
            word
        } else {
            (key.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
    }
    key
}
