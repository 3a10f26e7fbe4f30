//! Several requests in flight, results in the order of the questions.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::RemoteError;

/// Asks `one` for each of `0..count`, `in_flight` at a time; results are in the order of the places.
///
/// An error that would meet every request ([`RemoteError::is_lasting`]) ends the work; others stay in
/// their places.
pub(crate) fn in_flight<T: Send>(
    count: usize,
    in_flight: usize,
    one: impl Fn(usize) -> Result<T, RemoteError> + Sync,
) -> Result<Vec<Result<T, RemoteError>>, RemoteError> {
    let mut done: Vec<(usize, Result<T, RemoteError>)> = Vec::with_capacity(count);
    each_in_flight(count, in_flight, one, |place, result| done.push((place, result)))?;
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// As [`in_flight`], handing each result over on the calling thread as soon as it is there.
pub(crate) fn each_in_flight<T: Send>(
    count: usize,
    in_flight: usize,
    one: impl Fn(usize) -> Result<T, RemoteError> + Sync,
    mut ready: impl FnMut(usize, Result<T, RemoteError>),
) -> Result<(), RemoteError> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = mpsc::channel();
    let work = |send: mpsc::Sender<(usize, Result<T, RemoteError>)>| {
        while !stop.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                break;
            }
            let result = one(place);
            if result.as_ref().is_err_and(RemoteError::is_lasting) {
                stop.store(true, Ordering::Relaxed);
            }
            // The receiver stays until all senders are gone.
            drop(send.send((place, result)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..in_flight.max(1).min(count) {
            let (send, work) = (send.clone(), &work);
            scope.spawn(move || work(send));
        }
        drop(send);
        let mut lasting: Option<(usize, RemoteError)> = None;
        for (place, result) in receive {
            match result {
                Err(error) if error.is_lasting() => {
                    // Which of several such errors is told depends on nothing but the requests.
                    if lasting.as_ref().is_none_or(|(earlier, _)| place < *earlier) {
                        lasting = Some((place, error));
                    }
                }
                result => ready(place, result),
            }
        }
        lasting.map_or(Ok(()), |(_, error)| Err(error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> RemoteError {
        RemoteError::Status { url: String::new(), status, attempts: 1, body: String::new() }
    }

    #[test]
    fn results_keep_the_order_of_the_questions() {
        let one = |place: usize| if place == 3 { Err(status(400)) } else { Ok(place * 10) };
        let results = in_flight(6, 4, one).unwrap();
        let sound: Vec<Option<usize>> = results.into_iter().map(Result::ok).collect();
        assert_eq!(sound, [Some(0), Some(10), Some(20), None, Some(40), Some(50)]);
    }

    #[test]
    fn an_error_that_meets_everybody_ends_the_work() {
        let asked = AtomicUsize::new(0);
        let one = |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(status(401))
        };
        let error = in_flight(1000, 2, one).unwrap_err();
        assert!(matches!(error, RemoteError::Status { status: 401, .. }), "{error}");
        assert!(asked.into_inner() <= 4);
    }
}
