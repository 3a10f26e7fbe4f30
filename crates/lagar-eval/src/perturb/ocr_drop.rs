//! `ocr-drop:P`: P percent of the OCR tokens in a prompt are lost, as with a worse reader.

use super::random::Random;

/// How the line with the tokens begins, in LLaVA's and in lmms-eval's prompts.
const STARTS: [&str; 2] = ["Reference OCR token: ", "OCR tokens: "];

/// The prompt with fewer tokens; `None` where it has none, or none were lost.
pub(super) fn prompt(prompt: &str, percent: u32, seed: u64) -> Option<String> {
    let mut random = Random::new(seed);
    let lines = prompt.split('\n').map(|line| {
        let Some(start) = STARTS.iter().find(|start| line.starts_with(**start)) else {
            return line.to_owned();
        };
        let tokens = line[start.len()..].split(", ");
        let kept: Vec<&str> = tokens.filter(|_| !random.chance(percent)).collect();
        format!("{start}{}", kept.join(", "))
    });
    let changed = lines.collect::<Vec<_>>().join("\n");
    (changed != prompt).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str =
        "what is it?\nReference OCR token: a, b, c, d, e, f, g, h\nAnswer shortly.";

    #[test]
    fn about_half_of_the_tokens_go_and_the_rest_of_the_prompt_stays() {
        let mut kept = 0;
        for seed in 0..100 {
            let changed = prompt(PROMPT, 50, seed).unwrap_or_else(|| PROMPT.to_owned());
            let lines: Vec<&str> = changed.split('\n').collect();
            assert_eq!((lines[0], lines[2]), ("what is it?", "Answer shortly."));
            let tokens = lines[1].strip_prefix("Reference OCR token: ").unwrap();
            kept += tokens.split(", ").filter(|token| !token.is_empty()).count();
        }
        assert!((350..450).contains(&kept), "{kept} of 800");
    }

    #[test]
    fn a_prompt_without_tokens_stays() {
        assert_eq!(prompt("what is it?", 100, 1), None);
    }
}
