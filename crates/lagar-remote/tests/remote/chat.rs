//! The chat client: what it sends, what it makes of answers, and how it meets trouble.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use lagar_core::models::{
    Answerer as _, CaptionRequest, Captioner as _, GenerationSettings, PictureSource,
};
use lagar_remote::{ApiKey, ChatModel, ChatSettings, Retry};
use serde_json::json;

use crate::server::{Request, Response, Server};

const JPEG: &[u8] = b"\xFF\xD8\xFFnot really";

fn settings(server: &Server) -> ChatSettings {
    let mut settings = ChatSettings::new(server.base_url(), "mgm-2b");
    settings.retry.first_wait = Duration::from_millis(1);
    settings.retry.attempts = 3;
    settings
}

fn question(prompt: &str) -> (Vec<PictureSource>, String) {
    (vec![PictureSource::Bytes(JPEG.to_vec())], prompt.to_owned())
}

fn prompt_of(request: &Request) -> String {
    let parts = request.body["messages"][0]["content"].as_array().unwrap();
    parts.last().unwrap()["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_question_goes_out_with_model_key_settings_and_the_bytes_of_the_picture() {
    let server = Server::start(|_| Response::chat("red"));
    let mut settings = settings(&server);
    settings.api_key = Some(ApiKey::new("sk-1"));
    (settings.seed, settings.system) = (Some(5), Some("Be short.".to_owned()));
    let model = ChatModel::new(settings);
    assert_eq!(model.answer(&[question("What colour?")]).unwrap(), [Ok("red".to_owned())]);
    let requests = server.requests();
    let Request { path, headers, body } = &requests[0];
    assert_eq!(path, "/v1/chat/completions");
    let key = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    assert_eq!(key.unwrap().1, "Bearer sk-1");
    let url = "data:image/jpeg;base64,/9j/bm90IHJlYWxseQ==";
    let content = json!([
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "What colour?"},
    ]);
    let expected = json!({
        "model": "mgm-2b",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": content},
        ],
        "temperature": 0.0,
        "max_tokens": 128,
        "seed": 5,
    });
    assert_eq!(*body, expected);
}

#[test]
fn answers_come_back_in_the_order_of_the_questions_with_several_in_flight() {
    let meeting = Arc::new(Barrier::new(4));
    let server = Server::start(move |request| {
        // Nobody is answered before four have asked.
        meeting.wait();
        Response::chat(&prompt_of(request))
    });
    let mut settings = settings(&server);
    settings.in_flight = 4;
    let questions: Vec<_> = (0..16).map(|place| question(&format!("q{place}"))).collect();
    let answers = ChatModel::new(settings).answer(&questions).unwrap();
    let expected: Vec<_> = (0..16).map(|place| Ok(format!("q{place}"))).collect();
    assert_eq!(answers, expected);
}

#[test]
fn a_busy_server_is_asked_again_and_told_apart_from_one_that_refuses() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Response::new(503, "loading"),
        1 => Response::new(429, "slow down"),
        _ => Response::chat("here"),
    });
    let answers = ChatModel::new(settings(&server)).answer(&[question("?")]).unwrap();
    assert_eq!(answers, [Ok("here".to_owned())]);
    assert_eq!(server.requests().len(), 3);

    let server = Server::start(|_| Response::new(400, "{\"error\": \"picture too large\"}"));
    let answers = ChatModel::new(settings(&server)).answer(&[question("?")]).unwrap();
    let reason = answers[0].as_ref().unwrap_err();
    assert!(reason.contains("answered 400 (1 attempts)"), "{reason}");
    assert!(reason.contains("/v1/chat/completions") && reason.contains("picture too large"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_wait_that_a_server_asks_for_is_kept() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => {
            let mut busy = Response::new(429, "");
            busy.headers.push(("Retry-After", "0.3".to_owned()));
            busy
        }
        _ => Response::chat("here"),
    });
    let started = Instant::now();
    ChatModel::new(settings(&server)).answer(&[question("?")]).unwrap()[0].clone().unwrap();
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[test]
fn one_question_that_the_server_cannot_answer_fails_alone() {
    let server = Server::start(|request| match prompt_of(request).as_str() {
        "bad" => Response::new(500, "out of memory"),
        other => Response::chat(other),
    });
    let questions = [question("a"), question("bad"), question("b")];
    let answers = ChatModel::new(settings(&server)).answer(&questions).unwrap();
    assert_eq!((&answers[0], &answers[2]), (&Ok("a".to_owned()), &Ok("b".to_owned())));
    let reason = answers[1].as_ref().unwrap_err();
    assert!(reason.contains("answered 500 (3 attempts): out of memory"), "{reason}");
}

