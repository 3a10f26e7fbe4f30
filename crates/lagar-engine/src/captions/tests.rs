//! Nothing is captioned twice, whoever asks and whatever happened before.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::sync::atomic::AtomicUsize;

use lagar_core::models::PictureSource;

use super::*;

/// Writes down how often it is asked; says the length of the picture, or refuses an empty one.
#[derive(Debug, Default)]
struct Counting {
    asked: AtomicUsize,
    calls: AtomicUsize,
}

impl Captioner for Counting {
    fn digest(&self) -> Digest {
        Digest::of(b"counting")
    }

    fn caption(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.asked.fetch_add(requests.len(), Ordering::Relaxed);
        let answer = |request: &CaptionRequest| match &request.picture {
            PictureSource::Bytes(bytes) if bytes.is_empty() => Err("it is empty".to_owned()),
            PictureSource::Bytes(bytes) => Ok(vec![Caption {
                text: format!("{} {} {:?}\n", bytes.len(), settings.num_beams, request.prompt),
                token_ids: vec![1, 2],
                // As crooked as a model's: few of these survive being read and written again.
                logprob: Some(-0.024_630_920_079_232_51 * (bytes.len() as f64).sqrt()),
                seconds: 3.0,
            }]),
            other => Err(format!("{other:?}")),
        };
        Ok(requests.iter().map(answer).collect())
    }
}

fn request(bytes: &[u8], seed: u64) -> CaptionRequest {
    CaptionRequest { picture: PictureSource::Bytes(bytes.to_vec()), prompt: None, seed }
}

fn texts(answers: &[Result<Vec<Caption>, String>]) -> Vec<String> {
    answers.iter().map(|answer| answer.clone().map_or_else(|e| e, |c| c[0].text.clone())).collect()
}

struct Desk {
    folder: tempfile::TempDir,
    inner: Arc<Counting>,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), inner: Arc::default() }
    }

    fn captioner(&self) -> CachedCaptioner {
        let inner: Arc<dyn Captioner> = Arc::<Counting>::clone(&self.inner);
        CachedCaptioner::new(inner, "counting", self.folder.path(), 2).unwrap()
    }

    fn asked(&self) -> usize {
        self.inner.asked.load(Ordering::Relaxed)
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join(format!("{}.jsonl", Digest::of(b"counting")))
    }
}

#[test]
fn a_picture_is_captioned_once_however_often_and_by_whomever_it_is_asked() {
    let desk = Desk::new();
    let settings = GenerationSettings::default();
    let requests = [b"a".as_slice(), b"bb", b"a", b"ccc", b""].map(|bytes| request(bytes, 0));
    let one = desk.captioner();
    let first = one.caption(&requests, &settings).unwrap();
    assert_eq!(
        texts(&first),
        ["1 1 None\n", "2 1 None\n", "1 1 None\n", "3 1 None\n", "it is empty"]
    );
    assert_eq!((desk.asked(), desk.inner.calls.load(Ordering::Relaxed)), (4, 2), "groups of two");
    let other = desk.captioner();
    assert_eq!(texts(&other.caption(&requests[..4], &settings).unwrap()), texts(&first[..4]));
    assert_eq!(desk.asked(), 4, "the second process found all of them");
    assert_eq!(other.counts(), (4, 0));
    one.caption(&[request(b"dddd", 0)], &settings).unwrap();
    other.caption(&[request(b"dddd", 0)], &settings).unwrap();
    assert_eq!(desk.asked(), 5, "what one writes the other sees");
    other.caption(&requests[4..], &settings).unwrap();
    assert_eq!(desk.asked(), 6, "a picture that failed is tried again");
}

