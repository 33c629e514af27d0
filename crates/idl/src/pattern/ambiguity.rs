//! Refuses repetitions that some engines take exponential time for: a loop through which one text can go in two ways.
//!
//! A loop is turned into its position automaton. If from one position two ways begin that read the same text and meet
//! again, every round doubles the ways, and an engine that tries them all never comes back.

use super::charset::Charset;
use super::{Ast, Fault};
use std::collections::HashSet;

/// Up to so many rounds, two ways a round are harmless.
const FEW_ROUNDS: u32 = 3;
/// Up to so many positions, counts are written out; beyond, a counted part is taken for a loop.
const MAX_POSITIONS: usize = 256;

pub(super) fn check(ast: &Ast) -> Result<(), Fault> {
    match ast {
        Ast::Class(_) => Ok(()),
        Ast::Concat(parts) | Ast::Alternate(parts) => parts.iter().try_for_each(check),
        Ast::Repeat { body, max, .. } => {
            check(body)?;
            let loops = max.is_none_or(|max| max > 1);
            let mut automaton = Automaton::default();
            let whole = automaton.add(body);
            if loops && whole.nullable {
                return Err(Fault {
                    what: format!("`{ast}` repeats a part that may be empty"),
                    cure: "let each round take at least one character: (?:a+)? instead of (?:a*)*"
                        .into(),
                });
            }
            automaton.link(&whole.last, &whole.first);
            if max.is_none_or(|max| max > FEW_ROUNDS) && automaton.is_ambiguous(&whole.first) {
                return Err(Fault {
                    what: format!("`{ast}` can take the same text in several ways, which takes some engines exponential time"),
                    cure: "let each round begin or end with a character that stands nowhere else in it, as in (?:-[a-z]+)*".into(),
                });
            }
            Ok(())
        }
    }
}

/// A part of the automaton.
#[derive(Clone, Default)]
struct Part {
    nullable: bool,
    first: Vec<usize>,
    last: Vec<usize>,
}

#[derive(Default)]
struct Automaton {
    /// What each position reads, and where one can go from it; a way that stands twice can be gone twice.
    positions: Vec<(Charset, Vec<usize>)>,
}

impl Automaton {
    fn link(&mut self, from: &[usize], to: &[usize]) {
        for &position in from {
            if let Some((_, follow)) = self.positions.get_mut(position) {
                follow.extend_from_slice(to);
            }
        }
    }

    fn add(&mut self, ast: &Ast) -> Part {
        match ast {
            Ast::Class(set) => {
                let position = self.positions.len();
                self.positions.push((set.clone(), Vec::new()));
                Part {
                    nullable: false,
                    first: vec![position],
                    last: vec![position],
                }
            }
            Ast::Concat(parts) => parts.iter().fold(
                Part {
                    nullable: true,
                    ..Part::default()
                },
                |left, part| {
                    let right = self.add(part);
                    self.join(left, right)
                },
            ),
            Ast::Alternate(arms) => arms.iter().fold(Part::default(), |mut sum, arm| {
                let part = self.add(arm);
                sum.nullable |= part.nullable;
                sum.first.extend(part.first);
                sum.last.extend(part.last);
                sum
            }),
            Ast::Repeat { body, min, max } => self.repeat(body, *min, *max),
        }
    }

    fn join(&mut self, left: Part, right: Part) -> Part {
        self.link(&left.last, &right.first);
        let mut first = left.first;
        if left.nullable {
            first.extend_from_slice(&right.first);
        }
        let mut last = right.last;
        if right.nullable {
            last.extend_from_slice(&left.last);
        }
        Part {
            nullable: left.nullable && right.nullable,
            first,
            last,
        }
    }

    /// `x{2,4}` as `xx(?:x(?:x)?)?`, `x{2,}` as `xx+`.
    fn repeat(&mut self, body: &Ast, min: u32, max: Option<u32>) -> Part {
        let before = self.positions.len();
        let one = self.add(body);
        let size = self.positions.len() - before;
        let copies = max.unwrap_or(min.max(1)) as usize;
        if before + size.saturating_mul(copies) > MAX_POSITIONS {
            self.link(&one.last, &one.first);
            return Part {
                nullable: one.nullable || min == 0,
                ..one
            };
        }
        let mut parts = vec![one];
        for _ in 1..copies {
            parts.push(self.add(body));
        }
        if max.is_none()
            && let Some(last) = parts.last()
        {
            let last = last.clone();
            self.link(&last.last, &last.first);
        }
        let mut tail: Option<Part> = None;
        for (index, part) in parts.into_iter().enumerate().rev() {
            let mut whole = match tail {
                Some(tail) => self.join(part, tail),
                None => part,
            };
            whole.nullable |= index >= min as usize;
            tail = Some(whole);
        }
        tail.unwrap_or_default()
    }

    fn reads(&self, position: usize) -> Option<&Charset> {
        self.positions.get(position).map(|(set, _)| set)
    }

    fn follow(&self, position: usize) -> &[usize] {
        self.positions
            .get(position)
            .map_or(&[], |(_, follow)| follow)
    }

    /// Whether two ways with the same text part and meet again. All positions lie on one loop, so then they can do so
    /// in every round.
    fn is_ambiguous(&self, start: &[usize]) -> bool {
        let mut seen = HashSet::new();
        let mut open = Vec::new();
        let forks = std::iter::once(start)
            .chain(self.positions.iter().map(|(_, follow)| follow.as_slice()));
        for ways in forks {
            for (index, &left) in ways.iter().enumerate() {
                for &right in ways.iter().skip(index + 1) {
                    open.push((left, right));
                }
            }
        }
        while let Some((left, right)) = open.pop() {
            let together = match (self.reads(left), self.reads(right)) {
                (Some(a), Some(b)) => a.meets(b),
                _ => false,
            };
            if !together || !seen.insert((left.min(right), left.max(right))) {
                continue;
            }
            if left == right {
                return true;
            }
            for &l in self.follow(left) {
                open.extend(self.follow(right).iter().map(|&r| (l, r)));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::pattern::Pattern;

    #[test]
    fn refuses_what_explodes() {
        for text in [
            "(a+)*",
            "(?:a*)*",
            "(?:a|a)*",
            "(?:a|ab|b)+",
            "(?:a?){30}",
            "([a-z]+-?)*",
            "((a{1,9})+b?)+",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn takes_what_is_harmless() {
        for text in [
            "[a-z]+(?:-[a-z]+)*",
            "(?:[0-9]+\\.)*",
            "(?:[0-9a-f]{2})+",
            "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(?:\\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}",
            "(?:foo|fa)*",
            "(a+)?b*",
            "(?:a|b)*",
        ] {
            Pattern::parse(text).unwrap();
        }
    }
}
