//! The sections of one benchmark.

use std::collections::BTreeMap;

use lagar_report::chart::{Bar, Bars, Histogram, Intervals, Layer, Line, Lines, Mark, Row, Scale};
use lagar_report::{Align, Cell, Facts, Figure, Fold, Section, Table, Tone};

use super::PageOptions;
use super::cards::cards;
use super::words::{points, probability, signed_points};
use crate::compare::{
    BenchmarkComparison, Comparison, Difference, Diversity, Outcome, PairLine, Test,
};
use crate::stats::Design;

/// The most groups in one chart.
const CHARTED: usize = 40;

pub(super) fn sections(
    benchmark: &BenchmarkComparison,
    comparison: &Comparison,
    options: &PageOptions,
) -> Vec<Section> {
    let is_alone = comparison.benchmarks.len() == 1;
    let section = |name: &str| {
        let of = if is_alone { String::new() } else { format!("{}: ", benchmark.name) };
        Section::new(format!("{of}{name}"))
    };
    let mut sections = Vec::new();
    if benchmark.headline().is_some() {
        sections.push(result(section("Result"), benchmark, comparison));
        if !benchmark.groups.is_empty() {
            sections.push(groups(section("By kind of question"), benchmark, comparison));
        }
    }
    sections.push(questions(section("Questions"), benchmark, options));
    sections.push(answers(section("Answers"), benchmark));
    sections
}

fn result(mut section: Section, one: &BenchmarkComparison, comparison: &Comparison) -> Section {
    let alpha = comparison.options.alpha;
    section.push(difference_table(&one.metrics, alpha, |found| found.metric.clone()));
    let bar = |mean: &crate::compare::Mean| {
        let (low, high) = mean.interval;
        Bar::new(100.0 * mean.value, Some((100.0 * low, 100.0 * high)))
    };
    let bars = Bars {
        title: format!("{}, both models", one.name),
        value_label: "score in %".to_owned(),
        series: vec!["A".to_owned(), "B".to_owned()],
        groups: one
            .metrics
            .iter()
            .map(|found| (found.metric.clone(), vec![bar(&found.a), bar(&found.b)]))
            .collect(),
    };
    section.push(Figure::new(&bars, "Mean score of both models with its interval. Whether they differ is \
                                     for the table above to say: intervals of single models are too wide \
                                     for that, since both answered the same questions."));
    if !one.reported.is_empty() {
        let mut table = Table::new(["over all answers", "A", "B", "B − A"])
            .caption("Metrics without a score per question: no test is possible.");
        for metric in &one.reported {
            let number = |value: f64| format!("{value:.4}");
            table.push([
                metric.metric.clone(),
                number(metric.a),
                number(metric.b),
                format!("{:+.4}", metric.b - metric.a),
            ]);
        }
        section.push(table);
    }
    if let Some(found) = one.headline() {
        section.push(power(found, comparison));
    }
    section
}

/// What so many questions can show, and how many more would.
fn power(found: &Difference, comparison: &Comparison) -> Fold {
    let options = &comparison.options;
    let mut fold = Fold::new("How small a difference could this have shown?");
    let Some(least) = found.detectable else {
        return fold.with("The models never differ in score, so nothing can be said about power.");
    };
    fold = fold.with(format!(
        "{} questions show a true difference of {} points or more with a probability of {:.0} %, at \
         alpha {}. A smaller one may be there and stay unseen.",
        found.n,
        points(least),
        100.0 * options.power,
        options.alpha
    ));
    let spread = found.paired_t.standard_deviation;
    let design = Design::of_differences(spread, options.alpha, options.power);
    let mut table = Table::new(["true difference, points", "questions needed"]);
    for effect in [0.005, 0.01, 0.02, 0.03, 0.05] {
        let needed = design.questions_needed(effect).unwrap_or(u64::MAX);
        table.push([points(effect), needed.to_string()]);
    }
    let steps = (0..=40).map(|step| 10.0_f64.powf(2.0 + f64::from(step) * 0.067));
    let curve = steps.map(|n| (n, 100.0 * design.detectable_difference(n as u64))).collect();
    let lines = Lines {
        title: "Smallest difference that can be shown".to_owned(),
        x_label: "questions".to_owned(),
        y_label: "points".to_owned(),
        x_scale: Scale::Logarithmic,
        lines: vec![Line::new("smallest difference", curve)],
        marks: vec![Mark::quantile(found.n as f64, format!("{} here", found.n))],
        ..Lines::default()
    };
    fold.with(table)
        .with(Figure::new(&lines, "With the spread of differences that was observed here."))
}