#[test]
fn a_picture_that_is_not_there_fails_alone_and_sends_nothing() {
    let server = Server::start(|_| Response::chat("?"));
    let missing = (vec![PictureSource::File("no/such.jpg".into())], String::new());
    let answers = ChatModel::new(settings(&server)).answer(&[missing]).unwrap();
    assert!(
        answers[0].as_ref().unwrap_err().contains("there is no file no/such.jpg"),
        "{answers:?}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn a_wrong_key_or_an_absent_server_ends_the_work() {
    let server = Server::start(|_| Response::new(401, "no such key"));
    let error = ChatModel::new(settings(&server)).answer(&[question("?")]).unwrap_err();
    assert!(error.to_string().contains("answered 401 (1 attempts): no such key"), "{error}");

    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut nobody = ChatSettings::new(format!("http://{free}/v1"), "m");
    nobody.retry = Retry { attempts: 2, first_wait: Duration::ZERO, ..Retry::default() };
    let error = ChatModel::new(nobody).answer(&[question("?")]).unwrap_err().to_string();
    assert!(error.contains(&format!("reach http://{free}/v1/chat/completions")), "{error}");
    assert!(error.contains("2 attempts"), "{error}");
}

#[test]
fn a_silent_server_costs_its_question_after_the_time_allowed() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_secs(5));
        Response::chat("late")
    });
    let mut settings = settings(&server);
    (settings.timeout, settings.retry.attempts) = (Duration::from_millis(200), 2);
    let answers = ChatModel::new(settings).answer(&[question("?")]).unwrap();
    let reason = answers[0].as_ref().unwrap_err();
    assert!(reason.contains("no answer within 0.2 s (2 attempts)"), "{reason}");
}

#[test]
fn something_that_is_no_chat_answer_is_said_and_quoted() {
    let server = Server::start(|_| Response::new(200, "<html>hello</html>"));
    let answers = ChatModel::new(settings(&server)).answer(&[question("?")]).unwrap();
    let reason = answers[0].as_ref().unwrap_err();
    assert!(reason.contains("no JSON") && reason.contains("<html>hello</html>"), "{reason}");
}

fn request(prompt: Option<&str>, seed: u64) -> CaptionRequest {
    let picture = PictureSource::Bytes(JPEG.to_vec());
    CaptionRequest { picture, prompt: prompt.map(str::to_owned), seed }
}

#[test]
fn a_captioner_asks_for_a_sentence_unless_told_what_to_ask() {
    let server = Server::start(|request| Response::chat(&prompt_of(request)));
    let model = ChatModel::new(settings(&server));
    let requests = [request(None, 3), request(Some("a photo of"), 4)];
    let captions = model.caption(&requests, &GenerationSettings::default()).unwrap();
    let texts: Vec<&str> =
        captions.iter().map(|all| all.as_ref().unwrap()[0].text.as_str()).collect();
    assert_eq!(texts, ["Describe the picture in one short sentence.", "a photo of"]);
    let mut sent: Vec<_> = server.requests().iter().map(|r| r.body["seed"].to_string()).collect();
    sent.sort();
    assert_eq!(sent, ["3", "4"]);
    assert_eq!(server.requests()[0].body["max_tokens"], 20);
}

#[test]
fn several_captions_of_a_picture_are_sampled_and_beams_are_refused() {
    let server = Server::start(|request| {
        let one = |n| json!({"message": {"content": format!("caption {n}")}});
        let count = request.body["n"].as_u64().unwrap();
        Response::new(200, json!({"choices": (0..count).map(one).collect::<Vec<_>>()}).to_string())
    });
    let model = ChatModel::new(settings(&server));
    let sampled = GenerationSettings {
        do_sample: true,
        temperature: 0.7,
        num_return_sequences: 3,
        ..GenerationSettings::default()
    };
    let captions = model.caption(&[request(None, 1)], &sampled).unwrap();
    assert_eq!(captions[0].as_ref().unwrap().len(), 3);
    let body = &server.requests()[0].body;
    assert_eq!((&body["temperature"], &body["top_k"]), (&json!(0.7), &json!(50)));

    let beams = GenerationSettings { num_beams: 5, ..GenerationSettings::default() };
    let error = model.caption(&[request(None, 1)], &beams).unwrap_err();
    assert_eq!(error.to_string(), "mgm-2b: a chat service has no beams, 5 are asked");
    let greedy = GenerationSettings { num_return_sequences: 2, ..GenerationSettings::default() };
    assert!(model.caption(&[request(None, 1)], &greedy).is_err());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_digest_follows_what_decides_an_answer_and_nothing_else() {
    let digest = |change: fn(&mut ChatSettings)| {
        let mut settings = ChatSettings::new("http://a/v1", "m");
        change(&mut settings);
        lagar_core::models::Answerer::digest(&ChatModel::new(settings))
    };
    let plain = digest(|_| ());
    for change in [
        (|settings| settings.model = "n".to_owned()) as fn(&mut ChatSettings),
        |settings| settings.base_url = "http://b/v1".to_owned(),
        |settings| settings.temperature = 0.7,
        |settings| settings.seed = Some(1),
        |settings| settings.max_tokens = 16,
        |settings| settings.system = Some("Be short.".to_owned()),
    ] {
        assert_ne!(digest(change), plain);
    }
    assert_eq!(digest(|settings| settings.in_flight = 1), plain);
    assert_eq!(digest(|settings| settings.api_key = Some(ApiKey::new("k"))), plain);
}