#[test]
fn another_prompt_other_settings_and_another_draw_are_other_captions() {
    let desk = Desk::new();
    let captioner = desk.captioner();
    let greedy = GenerationSettings::default();
    let beams = GenerationSettings { num_beams: 3, ..greedy.clone() };
    let drawn = GenerationSettings { do_sample: true, ..greedy.clone() };
    captioner.caption(&[request(b"a", 0)], &greedy).unwrap();
    captioner.caption(&[request(b"a", 7)], &greedy).unwrap();
    assert_eq!(desk.asked(), 1, "without drawing the seed does not count");
    captioner.caption(&[request(b"a", 0)], &beams).unwrap();
    let prompted = CaptionRequest { prompt: Some(String::new()), ..request(b"a", 0) };
    captioner.caption(&[prompted], &greedy).unwrap();
    assert_eq!(desk.asked(), 3);
    for seed in [1, 2, 1] {
        captioner.caption(&[request(b"a", seed)], &drawn).unwrap();
    }
    assert_eq!(desk.asked(), 5);
}

#[test]
fn a_line_that_was_cut_off_or_changed_counts_for_nothing_and_spoils_no_other() {
    let settings = GenerationSettings::default();
    let requests = [b"a".as_slice(), b"bb", b"ccc"].map(|bytes| request(bytes, 0));
    let whole = {
        let desk = Desk::new();
        desk.captioner().caption(&requests, &settings).unwrap();
        fs::read(desk.file()).unwrap()
    };
    for cut in (0..whole.len()).step_by(7) {
        let desk = Desk::new();
        let mut file = OpenOptions::new().create(true).append(true).open(desk.file()).unwrap();
        file.write_all(&whole[..cut]).unwrap();
        let expected = 3 - whole[..cut].split(|byte| *byte == b'\n').skip(1).count();
        for _ in 0..2 {
            let answers = desk.captioner().caption(&requests, &settings).unwrap();
            assert_eq!(texts(&answers), ["1 1 None\n", "2 1 None\n", "3 1 None\n"]);
            assert_eq!(desk.asked(), expected, "cut at {cut}");
        }
    }
    let desk = Desk::new();
    let changed = String::from_utf8(whole).unwrap().replace("2 1 None", "2 1 some");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(desk.file())
        .unwrap()
        .write_all(changed.as_bytes())
        .unwrap();
    desk.captioner().caption(&requests, &settings).unwrap();
    assert_eq!(desk.asked(), 1);
}

#[test]
fn every_caption_is_found_again_whatever_its_numbers() {
    let desk = Desk::new();
    let settings = GenerationSettings::default();
    let requests: Vec<_> = (1..300).map(|length| request(&vec![b'x'; length], 0)).collect();
    let first = desk.captioner().caption(&requests, &settings).unwrap();
    let again = desk.captioner().caption(&requests, &settings).unwrap();
    assert_eq!(desk.asked(), 299);
    assert_eq!(texts(&first), texts(&again));
}

#[test]
fn two_processes_may_write_at_the_same_time() {
    let desk = Desk::new();
    let settings = GenerationSettings::default();
    std::thread::scope(|scope| {
        for start in 0..4_usize {
            let (captioner, settings) = (desk.captioner(), &settings);
            scope.spawn(move || {
                for length in 0..40 {
                    let bytes = vec![start as u8; 1 + length];
                    captioner.caption(&[request(&bytes, 0)], settings).unwrap();
                }
            });
        }
    });
    assert_eq!(desk.asked(), 160);
    let all: Vec<_> = (0..4_u8)
        .flat_map(|start| (0..40).map(move |length| request(&vec![start; 1 + length], 0)))
        .collect();
    desk.captioner().caption(&all, &settings).unwrap();
    assert_eq!(desk.asked(), 160, "all of them can be read");
}

#[test]
fn a_missing_picture_is_told_by_its_path_and_asked_of_nobody() {
    let desk = Desk::new();
    let picture = PictureSource::File("no/such.jpg".into());
    let gone = CaptionRequest { picture, prompt: None, seed: 0 };
    let answers = desk.captioner().caption(&[gone], &GenerationSettings::default()).unwrap();
    assert_eq!(texts(&answers), ["picture `no/such.jpg` is missing"]);
    assert_eq!(desk.asked(), 0);
}