fn groups(mut section: Section, one: &BenchmarkComparison, comparison: &Comparison) -> Section {
    let mut by_tag: BTreeMap<&str, Vec<&Difference>> = BTreeMap::new();
    for found in &one.groups {
        if let Some((tag, _)) = &found.group {
            by_tag.entry(tag).or_default().push(found);
        }
    }
    let alpha = comparison.options.alpha;
    let clear = one.groups.iter().filter(|found| found.is_significant(alpha)).count();
    section.push(format!(
        "{} groups were tested; {clear} differ after Holm's correction for that many tests.",
        one.groups.len()
    ));
    for (tag, mut members) in by_tag {
        members.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.group.cmp(&b.group)));
        let value = |found: &Difference| {
            found.group.as_ref().map_or_else(String::new, |(_, value)| value.clone())
        };
        let rows = members.iter().take(CHARTED).map(|found| {
            let interval = (100.0 * found.interval.0, 100.0 * found.interval.1);
            let name = format!("{} ({})", value(found), found.n);
            Row::new(name, 100.0 * found.difference, interval)
        });
        let chart = Intervals {
            title: format!("Difference B − A by {tag}"),
            value_label: "percentage points".to_owned(),
            rows: rows.collect(),
        };
        let owned: Vec<Difference> = members.into_iter().cloned().collect();
        let caption = format!(
            "Difference with its interval, per {tag}; the number of questions in brackets."
        );
        let mut fold = Fold::new(format!("{tag}: {} values", owned.len()))
            .with(Figure::new(&chart, caption))
            .with(difference_table(&owned, alpha, value));
        if section_is_first(&one.groups, tag) {
            fold = fold.opened();
        }
        section.push(fold);
    }
    section
}

fn section_is_first(groups: &[Difference], tag: &str) -> bool {
    groups.first().and_then(|found| found.group.as_ref()).is_some_and(|(first, _)| first == tag)
}

fn difference_table(
    rows: &[Difference],
    alpha: f64,
    name: impl Fn(&Difference) -> String,
) -> Table {
    let head = [
        "",
        "n",
        "A %",
        "B %",
        "B\u{a0}−\u{a0}A",
        "interval",
        "won",
        "lost",
        "tied",
        "p",
        "p corrected",
        "q",
        "test",
    ];
    let mut table = Table::new(head);
    for found in rows {
        let tone = match found.is_significant(alpha) {
            true if found.difference > 0.0 => Tone::Good,
            true if found.difference < 0.0 => Tone::Bad,
            _ => Tone::Plain,
        };
        let interval =
            format!("{} … {}", signed_points(found.interval.0), signed_points(found.interval.1));
        let test = if found.test == Test::McnemarExact { "McNemar" } else { "paired t" };
        let star = if tone == Tone::Plain { "" } else { " *" };
        table.push([
            Cell::from(name(found)),
            Cell::from(found.n.to_string()),
            Cell::from(points(found.a.value)),
            Cell::from(points(found.b.value)),
            Cell::toned(signed_points(found.difference), tone),
            Cell::from(interval),
            Cell::from(found.wins.to_string()),
            Cell::from(found.losses.to_string()),
            Cell::from(found.ties.to_string()),
            Cell::from(probability(found.p)),
            Cell::toned(format!("{}{star}", probability(found.p_holm)), tone),
            Cell::from(probability(found.q)),
            Cell::from(test),
        ]);
    }
    table
}

fn questions(mut section: Section, one: &BenchmarkComparison, options: &PageOptions) -> Section {
    let with = |outcome: Outcome| {
        let mut lines: Vec<&PairLine> =
            one.questions.iter().filter(|line| line.outcome == outcome).collect();
        let gain = |line: &PairLine| line.score_b.unwrap_or(0.0) - line.score_a.unwrap_or(0.0);
        // The largest differences first; where they are equal, in the order of the benchmark.
        lines.sort_by(|a, b| gain(b).abs().total_cmp(&gain(a).abs()));
        lines
    };
    let tied = with(Outcome::Tied);
    let is_right = |line: &&PairLine| line.score_a.is_some_and(|score| score > 0.0);
    let (right, wrong): (Vec<&PairLine>, Vec<&PairLine>) = tied.into_iter().partition(is_right);
    let unscored = with(Outcome::Unscored);
    let (same, changed): (Vec<&PairLine>, Vec<&PairLine>) =
        unscored.into_iter().partition(|line| line.answer_a == line.answer_b);
    let lists = [
        ("B better than A", with(Outcome::Won), true),
        ("B worse than A", with(Outcome::Lost), true),
        ("Different answers", changed, true),
        ("Both wrong", wrong, false),
        ("Both right", right, false),
        ("The same answer from both", same, false),
    ];
    for (name, lines, is_open) in lists.into_iter().filter(|(_, lines, _)| !lines.is_empty()) {
        let shown = lines.len().min(options.shown);
        let of = if shown < lines.len() { format!(", {shown} shown") } else { String::new() };
        let fold = Fold::new(format!("{name}: {}{of}", lines.len()))
            .with(cards(lines.iter().take(shown).copied(), &options.pictures));
        section.push(if is_open { fold.opened() } else { fold });
    }
    section
}

