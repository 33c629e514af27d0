//! What a guest keeps from one call to the next: named bytes, within a bound. Knows nothing of guests.

use std::collections::BTreeMap;

use super::super::fault::Halt;

/// What an entry costs beside its bytes, as Extism's own host counts it.
const ENTRY: u64 = 48;

/// One instance's variables.
pub(super) struct Variables {
    entries: BTreeMap<String, Vec<u8>>,
    used: u64,
    most: u64,
}

impl Variables {
    pub(super) fn new(most: u64) -> Self {
        Self {
            entries: BTreeMap::new(),
            used: 0,
            most,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.entries.get(name).map(Vec::as_slice)
    }

    /// Sets one; none removes it. An entry that is replaced makes room for the new one.
    ///
    /// # Errors
    /// There is no room, or there are no variables at all.
    pub(super) fn set(&mut self, name: String, value: Option<Vec<u8>>) -> Result<(), Halt> {
        if self.most == 0 {
            return Err(Halt::Limit("Vars are disabled by this host".to_owned()));
        }
        let old = self.entries.get(&name).map_or(0, |old| cost(&name, old));
        let new = value.as_ref().map_or(0, |new| cost(&name, new));
        let used = self.used.saturating_sub(old).saturating_add(new);
        if used > self.most && new > old {
            return Err(Halt::Limit(format!(
                "Variable store is full: {} bytes; allow more with `WasmLimits::variables`",
                self.most
            )));
        }
        self.used = used;
        match value {
            Some(value) => self.entries.insert(name, value),
            None => self.entries.remove(&name),
        };
        Ok(())
    }
}

fn cost(name: &str, value: &[u8]) -> u64 {
    u64::try_from(name.len() + value.len())
        .unwrap_or(u64::MAX)
        .saturating_add(ENTRY)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn bytes_are_accounted_for() {
        let mut variables = Variables::new(2 * ENTRY + 10);
        let set = |variables: &mut Variables, name: &str, bytes: usize| {
            variables.set(name.to_owned(), Some(vec![7; bytes]))
        };
        set(&mut variables, "a", 4).unwrap();
        assert!(set(&mut variables, "b", 5).is_err(), "one byte too many");
        set(&mut variables, "b", 4).unwrap();
        set(&mut variables, "b", 4).unwrap();
        assert_eq!(variables.get("b"), Some([7; 4].as_slice()));
        assert!(set(&mut variables, "c", 0).is_err());
        variables.set("a".to_owned(), None).unwrap();
        assert_eq!(variables.get("a"), None);
        set(&mut variables, "c", 4).unwrap();
        variables.set("never".to_owned(), None).unwrap();
        assert!(Variables::new(0).set("a".to_owned(), None).is_err());
    }
}
