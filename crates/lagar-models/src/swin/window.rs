//! Patches cut into windows and put together again, and who may see whom inside a window.

use lagar_nn::{Device, NnError, Tensor};

use super::stage::Grid;

/// `[items, height, width, channels]` to `[items * windows, size * size, channels]`.
pub(super) fn cut(x: &Tensor, size: usize) -> Result<Tensor, NnError> {
    let [items, height, width, channels] = x.sizes()?;
    let (down, across) = (height / size, width / size);
    x.reshape(&[items, down, size, across, size, channels])?
        .permute(&[0, 1, 3, 2, 4, 5])?
        .reshape(&[items * down * across, size * size, channels])
}

/// The way back.
pub(super) fn join(x: &Tensor, size: usize, grid: Grid) -> Result<Tensor, NnError> {
    let [windows, _, channels] = x.sizes()?;
    let (down, across) = (grid.height / size, grid.width / size);
    let items = windows / (down * across).max(1);
    x.reshape(&[items, down, across, size, size, channels])?
        .permute(&[0, 1, 3, 2, 4, 5])?
        .reshape(&[items, grid.height, grid.width, channels])
}

/// For each pair of places in a window, which entry of the table of biases belongs to it.
pub(super) fn relative_places(size: usize) -> Vec<usize> {
    let places = |place: usize| (place / size, place % size);
    let across = 2 * size - 1;
    let entry = |(from, to): (usize, usize)| {
        let ((y, x), (other_y, other_x)) = (places(from), places(to));
        (y + size - 1 - other_y) * across + (x + size - 1 - other_x)
    };
    let count = size * size;
    (0..count).flat_map(|from| (0..count).map(move |to| (from, to))).map(entry).collect()
}

/// What is added to the scores of patches that are neighbours only because the grid was rolled:
/// `[windows, 1, size * size, size * size]`.
pub(super) fn mask(grid: Grid, size: usize, shift: usize) -> Result<Tensor, NnError> {
    let part = |place: usize, len: usize| {
        usize::from(place + size >= len) + usize::from(place + shift >= len)
    };
    let region = |y, x| part(y, grid.height) * 3 + part(x, grid.width);
    let (down, across) = (grid.height / size, grid.width / size);
    let count = size * size;
    let mut data = Vec::with_capacity(down * across * count * count);
    for window in 0..down * across {
        let (top, left) = (window / across * size, window % across * size);
        let of = |place: usize| region(top + place / size, left + place % size);
        for from in 0..count {
            data.extend((0..count).map(|to| if of(from) == of(to) { 0.0 } else { -100.0 }));
        }
    }
    Tensor::from_vec(data, &[down * across, 1, count, count], &Device::cpu())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_put_together_again_are_the_grid() {
        let grid = Grid { height: 4, width: 6 };
        let data: Vec<f32> = (0..2 * 4 * 6 * 3).map(|i| i as f32).collect();
        let x = Tensor::from_vec(data.clone(), &[2, 4, 6, 3], &Device::cpu()).unwrap();
        let windows = cut(&x, 2).unwrap();
        assert_eq!(windows.shape(), [12, 4, 3]);
        assert_eq!(windows.to_vec().unwrap()[..6], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(windows.to_vec().unwrap()[6..9], [18.0, 19.0, 20.0]);
        assert_eq!(join(&windows, 2, grid).unwrap().to_vec().unwrap(), data);
    }

    #[test]
    fn places_of_a_window_of_two_are_those_of_the_original() {
        let expected = [4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4];
        assert_eq!(relative_places(2), expected);
    }

    #[test]
    fn patches_from_opposite_edges_do_not_see_each_other() {
        let mask = mask(Grid { height: 4, width: 4 }, 2, 1).unwrap().to_vec().unwrap();
        assert!(mask[..16].iter().all(|value| *value == 0.0), "the first window is whole");
        assert_eq!(mask[16..20], [0.0, -100.0, 0.0, -100.0], "the second one is cut across");
        assert_eq!(mask[48..52], [0.0, -100.0, -100.0, -100.0], "the last one both ways");
    }
}