fn answers(mut section: Section, one: &BenchmarkComparison) -> Section {
    let agreement = &one.agreement;
    let share = |part: usize| {
        format!(
            "{part} of {} ({} %)",
            agreement.total,
            points(part as f64 / agreement.total as f64)
        )
    };
    section.push(
        Facts::default()
            .with("identical answers", share(agreement.identical))
            .with("equal but for case and punctuation", share(agreement.alike))
            .with("kinds of questions", one.question_types.len().to_string()),
    );
    let (a, b) = (&one.answers_a, &one.answers_b);
    let table = Table::new(["", "A", "B"])
        .row(["answers".to_owned(), a.total.to_string(), b.total.to_string()])
        .row(["different answers".to_owned(), a.distinct.to_string(), b.distinct.to_string()])
        .row([
            "different / all".to_owned(),
            format!("{:.4}", a.diversity),
            format!("{:.4}", b.diversity),
        ])
        .row(["empty".to_owned(), a.blank.to_string(), b.blank.to_string()])
        .row([
            "words per answer".to_owned(),
            format!("{:.2}", a.mean_words),
            format!("{:.2}", b.mean_words),
        ]);
    section.push(table);
    section.push(most_frequent(a, b));
    let mut kinds =
        Table::new(["kind of question", "n", "different, A", "different, B", "identical"]);
    for kind in &one.question_types {
        let numbers = [kind.n, kind.distinct_a, kind.distinct_b, kind.identical];
        kinds.push(
            std::iter::once(kind.kind.clone()).chain(numbers.map(|number| number.to_string())),
        );
    }
    section.push(Fold::new("Kinds of questions, by their first words").with(kinds));
    if let Some(figure) = gains(one) {
        section.push(figure);
    }
    section
}

/// How large the differences are, question by question.
fn gains(one: &BenchmarkComparison) -> Option<Figure> {
    let gains: Vec<f64> = one
        .questions
        .iter()
        .filter_map(|line| Some(100.0 * (line.score_b? - line.score_a?)))
        .filter(|gain| *gain != 0.0)
        .collect();
    if gains.is_empty() {
        return None;
    }
    let histogram = Histogram {
        title: "Questions on which the models differ".to_owned(),
        x_label: "score of B − score of A, points".to_owned(),
        y_label: "questions".to_owned(),
        layers: vec![Layer::of("B − A", &gains, 21, Some((-105.0, 105.0)))],
        ..Histogram::default()
    };
    let caption = "How large the difference is, question by question; equal scores are left out.";
    Some(Figure::new(&histogram, caption))
}

fn most_frequent(a: &Diversity, b: &Diversity) -> Table {
    const SHOWN: usize = 12;
    let mut table = Table::new(["most frequent, A", "times", "most frequent, B", "times"]).align([
        Align::Left,
        Align::Right,
        Align::Left,
        Align::Right,
    ]);
    for place in 0..a.top.len().max(b.top.len()).min(SHOWN) {
        let cells = |side: &Diversity| {
            side.top.get(place).map_or_else(
                || [String::new(), String::new()],
                |(text, times)| {
                    let text = if text.trim().is_empty() { "(empty)" } else { text };
                    [text.to_owned(), times.to_string()]
                },
            )
        };
        table.push(cells(a).into_iter().chain(cells(b)));
    }
    table
}

pub(super) fn method(comparison: &Comparison) -> Section {
    let options = &comparison.options;
    let percent = (1.0 - options.alpha) * 100.0;
    Section::new("How this was computed").with(
        Fold::new("Pairs, intervals, tests and corrections")
            .with(
                "Answers are paired by question id, with the words of the question as a check. What \
                 only one side answered is counted, named and left out.",
            )
            .with(format!(
                "Intervals of differences cover {percent:.0} %: bias-corrected and accelerated \
                 bootstrap over questions, {} resamples, seed {}. Intervals of one model are Wilson's \
                 where all scores are 0 or 1 and normal otherwise.",
                options.resamples, options.seed
            ))
            .with(
                "Tests are McNemar's exact one where all scores are 0 or 1, and the paired t-test \
                 otherwise, both two-sided. \"p corrected\" is Holm's correction, q that of Benjamini \
                 and Hochberg; headline metrics, further metrics and groups are corrected among \
                 themselves, over all benchmarks. A star marks what stands at the chosen alpha.",
            )
            .with(
                "comparison.json beside this page has every number and every question.",
            ),
    )
}
