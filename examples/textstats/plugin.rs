//! Reading statistics of a text, streamed paragraph by paragraph: the interface `textstats` in Rust.

mod generated {
    pub(crate) mod textstats;
}
mod reading;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crossplug_plugin::{Context, ItemSender, PluginError, async_trait};
use generated::textstats::plugin::Textstats;
use generated::textstats::types::{
    Analyse, Difficulty, EmptyText, ParagraphStats, Summary, TextstatsError, WordCount,
};
use reading::{paragraphs, reading_ease, sentences, syllables, words};

const WORDS_A_MINUTE: u32 = 238;

/// Counts and streams.
#[derive(Default)]
struct Reader;

#[derive(Default)]
struct Total {
    words: u32,
    sentences: u32,
    syllables: u32,
    longest: String,
    counts: BTreeMap<String, u32>,
}

#[async_trait]
impl Textstats for Reader {
    async fn text_analyse(
        &self,
        ctx: &Context,
        params: Analyse,
        items: ItemSender<ParagraphStats>,
    ) -> Result<Summary, PluginError> {
        let mut parts = paragraphs(&params.text);
        parts.retain(|part| !words(part).is_empty());
        let characters = params.text.chars().count() as u64;
        if parts.is_empty() {
            let details = Some(EmptyText::new(characters));
            return Err(TextstatsError::EmptyText {
                message: "the text holds no word".to_owned(),
                details,
            }
            .into());
        }
        let mut total = Total::default();
        for (number, part) in (1u32..).zip(&parts) {
            items.send(total.add(number, part)).await?;
            ctx.progress(f64::from(number) / parts.len() as f64, "");
        }
        let ease = reading_ease(total.words, total.sentences, total.syllables);
        let difficulty = match ease {
            60.0.. => Difficulty::Easy,
            30.0.. => Difficulty::Plain,
            _ => Difficulty::Hard,
        };
        let mut top: Vec<(String, u32)> = total.counts.into_iter().collect();
        top.sort_by_key(|(_, count)| Reverse(*count));
        top.truncate(params.top_words.unwrap_or(5).into());
        Ok(Summary::new(
            parts.len() as u32,
            total.words,
            total.sentences,
            characters,
            ease,
            difficulty,
            total.words * 60 / WORDS_A_MINUTE,
            total.longest,
            top.into_iter()
                .map(|(word, count)| WordCount::new(word, count))
                .collect(),
        ))
    }
}

impl Total {
    /// Counts a paragraph in and gives its own counts.
    fn add(&mut self, number: u32, part: &str) -> ParagraphStats {
        let found = words(part);
        let count = found.len() as u32;
        let sentences = sentences(part);
        let syllables = found.iter().map(|word| syllables(word)).sum();
        self.words += count;
        self.sentences += sentences;
        self.syllables += syllables;
        for word in &found {
            let length = word.chars().count();
            if length > self.longest.chars().count() {
                self.longest = (*word).to_owned();
            }
            if length >= 4 {
                *self.counts.entry(word.to_ascii_lowercase()).or_default() += 1;
            }
        }
        let opening: Vec<&str> = found.iter().take(5).copied().collect();
        let ease = reading_ease(count, sentences, syllables);
        ParagraphStats::new(number, count, sentences, syllables, ease, opening.join(" "))
    }
}

crossplug_plugin::export!(Reader: Textstats; python = reader);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crossplug_plugin::Plugin;
    use crossplug_plugin::testing::TestHost;
    use generated::textstats::plugin::{TextstatsClient, TextstatsDispatch};

    use super::*;

    fn host() -> TestHost {
        TestHost::new(Plugin::new("reader", "0.1.0").with(TextstatsDispatch::new(Reader)))
    }

    #[test]
    fn streams_each_paragraph_and_sums_up() {
        let text = "One two three. Four!\n\nFive six?\n";
        let host = host();
        let answer = TextstatsClient::new(&host)
            .text_analyse(Analyse::new(text).with_top_words(2))
            .run();
        let words: Vec<u32> = answer
            .items
            .iter()
            .map(|paragraph| paragraph.words)
            .collect();
        let summary = answer.result.unwrap();
        assert_eq!(words, [4, 2]);
        assert_eq!(summary.sentences, 3);
        assert_eq!(summary.characters, text.len() as u64);
        assert_eq!(
            summary.top_words,
            [WordCount::new("five", 1), WordCount::new("four", 1)]
        );
    }

    #[test]
    fn refuses_a_text_without_a_word() {
        let host = host();
        let refused = TextstatsClient::new(&host)
            .text_analyse(Analyse::new(" \n--"))
            .run();
        assert_eq!(refused.result.unwrap_err().code, "emptyText");
    }
}
