//! Texts that are too long, cut in the middle.

/// Room for the mark that says what is missing.
const MARK: i64 = 128;

fn first(text: &str, count: i64) -> &str {
    let end = text.char_indices().nth(count.max(0) as usize);
    end.map_or(text, |(end, _)| &text[..end])
}

fn last(text: &str, count: i64) -> &str {
    let skipped = text.chars().count() as i64 - count.max(0);
    let start = text.char_indices().nth(skipped.max(0) as usize);
    start.map_or("", |(start, _)| &text[start..])
}

/// The text, or if it has more than `limit` characters (and `limit` is above 0) its beginning and
/// its end with a note between them; `shortened` is set then.
pub(super) fn shorten(text: String, limit: i64, head_ratio: f64, shortened: &mut bool) -> String {
    let length = text.chars().count() as i64;
    if limit <= 0 || length <= limit {
        return text;
    }
    *shortened = true;
    let head_ratio = head_ratio.clamp(0.35, 0.85);
    let budget = limit - MARK;
    if budget < 400 {
        let start = first(&text, (limit - 48).max(0));
        return format!("{start}\n…[truncated — agent_dialog_normalize_mapper]…");
    }
    let mut head = ((budget as f64 * head_ratio) as i64).max(200);
    let mut tail = budget - head;
    if tail < 200 {
        tail = 200;
        head = (budget - tail).max(200);
    }
    let omitted = length - head - tail;
    if omitted <= 0 {
        return text;
    }
    let mark = format!(
        "\n\n[··· {omitted} chars omitted from middle; head+tail preserved — agent_dialog_normalize_mapper]\n\n"
    );
    let over = head + mark.chars().count() as i64 + tail - limit;
    if over > 0 {
        head = (head - over).max(120);
    }
    format!("{}{mark}{}", first(&text, head), last(&text, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes_and_the_ends_stay() {
        let text: String = ('a'..='z').cycle().take(2_000).collect();
        let mut shortened = false;
        let short = shorten(text.clone(), 1_000, 0.62, &mut shortened);
        assert!(shortened && short.chars().count() <= 1_000);
        assert!(short.starts_with("abc") && short.contains("chars omitted from middle"));
        assert_eq!(shorten(text.clone(), 0, 0.62, &mut false), text);
        let short = shorten(text, 100, 0.62, &mut false);
        assert_eq!(short.chars().count(), 52 + 46);
    }
}
