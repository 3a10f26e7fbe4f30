//! Several requests in flight, results in the order of the questions.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::RemoteError;

/// Asks `one` for each of `0..count`, `in_flight` at a time.
///
/// An error that would meet every request ([`RemoteError::is_lasting`]) ends the work; others stay in
/// their places.
pub(crate) fn in_flight<T: Send>(
    count: usize,
    in_flight: usize,
    one: impl Fn(usize) -> Result<T, RemoteError> + Sync,
) -> Result<Vec<Result<T, RemoteError>>, RemoteError> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done: Mutex<Vec<(usize, Result<T, RemoteError>)>> = Mutex::new(Vec::with_capacity(count));
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                break;
            }
            let result = one(place);
            if result.as_ref().is_err_and(RemoteError::is_lasting) {
                stop.store(true, Ordering::Relaxed);
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..in_flight.min(count) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    let is_lasting = |result: &Result<T, RemoteError>| matches!(result, Err(e) if e.is_lasting());
    if let Some(place) = done.iter().position(|(_, result)| is_lasting(result))
        && let (_, Err(error)) = done.swap_remove(place)
    {
        return Err(error);
    }
    Ok(done.into_iter().map(|(_, result)| result).collect())
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
