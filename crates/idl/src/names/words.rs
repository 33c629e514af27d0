//! A name as its words, and the words in each style. ASCII letters and digits make words; everything else parts them.

/// `createdAt`, `created_at`, `HTTPServer` → `created at`, `created at`, `http server`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            open = false;
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(index + 1);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        match words.last_mut() {
            Some(word) if open && !begins => word.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
        open = true;
    }
    words
}

/// The words, led by `lead` where they would not begin with a letter.
fn led(name: &str, lead: &str) -> Vec<String> {
    let mut words = words(name);
    if !words
        .first()
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
    {
        words.insert(0, lead.to_owned());
    }
    words
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + chars.as_str()
    })
}

/// `created_at`; what has no letters at all is called `otherwise`.
#[must_use]
pub fn snake(name: &str, otherwise: &str) -> String {
    led(name, otherwise).join("_")
}

/// `createdAt`.
#[must_use]
pub fn camel(name: &str, otherwise: &str) -> String {
    let words = led(name, otherwise);
    words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            if index == 0 {
                word.clone()
            } else {
                capital(word)
            }
        })
        .collect()
}

/// `CreatedAt`.
#[must_use]
pub fn upper_camel(name: &str) -> String {
    led(name, "value")
        .iter()
        .map(|word| capital(word))
        .collect()
}

/// `CREATED_AT`.
#[must_use]
pub fn screaming(name: &str, otherwise: &str) -> String {
    led(name, otherwise).join("_").to_ascii_uppercase()
}

/// `created-at`.
#[must_use]
pub fn kebab(name: &str) -> String {
    led(name, "interface").join("-")
}
