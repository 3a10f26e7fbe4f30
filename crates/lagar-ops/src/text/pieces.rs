//! Texts taken apart at line feeds, tabs and spaces, thinned out, and put together again.

/// Writes `text` without the words that `keep` refuses.
///
/// Lines, columns and words are what stands between line feeds, tabs and spaces; whatever is empty
/// or became empty goes together with its separator, so that runs of separators become one.
pub(crate) fn keep_words(text: &str, new: &mut String, mut keep: impl FnMut(&str) -> bool) {
    for line in text.split('\n') {
        let start_of_line = new.len();
        for column in line.split('\t') {
            let start_of_column = new.len();
            let words = column.split(' ').filter(|word| !word.is_empty());
            for word in words.filter(|word| keep(word)) {
                let separator = match (start_of_line, start_of_column, new.len()) {
                    (_, column, end) if end > column => " ",
                    (line, column, _) if column > line => "\t",
                    (line, _, _) if line > 0 => "\n",
                    _ => "",
                };
                new.push_str(separator);
                new.push_str(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        let mut new = String::new();
        keep_words(text, &mut new, |word| word != "x");
        new
    }

    #[test]
    fn what_is_empty_goes_with_its_separator() {
        assert_eq!(kept("a  b\t\tc\n\n d x\tx \n x\ne"), "a b\tc\nd\ne");
        assert_eq!(kept("x \n\t"), "");
        assert_eq!(kept("\n\ta x b"), "a b");
    }
}
